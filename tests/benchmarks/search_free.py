"""Learning without search, the baseline that search has to beat: the outcome of the game stands for the search.

A network plays against itself by drawing from its policy. What it is taught of a decision is the improved policy of
Gumbel search (Danihelka et al., 2022) for a search that visited one choice only, the one that was played, and found
there what came of the game:

    new(a) ~ old(a) exp(SCALE q(a)),  q = 1 or 0 for the choice that was played, won or lost, and the network's own win
    probability for all others

which is a step of policy gradient with the network's value as baseline, in a form that can be learnt as a target.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.records.game_record import Decision, GameRecord

SCALE: Final = 2.0
"""Nats that a game won for sure adds to a choice that was thought lost: one outcome says little about one move."""


def taught_by_outcome(config: BoardConfig, records: list[GameRecord]) -> list[GameRecord]:
    """The records with policies that their outcomes improve."""
    movers = movers_of(config, records)
    return [
        replace(record, decisions=tuple(_improved(record, one, int(row[one.ply])) for one in record.decisions))
        for record, row in zip(records, movers, strict=True)
    ]


def movers_of(config: BoardConfig, records: list[GameRecord]) -> NDArray[np.int64]:
    """int64 [G, longest game]: who moves at each ply, 0 after the end."""
    longest = max(len(record.moves) for record in records)
    movers = np.zeros((len(records), longest), dtype=np.int64)
    batch = Batch(config, len(records))
    for ply in range(longest):
        rows = np.array([row for row, record in enumerate(records) if len(record.moves) > ply])
        movers[rows, ply] = batch.player_to_move()[rows]
        batch.apply(rows, np.array([records[row].moves[ply] for row in rows]))
    return movers


def _improved(record: GameRecord, decision: Decision, mover: int) -> Decision:
    expected = float(decision.root_values[mover - 1])
    played = decision.policy_moves == record.moves[decision.ply]
    found = np.where(played, float(record.winner == mover), expected)
    policy = decision.policy * np.exp(SCALE * (found - expected))
    return replace(decision, policy=(policy / policy.sum()).astype(np.float32), root_values=np.zeros(0, np.float32))
