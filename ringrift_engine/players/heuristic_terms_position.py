"""Components about where things stand: centre, room to move, who sees whom, and what the markers could become.

Conventions as in `heuristic_terms_material`; the sums are those of `heuristic_scan`.
"""

from ringrift_engine.players.heuristic_terms_material import against_best, against_mean
from ringrift_engine.players.heuristic_weights import (
    CENTER,
    CHAIN_POTENTIAL,
    CHAIN_RISK,
    CONNECTIVITY,
    DEFENCE,
    EXPANSION,
    FRONTIER,
    LINE_POTENTIAL,
    MOBILITY,
    OPPONENT_THREATS,
    OVERTAKE,
    STACK_MOBILITY,
    SYNERGY,
    TERRITORY_CLOSURE,
    TERRITORY_SAFETY,
    VULNERABILITY,
)
from ringrift_engine.rules.backend import rule

_PER_BLOCKED = 5.0
_PER_SLIDE = 0.1


@rule
def total(values, players):
    """The sum over all seats."""
    result = 0.0
    for seat in range(1, players + 1):
        result += values[seat]
    return result


@rule
def room_terms(game, scan, view):
    """Centre and room to move.

    center          own stacks on the centre minus all opponents' (centre: `heuristic_tables`)
    mobility        cells adjacent to own stacks that are free (empty or marker) or hold a stack whose cap is not
                    bigger, a cell counted once for each stack beside it, minus the same of all opponents
    stack_mobility  the same minus 5 for each stack that can neither slide nor capture, against the best
    expansion       a tenth of the slide landings of all stacks, against the mean
    frontier        stacks adjacent to a stack or marker of an opponent, against the mean
    """
    players = int(game.num_players)
    terms = scan.components
    terms[CENTER] = 2.0 * scan.center[view] - total(scan.center, players)
    terms[MOBILITY] = 2.0 * scan.open_cells[view] - total(scan.open_cells, players)
    best = -1e300
    for seat in range(1, players + 1):
        if seat != view:
            best = max(best, usable_room(game, scan, seat))
    terms[STACK_MOBILITY] = usable_room(game, scan, view) - best
    terms[EXPANSION] = _PER_SLIDE * against_mean(scan.slides, view, players)
    terms[FRONTIER] = against_mean(scan.contacts, view, players)


@rule
def usable_room(game, scan, seat):
    """A seat's open neighbour cells minus 5 for each of its stacks that cannot act."""
    return scan.open_cells[seat] - _PER_BLOCKED * (game.stacks[seat] - scan.usable[seat])


@rule
def contact_terms(game, scan, view):
    """Who could take whom. "In sight" is the first stack on a ray with no collapsed cell before it.

    opponent_threats  -0.5 x (their cap - own cap), summed over adjacent pairs of an own and an opponent's stack
    vulnerability     minus the cap differences, where theirs is bigger, over pairs in sight
    overtake          the cap differences, where the own one is bigger, over pairs in sight
    chain_potential   for each own stack the directions, beyond the first, in which it can capture an opponent's stack
    chain_risk        minus the largest such number among opponents
    synergy           pairs of an own stack and an adjacent own marker, against the mean
    defence           adjacent pairs of own stacks, against the mean
    """
    players = int(game.num_players)
    terms = scan.components
    terms[OPPONENT_THREATS] = -0.5 * scan.threats[view]
    terms[VULNERABILITY] = -scan.exposed[view]
    terms[OVERTAKE] = scan.overtakes[view]
    terms[CHAIN_POTENTIAL] = scan.chains[view]
    terms[CHAIN_RISK] = against_best(scan.chains, view, players) - scan.chains[view]
    terms[SYNERGY] = against_mean(scan.beside_markers, view, players)
    terms[DEFENCE] = 0.5 * against_mean(scan.allies, view, players)


@rule
def marker_terms(game, scan, view):
    """What the markers could become.

    line_potential     for each marker and axis, counted towards the axis' positive end: 1 if the next cell is an own
                       marker, 2 more if the one after it is too, 5 more with a fourth; against the mean
    connectivity       for each marker and axis: 1 for an own marker next to it, 0.5 for one behind a gap of one cell
                       that neither a stack nor a collapsed cell blocks; against the mean
    territory_closure  10 / mean distance of the first ten markers + 0.5 for each of them, against the best
    territory_safety   -(3 - d) for each own marker and opponent's stack at distance d of 1 or 2, against the best
    """
    players = int(game.num_players)
    terms = scan.components
    terms[LINE_POTENTIAL] = against_mean(scan.lines, view, players)
    terms[CONNECTIVITY] = against_mean(scan.links, view, players)
    terms[TERRITORY_CLOSURE] = against_best(scan.closure, view, players)
    terms[TERRITORY_SAFETY] = against_best(scan.safety, view, players)
