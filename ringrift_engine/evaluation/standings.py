"""What the games of a tournament came to: a rating for everybody, and everybody against everybody.

Ratings are fitted to these games alone (`ratings`), on the scale of the anchor if it took part. The crosstable counts
finishing orders: with two players that is who won, with more every game compares each pair at its table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match_log import LoggedGame
from ringrift_engine.files import publishing
from ringrift_engine.ratings import fit_ratings, results_of
from ringrift_engine.records.shard_schema import Participant

_CELL_INCHES: Final = 0.75
_LABEL_INCHES: Final = 3.2
_DOTS_PER_INCH: Final = 100


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One participant of a tournament.

    elo, low, high  rating and its 95 % interval; NaN for who is not connected with the others by games
    games           in which it sat
    wins            of those, games that it won
    score           share of the comparisons with others that it came out ahead of, halves for shared ranks
    """

    participant: Participant
    elo: float
    low: float
    high: float
    games: int
    wins: int
    score: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Standings:
    """A tournament's result: p participants, the strongest first.

    points    float64 [p, p]  how often the row's participant finished ahead of the column's, halves for shared ranks
    meetings  int64 [p, p]    how often the two were compared, once for each pair of seats in each game
    seat_elo  what each seat is worth, seat 1 first
    """

    config_key: str
    rows: tuple[Standing, ...]
    points: NDArray[np.float64]
    meetings: NDArray[np.int64]
    games: int
    seat_elo: tuple[float, ...]

    @property
    def scores(self) -> NDArray[np.float64]:
        """float64 [p, p]: points over meetings, NaN where two never met and on the diagonal."""
        with np.errstate(invalid="ignore"):
            return self.points / np.where(self.meetings > 0, self.meetings, np.nan)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values; a number that there is not is None."""
        return {
            "config_key": self.config_key,
            "games": self.games,
            "seat_elo": list(self.seat_elo),
            "standings": [
                {
                    "name": row.participant.name,
                    "model": row.participant.model,
                    "simulations": row.participant.simulations,
                    **{name: _number(getattr(row, name)) for name in ("elo", "low", "high", "score")},
                    "games": row.games,
                    "wins": row.wins,
                }
                for row in self.rows
            ],
            "crosstable": [[_number(value) for value in line] for line in self.scores],
            "meetings": self.meetings.tolist(),
        }


def standings_of(games: Sequence[LoggedGame]) -> Standings:
    """The standings after the games of one configuration; DataError without games."""
    if not games:
        raise DataError("A tournament without games has no standings. Play it first.")
    results = results_of(games)
    ratings = fit_ratings(results)
    order = sorted(range(len(results.participants)), key=lambda place: -np.nan_to_num(ratings.elo[place], nan=-np.inf))
    points, meetings = _compared(results.seats, results.ranks, len(results.participants))
    won = np.bincount(results.seats[results.ranks == 1], minlength=len(results.participants))
    rows = []
    for place in order:
        who = results.participants[place]
        low, high = ratings.interval(who)
        met = meetings[place].sum()
        rows.append(
            Standing(
                participant=who,
                elo=float(ratings.elo[place]),
                low=low,
                high=high,
                games=int(results.games[place]),
                wins=int(won[place]),
                score=float(points[place].sum() / met) if met else float("nan"),
            )
        )
    return Standings(
        config_key=results.config_key,
        rows=tuple(rows),
        points=points[np.ix_(order, order)],
        meetings=meetings[np.ix_(order, order)],
        games=len(games),
        seat_elo=tuple(float(value) for value in ratings.seat_elo),
    )


def draw_crosstable(standings: Standings, path: Path) -> None:
    """Write the crosstable as PNG: the row's share of comparisons with the column, blue above a half, red below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(standings.rows)
    size = _CELL_INCHES * count
    figure = Figure(figsize=(_LABEL_INCHES + size, 1.2 + size), dpi=_DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    scores = standings.scores
    axes.imshow(np.ma.masked_invalid(scores), cmap="RdBu", vmin=0, vmax=1)
    for row, column in np.argwhere(np.isfinite(scores)):
        axes.text(
            column, row, f"{scores[row, column]:.0%}\n{standings.meetings[row, column]}", ha="center", va="center",
            fontsize=8, color="white" if abs(scores[row, column] - 0.5) > 0.3 else "black",
        )  # fmt: skip
    labels = [f"{number}. {row.participant.name}" for number, row in enumerate(standings.rows, start=1)]
    axes.set_yticks(range(count), labels, fontsize=8)
    axes.set_xticks(range(count), [str(number) for number in range(1, count + 1)], fontsize=8)
    axes.set_title(f"{standings.config_key}: row against column, share and comparisons", fontsize=10)
    with publishing(path) as partial, partial.open("wb") as file:
        FigureCanvasAgg(figure).print_png(file)


def _compared(
    seats: NDArray[np.int32], ranks: NDArray[np.int8], participants: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points and meetings of every pair; two copies of one participant are not compared."""
    points = np.zeros((participants, participants))
    meetings = np.zeros((participants, participants), dtype=np.int64)
    for one in range(seats.shape[1]):
        for other in range(seats.shape[1]):
            apart = seats[:, one] != seats[:, other]
            pair = seats[apart, one], seats[apart, other]
            ahead = ranks[apart, one] < ranks[apart, other]
            equal = ranks[apart, one] == ranks[apart, other]
            np.add.at(points, pair, ahead + equal / 2)
            np.add.at(meetings, pair, 1)
    return points, meetings


def _number(value: float) -> float | None:
    return None if value != value else float(value)
