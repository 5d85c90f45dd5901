"""Decisions about real players whose difference is known: how often the gate promotes, against what was foretold.

    python -m tests.benchmarks.known_difference hex8_2p hex8_3p [--rounds 10000] [--matches 100]

The players are the heuristic with blunders: each of its choices is a random one with a fixed chance, so more blunders
are weaker play, and equal chances are equal strength by construction, under whatever names. How much a chance is worth
is measured first, in a long match with a fixed number of rounds. Then matches are played on other openings, each until
the sequential test ends it, and the controller decides about each by the defaults. What is foretold is the same test by
simulation (`tests.benchmarks.sequential`), on rounds with the outcomes of the long match.
"""

import argparse
import math
import tempfile
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np

from ringrift_engine.boards import CONFIGS
from ringrift_engine.evaluation.intervals import elo_of_score
from ringrift_engine.evaluation.match import Arena, Contestant, play_match
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.evaluation.openings import draw_openings
from ringrift_engine.evaluation.ranking import half_points, round_categories
from ringrift_engine.evaluation.sequential import ACCEPT, CONTINUE, decide
from ringrift_engine.players.heuristic import HeuristicPlayer
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.players.sampling import mix_seeds, uniforms
from ringrift_engine.promotion import PromotionController, PromotionCriteria, PromotionType
from ringrift_engine.promotion.criteria import Evidence, WinCount
from tests.benchmarks.sequential import simulate

OPPONENT = 0.70
"""Chance of a blunder of the opponent, whom candidates are to replace."""
CANDIDATES = (0.70, 0.62, 0.56, 0.86)
"""Chances of the candidates: equal, then about 25 and 50 Elo stronger, and 50 weaker; the long match says how much."""
LONG_SEED, GATE_SEED, OPENING = 1, 2, 4
FORETOLD_RUNS = 4_000


class Blundering:
    """A player each of whose choices is a random one with a fixed chance."""

    def __init__(self, player, chance, name):
        self.name, self._player, self._chance, self._random = name, player, chance, RandomPlayer()

    def choose(self, batch, rows, seeds):
        blunders = uniforms(mix_seeds(seeds, np.full(len(seeds), 1, dtype=np.uint64))) < self._chance
        moves = np.zeros(len(rows), dtype=np.int64)
        for player, part in ((self._random, blunders), (self._player, ~blunders)):
            if part.any():
                moves[part] = player.choose(batch, rows[part], seeds[part]).moves
        return Decisions(moves)


@dataclass(frozen=True)
class Known:
    """Evidence of one match; floors and value error hold, so that strength alone decides."""

    counts: tuple[int, ...]
    num_players: int

    def evidence(self, request):
        return Evidence(
            num_players=self.num_players,
            candidate=request.model_id,
            promoted=request.baseline_model_id,
            training_games=1_000,
            against_random=WinCount(100, 100),
            against_heuristic=WinCount(100, 100),
            against_promoted=self.counts,
            candidate_value_error=0.5,
            promoted_value_error=0.5,
            held_out_games=100,
        )


@dataclass(frozen=True)
class Pairing:
    """A candidate and the opponent, by their chances of a blunder, and where their games are logged; `block` rounds are
    played together.
    """

    key: str
    chance: float
    arena: Arena
    opponent: float = OPPONENT
    block: int = 512

    def rounds(self, seed):
        """Half points of the candidate in one round after the other, without end; every round has an opening of its
        own.
        """
        config = CONFIGS[self.key]
        heuristic = HeuristicPlayer(config, threads=self.arena.threads)
        candidate = Contestant(Blundering(heuristic, self.chance, f"candidate with {self.chance:.0%} blunders"))
        opponent = Contestant(Blundering(heuristic, self.opponent, f"opponent with {self.opponent:.0%} blunders"))
        for first in count(0, self.block):
            openings = draw_openings(config, seed, first, self.block, OPENING)
            run = f"{candidate.player.name}, {seed}, {first}"
            play_match(config, candidate, opponent, openings, replace(self.arena, run_id=run))
            points = dict.fromkeys((opening.seed for opening in openings), 0)
            for game in self.arena.log.games(self.key, run_id=run):
                points[game.opening_seed] += half_points(game.ranks, game.seats.index(candidate.participant) + 1)
            yield from points.values()

    def outcomes(self, seed, rounds):
        """float64 [K]: how often a round gave so many half points, of so many rounds."""
        found = self.rounds(seed)
        points = [next(found) for _ in range(rounds)]
        return np.bincount(points, minlength=round_categories(CONFIGS[self.key].num_players)) / rounds

    def decisions(self, seed, matches, criteria):
        """Whether the controller promotes after each match, and how many games each took: two lists."""
        config, found, verdicts = CONFIGS[self.key], self.rounds(seed), []
        for _ in range(matches):
            counts = [0] * round_categories(config.num_players)
            verdict = decide(counts, criteria.test)
            while verdict.decision == CONTINUE:
                for _ in range(criteria.test.next_rounds(config.num_players, verdict.rounds)):
                    counts[next(found)] += 1
                verdict = decide(counts, criteria.test)
            controller = PromotionController(Known(tuple(counts), config.num_players), criteria)
            decision = controller.evaluate_promotion(
                "c" * 64, config.board, config.num_players, PromotionType.PRODUCTION, "p" * 64
            )
            verdicts.append((decision.promoted, verdict.games))
        return [promoted for promoted, _ in verdicts], [games for _, games in verdicts]


def elo_with_error(shares, rounds):
    """Elo of the mean score of rounds with these shares of outcomes, and its standard error."""
    scores = np.linspace(0, 1, len(shares))
    mean = float(shares @ scores)
    error = math.sqrt(float(shares @ (scores - mean) ** 2) / rounds)
    return elo_of_score(mean), error * 400 / math.log(10) / (mean * (1 - mean))


def row(pairing, rounds, matches):
    """One candidate as a row of the table."""
    criteria = PromotionCriteria()
    shares = pairing.outcomes(LONG_SEED, rounds)
    elo, error = elo_with_error(shares, rounds)
    promoted, games = pairing.decisions(GATE_SEED, matches, criteria)
    foretold = simulate(shares, criteria.test, FORETOLD_RUNS, seed=3)
    shown = [
        pairing.key,
        f"{pairing.chance:.1%}",
        f"{elo:+.1f} ({error:.1f})",
        f"{sum(promoted)} of {matches}",
        f"{foretold.share(ACCEPT):.1%}",
        f"{np.mean(games):,.0f}",
        f"{foretold.games.mean():,.0f}",
    ]
    return f"| {' | '.join(shown)} |"


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument(
        "keys", nargs="+", choices=[key for key in CONFIGS if key.startswith("hex8")], help="Configurations."
    )
    options.add_argument("--rounds", type=int, default=10_000, help="Rounds of each long match.")
    options.add_argument("--matches", type=int, default=100, help="Matches of each candidate that the test ends.")
    options.add_argument("--chances", type=float, nargs="*", help="Other chances of a blunder than the usual ones.")
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    print("| configuration | blunders | Elo (standard error) | promoted | foretold | mean games | foretold |")
    print("|---|---|---|---|---|---|---|")
    for key in given.keys:
        for chance in given.chances or CANDIDATES:
            with tempfile.TemporaryDirectory() as folder, MatchLog(Path(folder) / "matches.db") as log:
                arena = Arena(log=log, purpose="benchmark", run_id="", threads=given.threads)
                print(row(Pairing(key, chance, arena), given.rounds, given.matches), flush=True)


if __name__ == "__main__":
    main()
