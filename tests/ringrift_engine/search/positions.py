"""Positions to search and an evaluator that has an opinion on each, whatever stands beside it."""

import zlib
from dataclasses import dataclass, field

import numpy as np

from ringrift_engine.batch import Batch, LegalMoves
from ringrift_engine.boards import BoardConfig
from ringrift_engine.search.evaluators import Evaluation

_TELLING_FIELDS = ("cell", "rings", "hand", "eliminated", "player", "phase", "must_move", "turn")


def random_positions(config: BoardConfig, count: int, decisions: int, seed: int = 0) -> tuple[np.recarray, LegalMoves]:
    """Positions of at most `count` random games after so many decisions each, and their choices (at least two each)."""
    random = np.random.default_rng(seed)
    batch = Batch(config, count)
    rows = np.arange(count)
    for number in range(decisions + 1):
        batch.play_forced(rows)
        rows = rows[~batch.over()[rows]]
        legal = batch.legal(rows)
        if number < decisions:
            drawn = legal.offsets[:-1] + (random.random(len(rows)) * legal.counts).astype(int)
            batch.apply(rows, legal.moves[drawn])
    assert len(rows), "all games were over; ask for fewer decisions"
    return batch.games[rows].view(np.recarray), legal


def seeds_of(games: np.ndarray) -> np.ndarray:
    return np.arange(len(games), dtype=np.uint64) * np.uint64(7919) + np.uint64(3)


@dataclass
class OpinionatedEvaluator:
    """Logits and values drawn at random from a stream named by the position; remembers what it was asked."""

    seats: int
    spread: float = 1.0
    asked: list[int] = field(default_factory=list)

    def evaluate(self, games, legal):
        self.asked.append(len(games))
        assert len(games) == len(legal.counts)
        assert (games["winner"] == 0).all(), "a finished game was sent to the evaluator"
        assert (legal.counts >= 2).all(), "a position without a choice was sent to the evaluator"
        pairs = zip(games, legal.counts, strict=True)
        logits = [self._stream(game, 1).normal(size=count) * self.spread for game, count in pairs]
        values = [self._stream(game, 2).dirichlet(np.ones(self.seats)) for game in games]
        return Evaluation(np.concatenate(logits).astype(np.float32), np.array(values, dtype=np.float32))

    def _stream(self, game, kind):
        content = b"".join(np.asarray(game[name]).tobytes() for name in _TELLING_FIELDS)
        return np.random.default_rng([kind, zlib.crc32(content)])
