"""What follows a move: the next phase, the end of the turn, victory, last player standing (RULES.md 3, 5)."""

from tests.naive.lines import detected
from tests.naive.movement import segments
from tests.naive.placement import counts, real_action
from tests.naive.position import Position
from tests.naive.territory import regions

ROUNDS_REQUIRED = 3


def after_board_move(position: Position, landing: int, captured: bool) -> None:
    """After a slide or a capture segment: an optional capture, the next segment, or lines (3.3)."""
    if position.must_move is not None:
        position.must_move = landing
    position.chain_cell = position.capture_origin = None
    stack = position.stacks.get(landing)
    if stack is None or stack[0] != position.player or not any(True for _ in segments(position, landing)):
        enter_lines(position)
    elif captured:
        position.phase, position.chain_cell = "CH", landing
    else:
        position.phase, position.capture_origin = "CA", landing


def enter_lines(position: Position) -> None:
    position.phase = "LP"
    position.must_move = position.chain_cell = position.capture_origin = None


def skip_capture(position: Position) -> None:
    """Unlike every other way into line processing this one keeps the must-move cell (trap T10)."""
    position.phase = "LP"
    position.capture_origin = None


def after_line(position: Position) -> None:
    if not detected(position) and not position.line_debt:
        leave_lines(position)


def leave_lines(position: Position) -> None:
    if not regions(position) and _must_eliminate(position):
        position.phase = "FE"
    else:
        position.phase = "TP"
    position.must_move = position.chain_cell = None


def leave_territory(position: Position) -> None:
    if _must_eliminate(position):
        position.phase = "FE"
    else:
        end_turn(position)


def _must_eliminate(position: Position) -> bool:
    return not position.acted and bool(position.controlled(position.player))


def end_turn(position: Position, forced: bool = False) -> None:
    """Victory, rotation, the new turn; `forced` if a forced elimination ended the turn (4.10)."""
    winner, how = victory(position)
    following = _next_player(position)
    if winner:
        position.winner, position.how = winner, how
        position.phase, position.player = ("RP", following) if forced else ("GO", position.player)
        return
    if following != position.player:
        position.acted = position.recovered = False
    position.player, position.phase = following, "RP"
    position.must_move = position.chain_cell = None
    position.turn += 1
    position.swap_offered = (
        position.rules.swap_rule and position.rules.players == 2 and position.turn == 2 and position.player == 2
    )
    track_last_player(position)
    if _last_player_wins(position):
        position.winner, position.how, position.phase = position.player, "lps_rounds", "GO"


def _next_player(position: Position) -> int:
    n = position.rules.players
    order = [(position.player + step - 1) % n + 1 for step in range(1, n + 1)]
    return next((seat for seat in order if position.has_ring_anywhere(seat)), position.player)


def track_last_player(position: Position) -> None:
    tracker, player = position.last_player, position.player
    active = [seat for seat in position.rules.seats if position.has_ring_anywhere(seat)]
    if player not in active:
        return
    if tracker.first not in active:
        tracker.round_index += 1
        tracker.first, tracker.mask, tracker.exclusive = player, {}, 0
        if tracker.player not in active:
            tracker.rounds = tracker.player = 0
    elif player == tracker.first and tracker.mask:
        tracker.round_index += 1
        acting = [seat for seat in active if tracker.mask.get(seat)]
        if len(acting) == 1:
            tracker.rounds = tracker.rounds + 1 if acting[0] == tracker.player else 1
            tracker.player = tracker.exclusive = acting[0]
        else:
            tracker.rounds = tracker.player = tracker.exclusive = 0
        tracker.mask = {}
    tracker.mask[player] = real_action(position, player)


def _last_player_wins(position: Position) -> bool:
    tracker, player = position.last_player, position.player
    return (
        tracker.rounds >= ROUNDS_REQUIRED
        and tracker.player == player
        and real_action(position, player)
        and not any(real_action(position, seat) for seat in position.rules.seats if seat != player)
    )


def victory(position: Position) -> tuple[int, str]:
    """The winner at the end of a turn and how; (0, "") while nobody has won (5.1)."""
    rules, territory = position.rules, position.territory
    for seat in rules.seats:
        if position.eliminated[seat] >= rules.elimination_victory:
            return seat, "elimination_threshold"
    for seat in rules.seats:
        if territory[seat] >= rules.territory_victory and territory[seat] > sum(territory.values()) - territory[seat]:
            return seat, "territory_threshold"
    controllers = {stack[0] for stack in position.stacks.values()}
    for seat in controllers:
        if not any(position.has_ring_anywhere(other) for other in rules.seats if other != seat):
            return seat, "early_lps"
    if position.stacks:
        return 0, ""
    return _bare_board(position)


def _bare_board(position: Position) -> tuple[int, str]:
    seats = position.rules.seats
    empty = position.board.cells - set(position.markers) - set(position.collapsed)
    if any(counts(position, cell, seat) for seat in seats for cell in empty):
        return 0, ""
    rungs = (
        ("stalemate_territory", position.territory),
        ("stalemate_elimination", {seat: position.eliminated[seat] + position.hand[seat] for seat in seats}),
        ("stalemate_markers", {seat: len(position.own_markers(seat)) for seat in seats}),
    )
    for how, score in rungs:
        best = max(score.values())
        leaders = [seat for seat in seats if score[seat] == best]
        if best > 0 and len(leaders) == 1:
            return leaders[0], how
    return position.player, "stalemate_last_actor"
