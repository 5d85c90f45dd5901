"""When a game is over, who won, and how (RULES.md 5.1). Asked only at the end of a turn; see `turn` for the other way
to win."""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.placement import can_place_on_empty
from ringrift_engine.rules.state import (
    BY_EARLY_LAST_PLAYER,
    BY_ELIMINATION,
    BY_STALEMATE_ELIMINATION,
    BY_STALEMATE_LAST_ACTOR,
    BY_STALEMATE_MARKERS,
    BY_STALEMATE_TERRITORY,
    BY_TERRITORY,
    NOBODY,
    SEATS,
)


@rule
def has_any_ring(game, player):
    """Whether the player has a ring in hand or anywhere on the board; without one the seat is out for good."""
    return game.hand[player] > 0 or game.on_board[player] > 0


@rule
def declare(game, winner, how):
    game.winner = winner
    game.how = how


@rule
def decide_at_turn_end(game, board):
    """Set winner and how if the position at the end of the mover's turn decides the game; whether it does."""
    for seat in range(1, SEATS):
        if game.eliminated[seat] >= game.ring_threshold:
            declare(game, seat, BY_ELIMINATION)
            return True
    leader = dominant_in_territory(game)
    if leader != NOBODY:
        declare(game, leader, BY_TERRITORY)
        return True
    controllers = 0
    standing = NOBODY
    for seat in range(1, SEATS):
        if game.stacks[seat] > 0:
            controllers += 1
            standing = seat
    if controllers == 1 and everyone_else_is_out(game, standing):
        declare(game, standing, BY_EARLY_LAST_PLAYER)
        return True
    return controllers == 0 and decide_bare_board(game, board)


@rule
def dominant_in_territory(game):
    """The seat that has the minimum and more than all others together, or NOBODY."""
    total = 0
    for seat in range(1, SEATS):
        total += int(game.territory[seat])
    for seat in range(1, SEATS):
        own = int(game.territory[seat])
        if own >= game.territory_minimum and own > total - own:
            return seat
    return NOBODY


@rule
def everyone_else_is_out(game, player):
    for seat in range(1, int(game.num_players) + 1):
        if seat != player and has_any_ring(game, seat):
            return False
    return True


@rule
def decide_bare_board(game, board):
    """Without a stack: the game goes on if someone can place a ring alive, otherwise a ladder of comparisons decides.

    Rings in hand count as eliminated in the comparison, nothing is converted.
    """
    for seat in range(1, int(game.num_players) + 1):
        if game.hand[seat] > 0 and can_place_on_empty(game, board):
            return False
    leader = unique_leader(game, 0)
    if leader != NOBODY:
        declare(game, leader, BY_STALEMATE_TERRITORY)
        return True
    leader = unique_leader(game, 1)
    if leader != NOBODY:
        declare(game, leader, BY_STALEMATE_ELIMINATION)
        return True
    leader = unique_leader(game, 2)
    if leader != NOBODY:
        declare(game, leader, BY_STALEMATE_MARKERS)
        return True
    declare(game, int(game.player), BY_STALEMATE_LAST_ACTOR)
    return True


@rule
def standing_in(game, seat, rung):
    """What a rung of the ladder compares: territory (0), eliminated rings with those in hand (1), markers (2)."""
    if rung == 0:
        return int(game.territory[seat])
    if rung == 1:
        return int(game.eliminated[seat]) + int(game.hand[seat])
    return int(game.markers[seat])


@rule
def unique_leader(game, rung):
    """The seat with the unique positive maximum of a rung, or NOBODY."""
    leader = NOBODY
    best = 0
    for seat in range(1, int(game.num_players) + 1):
        value = standing_in(game, seat, rung)
        if value > best:
            leader, best = seat, value
        elif value == best:
            leader = NOBODY
    return leader
