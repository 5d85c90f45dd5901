"""Records of random games with made-up searches, for tests of what is kept of games."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.records.game_record import Decision, GameRecord
from ringrift_engine.records.replay import final_scores
from ringrift_engine.records.shard_schema import Participant, ShardHeader

SEARCHER = Participant("search(model=0123456789ab,simulations=16)", model="0123456789ab" + "0" * 52, simulations=16)
OPENING = 2


def header_of(config: BoardConfig, seed: int = 7) -> ShardHeader:
    """A header for games of one searching player in all seats."""
    return ShardHeader(config.key, seed, (SEARCHER,), {"games": 3, "temperature": 1.0}, {"model": str(SEARCHER.model)})


def random_records(
    config: BoardConfig, games: int, seed: int = 7, *, concentration: float = 0.3, swap_rule: bool = False
) -> list[GameRecord]:
    """`games` random games; after two random choices every choice has a Dirichlet policy and root values beside it.

    A high concentration makes the policies even, as those of an untrained network are.
    """
    random = np.random.default_rng(seed)
    batch = Batch(config, games, swap_rule=swap_rule)
    decisions: list[list[Decision]] = [[] for _ in range(games)]
    made = np.zeros(games, dtype=np.int64)
    while True:
        batch.play_forced(np.flatnonzero(~batch.over()))
        rows = np.flatnonzero(~batch.over())
        if not len(rows):
            break
        legal = batch.legal(rows)
        moves = np.zeros(len(rows), dtype=np.int64)
        for number, row in enumerate(rows):
            choices = legal.of(number)
            policy = random.dirichlet(np.full(len(choices), concentration)).astype(np.float32)
            moves[number] = random.choice(choices, p=policy / policy.sum(dtype=np.float64))
            if made[row] >= OPENING:
                decisions[row].append(_decision(config, int(batch.length[row]), choices, policy, random))
        made[rows] += 1
        batch.apply(rows, moves)
    return [_record(config, batch, row, tuple(decisions[row]), seed, swap_rule) for row in range(games)]


def _decision(
    config: BoardConfig, ply: int, choices: NDArray[np.int64], policy: NDArray[np.float32], random: np.random.Generator
) -> Decision:
    values = random.dirichlet(np.ones(config.num_players)).astype(np.float32)
    surprise = float(np.log(len(choices)) + (policy * np.log(np.maximum(policy, 1e-30))).sum())  # from even shares
    return Decision(
        ply, choices, policy, values, simulations=SEARCHER.simulations, sampled=bool(ply < 20),
        surprise=max(surprise, 0.0),
    )  # fmt: skip


def _record(
    config: BoardConfig, batch: Batch, row: int, decisions: tuple[Decision, ...], seed: int, swap_rule: bool
) -> GameRecord:
    return GameRecord(
        game_id=hashlib.sha256(f"{config.key} {seed} {row}".encode()).hexdigest()[:24],
        seed=seed,
        index=row,
        swap_rule=swap_rule,
        players=(SEARCHER.name,) * config.num_players,
        opening_plies=OPENING,
        moves=batch.moves_of(row),
        decisions=decisions,
        winner=int(batch.games.winner[row]),
        how=int(batch.games.how[row]),
        scores=final_scores(batch.games[row : row + 1], config.num_players)[0],
    )
