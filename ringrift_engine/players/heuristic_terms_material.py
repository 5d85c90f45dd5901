"""Components that count: rings, stacks, caps, markers, territory, and what recovery could still bring.

Throughout, `view` is the seat for which the position is judged and opponents are all other seats, beaten ones included.
"Against the mean" is the own number minus the mean of the opponents', "against the best" minus their maximum.
"""

from ringrift_engine.players.heuristic_weights import (
    BURIED_RINGS,
    CAP_HEIGHT,
    DIVERSITY,
    ELIMINATED_RINGS,
    ENDGAME,
    MARKERS,
    RECOVERY_ELIGIBILITY,
    RECOVERY_POTENTIAL,
    RECOVERY_THREAT,
    RINGS_IN_HAND,
    STACK_CONTROL,
    STACK_HEIGHT,
    TERRITORY,
    TRANSITION,
)
from ringrift_engine.rules.backend import rule

_NO_STACK = -50.0
_ONE_STACK = -10.0
_PER_STACK = 2.0


@rule
def against_mean(values, view, players):
    """The view's number minus the mean of its opponents'."""
    total = 0.0
    for seat in range(1, players + 1):
        total += values[seat]
    return values[view] - (total - values[view]) / (players - 1)


@rule
def against_best(values, view, players):
    """The view's number minus the largest of its opponents'."""
    best = -1e300
    for seat in range(1, players + 1):
        if seat != view and values[seat] > best:
            best = float(values[seat])
    return values[view] - best


@rule
def count_seats(game, scan):
    """Per-seat numbers that follow from the game's counters; `scan.eligible` is needed by the scan of the board.

    buried       rings on the board minus stacks controlled, as every controlled stack shows one own ring
    recoverable  min(buried rings, markers): each recovery spends one of both
    eligible     1 if the seat controls no stack but has a marker and a ring on the board (RULES.md 4.9)
    diversity    -50 points without a stack, -10 with one, else 2 a stack
    """
    for seat in range(1, int(game.num_players) + 1):
        stacks = int(game.stacks[seat])
        markers = int(game.markers[seat])
        buried = int(game.on_board[seat]) - stacks
        scan.buried[seat] = buried
        scan.recoverable[seat] = min(buried, markers)
        scan.eligible[seat] = 1.0 if stacks == 0 and markers > 0 and buried > 0 else 0.0
        scan.diversity[seat] = _NO_STACK if stacks == 0 else _ONE_STACK if stacks == 1 else _PER_STACK * stacks


@rule
def material_terms(game, scan, view):
    """Stacks, rings, markers and territory.

    stack_control     stacks controlled, against the mean
    stack_height      heights, rings above the fifth counting a tenth, against the mean
    cap_height        caps, against the mean
    diversity         points of `count_seats`, against the mean
    rings_in_hand     against the best
    eliminated_rings  rings credited, against the mean
    markers           against the mean
    territory         cells collapsed, against the best
    """
    players = int(game.num_players)
    terms = scan.components
    terms[STACK_CONTROL] = against_mean(game.stacks, view, players)
    terms[STACK_HEIGHT] = against_mean(scan.heights, view, players)
    terms[CAP_HEIGHT] = against_mean(scan.caps, view, players)
    terms[DIVERSITY] = against_mean(scan.diversity, view, players)
    terms[RINGS_IN_HAND] = against_best(game.hand, view, players)
    terms[ELIMINATED_RINGS] = against_mean(game.eliminated, view, players)
    terms[MARKERS] = against_mean(game.markers, view, players)
    terms[TERRITORY] = against_best(game.territory, view, players)


@rule
def recovery_terms(game, scan, view):
    """What is under other rings, and who may dig it out.

    recovery_potential    recoverable rings, against the mean
    recovery_eligibility  1 for a seat that may recover, against the mean
    buried_rings          rings under other rings, against the mean
    recovery_threat       minus the pairs of an own stack and an adjacent marker of an opponent that may recover: each
                          such marker could strike the stack
    """
    players = int(game.num_players)
    terms = scan.components
    terms[RECOVERY_POTENTIAL] = against_mean(scan.recoverable, view, players)
    terms[RECOVERY_ELIGIBILITY] = against_mean(scan.eligible, view, players)
    terms[BURIED_RINGS] = against_mean(scan.buried, view, players)
    terms[RECOVERY_THREAT] = -scan.strikes[view]


@rule
def stage_terms(game, scan, view):
    """What counts more early or late. Progress is the share of all rings (in hands, on the
    board, eliminated) that are no longer in a hand, 0 to 1.

    endgame     progress x (eliminated rings against the best + territory against the best)
    transition  4 x progress x (1 - progress) x rings on the board against the mean: largest in mid-game
    """
    players = int(game.num_players)
    in_hand = 0.0
    rings = 0.0
    for seat in range(1, players + 1):
        in_hand += game.hand[seat]
        rings += game.hand[seat] + game.on_board[seat] + game.eliminated[seat]
    progress = 1.0 - in_hand / rings
    eliminated = against_best(game.eliminated, view, players)
    scan.components[ENDGAME] = progress * (eliminated + against_best(game.territory, view, players))
    on_board = against_mean(game.on_board, view, players)
    scan.components[TRANSITION] = 4.0 * progress * (1.0 - progress) * on_board
