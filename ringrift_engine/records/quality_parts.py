"""What of some games is worth how much: numbers from the measures of at least one game, each with its sub-score."""

import numpy as np

from ringrift_engine.records import criteria
from ringrift_engine.records.lengths import LengthDistribution
from ringrift_engine.records.measures import EarlierGames, GameMeasures
from ringrift_engine.records.quality_score import SubScore
from ringrift_engine.rules.state import NOT_OVER

Part = tuple[dict[str, float], list[SubScore]]
"""Numbers by the names of `GamesQuality`, and sub-scores; what cannot be measured is not among them."""


def measure_all(measured: GameMeasures, players: int, earlier: EarlierGames | None) -> list[Part]:
    """All parts, of games of `players` seats; `earlier` None if there are no games to compare with."""
    return [
        _decisiveness(measured),
        _length(measured, earlier),
        _balances(measured),
        _diversity(measured, earlier),
        _seats(measured, players),
        _targets(measured),
    ]


def _decisiveness(measured: GameMeasures) -> Part:
    unfinished = measured.how == NOT_OVER
    decided, truncated = (
        float(np.mean(~unfinished & ~np.isin(measured.how, criteria.TIE_BREAKS))),
        float(unfinished.mean()),
    )
    why = f"{decided:.0%} of {len(measured)} games, {truncated:.0%} unfinished"
    return {"decisive_share": decided, "truncated_share": truncated}, [criteria.DECISIVE.of_games(decided, why)]


def _length(measured: GameMeasures, earlier: EarlierGames | None) -> Part:
    lengths = measured.lengths[measured.how != NOT_OVER]
    if not len(lengths):
        return {}, [criteria.LENGTH.of_games(0.0, "no game is finished")]
    median = float(np.median(lengths))
    if earlier is None or not earlier.enough:
        return {"median_length": median}, []
    distribution = LengthDistribution.of(earlier.lengths)
    normality, place = float(distribution.normality(lengths).mean()), earlier.place_of(median)
    why = (
        f"median {median:.0f} moves, longer than {place:.0%} of {len(earlier.lengths)} earlier games, whose middle "
        f"80 % have {distribution.low:.0f} to {distribution.high:.0f}"
    )
    numbers = {"median_length": median, "length_place": place, "length_normality": normality}
    return numbers, [criteria.LENGTH.of_games(normality, why)]


def _balances(measured: GameMeasures) -> Part:
    phases = criteria.evenness(measured.phases.sum(axis=0), criteria.PHASES)
    moves = criteria.evenness(measured.kinds.sum(axis=0), criteria.MOVE_KINDS)
    return (
        {"phase_balance": phases, "move_balance": moves},
        [
            criteria.PHASE_BALANCE.of_games(criteria.phase_balance_value(phases), f"entropy {phases:.2f} of log 7"),
            criteria.MOVE_BALANCE.of_games(criteria.move_balance_value(moves), f"entropy {moves:.2f} of log 16"),
        ],
    )


def _diversity(measured: GameMeasures, earlier: EarlierGames | None) -> Part:
    games = len(measured)
    openings = len(np.unique(measured.opening)) / games
    repeats = np.ones(games, dtype=np.bool_)
    repeats[np.unique(measured.moves, return_index=True)[1]] = False
    if earlier is not None:
        repeats |= np.isin(measured.moves, earlier.moves)
    duplicates = float(repeats.mean())
    return (
        {"distinct_openings": openings, "duplicate_share": duplicates},
        [
            criteria.OPENINGS.of_games(openings, f"{openings:.0%} of {games} games begin differently"),
            criteria.DUPLICATES.of_games(1 - duplicates, f"{duplicates:.0%} of {games} games repeat another"),
        ],
    )


def _seats(measured: GameMeasures, players: int) -> Part:
    winners = measured.winner[measured.winner > 0]
    if not len(winners):
        return {}, [criteria.SEATS.of_games(0.0, "no game has a winner")]
    shares = np.bincount(winners - 1, minlength=players) / len(winners)
    balance = criteria.seat_balance(shares, len(winners))
    return (
        {"seat_deviation": balance.deviation, "seat_errors": balance.errors},
        [criteria.SEATS.of_games(balance.value, balance.why)],
    )


def _targets(measured: GameMeasures) -> Part:
    decided = int(measured.decided.sum())
    if not decided:
        why = "no decision was recorded"
        return {}, [criteria.SEARCHED.of_games(0.0, why), criteria.ENTROPY.of_games(0.0, why)]
    searched, entropy = int(measured.searched.sum()) / decided, float(measured.entropy.sum()) / decided
    return (
        {"searched_share": searched, "policy_entropy": entropy},
        [
            criteria.SEARCHED.of_games(searched, f"{searched:.0%} of {decided} decisions"),
            criteria.ENTROPY.of_games(criteria.entropy_value(entropy), f"{entropy:.2f} of log(choices)"),
        ],
    )
