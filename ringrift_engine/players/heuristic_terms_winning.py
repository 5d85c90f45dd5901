"""Components about winning and about running out of actions.

Conventions as in `heuristic_terms_material`. "Proximity" of a seat is the largest of
    50 / rings missing + 50 / cells missing
    1000, if a threshold is reached (it wins at the end of the turn, not before)
    900, 945 or 990 after one, two or three rounds in which the seat alone could act
where the rings missing are those up to the ring threshold, and the cells missing those up to the territory minimum or
up to one more than all opponents have together, whichever is more.
"""

from ringrift_engine.players.heuristic_terms_material import against_best
from ringrift_engine.players.heuristic_weights import (
    FORCED_ELIMINATION_RISK,
    FORCING,
    LPS_ADVANTAGE,
    MULTI_LEADER,
    OPPONENT_VICTORY_THREAT,
    TEMPO,
    VICTORY_PROXIMITY,
)
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.state import CAPTURE, CHAIN_CAPTURE, LPS_ROUNDS_REQUIRED

_SHARE = 50.0
_REACHED = 1000.0
_FIRST_ROUND = 900.0
_LAST_ROUND = 990.0


@rule
def proximity(game, seat):
    """How near a seat is to winning, 0 to 1000; see the head of this file."""
    others = 0
    for other in range(1, int(game.num_players) + 1):
        if other != seat:
            others += int(game.territory[other])
    rings = int(game.ring_threshold) - int(game.eliminated[seat])
    cells = max(int(game.territory_minimum), others + 1) - int(game.territory[seat])
    if rings <= 0 or cells <= 0:
        return _REACHED
    result = _SHARE / rings + _SHARE / cells
    rounds = min(int(game.lps_rounds), LPS_ROUNDS_REQUIRED)
    if rounds > 0 and game.lps_player == seat:
        step = (_LAST_ROUND - _FIRST_ROUND) / (LPS_ROUNDS_REQUIRED - 1)
        result = max(result, _FIRST_ROUND + step * (rounds - 1))
    return result


@rule
def winning_terms(game, scan, view):
    """Who is about to win.

    victory_proximity        proximity, against the best
    opponent_victory_threat  -max(0, best opponent's proximity - own)
    multi_leader             with three or more players: -(first - second proximity among the opponents)
    """
    players = int(game.num_players)
    first = -1.0
    second = -1.0
    for seat in range(1, players + 1):
        value = proximity(game, seat)
        scan.proximity[seat] = value
        if seat != view and value > first:
            second = first
            first = value
        elif seat != view and value > second:
            second = value
    terms = scan.components
    terms[VICTORY_PROXIMITY] = against_best(scan.proximity, view, players)
    terms[OPPONENT_VICTORY_THREAT] = -max(0.0, first - scan.proximity[view])
    terms[MULTI_LEADER] = second - first if players > 2 else 0.0


@rule
def has_action(game, scan, seat):
    """Whether a seat has a ring in hand or a stack that can act; whether the ring can be placed is not looked at."""
    return game.hand[seat] > 0 or scan.usable[seat] > 0


@rule
def action_terms(game, scan, view):
    """Who can still act.

    forced_elimination_risk  -max(0, 2 - ratio), ratio = (usable stacks + 1 with a ring in hand) / stacks; 0 without
                             stacks
    lps_advantage            with three or more players: the share of opponents without an action, -1 if the view has
                             none
    forcing                  opponents that control stacks but have no action: they must eliminate
    tempo                    1 if the view is to act again, with a capture or chain open, else 0
    """
    players = int(game.num_players)
    idle = 0
    forced = 0
    for seat in range(1, players + 1):
        if seat != view and not has_action(game, scan, seat):
            idle += 1
            forced += 1 if game.stacks[seat] > 0 else 0
    terms = scan.components
    stacks = int(game.stacks[view])
    usable = scan.usable[view] + (1.0 if game.hand[view] > 0 else 0.0)
    terms[FORCED_ELIMINATION_RISK] = -max(0.0, 2.0 - usable / stacks) if stacks > 0 else 0.0
    terms[LPS_ADVANTAGE] = 0.0
    if players > 2:
        terms[LPS_ADVANTAGE] = idle / (players - 1) if has_action(game, scan, view) else -1.0
    terms[FORCING] = forced
    capturing = game.phase == CAPTURE or game.phase == CHAIN_CAPTURE
    terms[TEMPO] = 1.0 if capturing and game.player == view else 0.0
