"""Phases, the end of a turn, and the rounds of the last player standing (RULES.md 3 and 5.4)."""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.capture import can_capture
from ringrift_engine.rules.lines import any_line
from ringrift_engine.rules.movement import has_mobile_stack
from ringrift_engine.rules.placement import can_place
from ringrift_engine.rules.state import (
    BY_LAST_PLAYER_ROUNDS,
    CAPTURE,
    CHAIN_CAPTURE,
    FORCED_ELIMINATION,
    GAME_OVER,
    LINE_PROCESSING,
    LPS_ROUNDS_REQUIRED,
    MOVEMENT,
    NOBODY,
    NOWHERE,
    RING_PLACEMENT,
    STACK,
    TERRITORY_PROCESSING,
    UNSET,
)
from ringrift_engine.rules.territory import any_region, count_passes
from ringrift_engine.rules.victory import decide_at_turn_end, declare, has_any_ring


@rule
def enter_movement(game):
    game.phase = MOVEMENT


@rule
def enter_lines(game):
    """The board part of the turn is over; nothing restricts which stack acts any more."""
    game.phase = LINE_PROCESSING
    game.must_move = NOWHERE
    game.chain_cell = NOWHERE
    game.capture_origin = NOWHERE


@rule
def skip_capture(game):
    """Unlike every other way into line processing this one leaves `must_move` set, as in the original engine."""
    must_move = int(game.must_move)
    enter_lines(game)
    game.must_move = must_move


@rule
def follow_stack(game, origin, target):
    """The obligation to move goes with the stack."""
    if game.must_move == origin:
        game.must_move = target


@rule
def after_slide(game, board, origin, target):
    """A capture by the stack that slid is optional."""
    follow_stack(game, origin, target)
    if game.cell[target] == STACK + game.player and can_capture(game, board, target):
        game.phase = CAPTURE
        game.capture_origin = target
    else:
        enter_lines(game)


@rule
def after_capture(game, board, origin, target):
    """A capture must go on as long as the stack is the mover's and has a segment."""
    follow_stack(game, origin, target)
    game.capture_origin = NOWHERE
    if game.cell[target] == STACK + game.player and can_capture(game, board, target):
        game.phase = CHAIN_CAPTURE
        game.chain_cell = target
    else:
        enter_lines(game)


@rule
def after_line(game, board, work):
    """Stay for another line or an open payment, else leave line processing."""
    if not any_line(game, board) and game.line_payment_due == 0:
        leave_lines(game, board, work)


@rule
def leave_lines(game, board, work):
    """To territory; but a player who has done nothing, has stacks and no region to take must eliminate a cap at
    once."""
    count_passes(game, board, work)
    if game.acted == 0 and game.stacks[game.player] > 0 and not any_region(game, board, work):
        game.phase = FORCED_ELIMINATION
    else:
        game.phase = TERRITORY_PROCESSING
        game.must_move = NOWHERE
        game.chain_cell = NOWHERE


@rule
def after_territory_payment(game, board, work):
    game.territory_payment_due = 0
    if not any_region(game, board, work):
        end_turn(game, board, False)


@rule
def leave_territory(game, board):
    """A turn without any action ends in forced elimination if there is a stack to eliminate from."""
    if game.acted == 0 and game.stacks[game.player] > 0:
        game.phase = FORCED_ELIMINATION
    else:
        end_turn(game, board, False)


@rule
def end_turn(game, board, forced):
    """Victory, rotation, the next turn. After a forced elimination a finished game still shows the next player's
    turn."""
    over = decide_at_turn_end(game, board)
    if over and not forced:
        game.phase = GAME_OVER
        game.must_move = NOWHERE
        game.line_payment_due = 0
        game.territory_payment_due = 0
        return
    start_turn(game, next_player(game))
    if not over:
        game.turn += 1
        update_last_player_standing(game, board)


@rule
def next_player(game):
    """The next seat with any ring; the mover again if there is no other."""
    seat = int(game.player)
    for _ in range(int(game.num_players)):
        seat = seat + 1 if seat < game.num_players else 1
        if has_any_ring(game, seat):
            return seat
    return int(game.player)


@rule
def start_turn(game, player):
    """Ring placement of the next turn. What was done in the turn is forgotten only if another player moves."""
    if player != game.player:
        game.acted = 0
        game.recovered = 0
    game.player = player
    game.phase = RING_PLACEMENT
    game.must_move = NOWHERE
    game.chain_cell = NOWHERE
    game.capture_origin = NOWHERE
    game.territory_payment_due = 0


@rule
def has_real_action(game, board, player):
    """Whether the player could place, slide or capture, whatever the phase; recovery and elimination do not count."""
    return has_mobile_stack(game, board, player) or can_place(game, board, player)


@rule
def update_last_player_standing(game, board):
    """Count this turn start; three rounds in which only one player could act win the game for that player."""
    player = int(game.player)
    real = has_real_action(game, board, player)
    if game.lps_first == NOBODY or not has_any_ring(game, int(game.lps_first)):
        open_cycle(game, player)
    elif player == game.lps_first and round_has_begun(game):
        complete_round(game)
    game.lps_mask[player] = 1 if real else 0
    exclusive = game.lps_rounds >= LPS_ROUNDS_REQUIRED and game.lps_player == player and real
    if exclusive and nobody_else_can_act(game, board, player):
        declare(game, player, BY_LAST_PLAYER_ROUNDS)
        game.phase = GAME_OVER


@rule
def open_cycle(game, player):
    game.lps_first = player
    clear_mask(game)
    game.lps_round_index += 1
    game.lps_exclusive = NOBODY
    if game.lps_player == NOBODY or not has_any_ring(game, int(game.lps_player)):
        game.lps_rounds = 0
        game.lps_player = NOBODY


@rule
def clear_mask(game):
    for seat in range(1, int(game.num_players) + 1):
        game.lps_mask[seat] = UNSET


@rule
def round_has_begun(game):
    for seat in range(1, int(game.num_players) + 1):
        if game.lps_mask[seat] != UNSET:
            return True
    return False


@rule
def complete_round(game):
    """Who alone could act in the round that ends; the same player as before extends the row of exclusive rounds."""
    exclusive = NOBODY
    count = 0
    for seat in range(1, int(game.num_players) + 1):
        if game.lps_mask[seat] == 1 and has_any_ring(game, seat):
            exclusive = seat
            count += 1
    if count == 1:
        game.lps_rounds = game.lps_rounds + 1 if exclusive == game.lps_player else 1
        game.lps_player = exclusive
        game.lps_exclusive = exclusive
    else:
        game.lps_rounds = 0
        game.lps_player = NOBODY
        game.lps_exclusive = NOBODY
    clear_mask(game)
    game.lps_round_index += 1


@rule
def nobody_else_can_act(game, board, player):
    for seat in range(1, int(game.num_players) + 1):
        if seat != player and has_any_ring(game, seat) and has_real_action(game, board, seat):
            return False
    return True
