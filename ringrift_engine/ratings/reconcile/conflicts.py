"""The conflicts that a log has met, as they are kept in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.ratings.reconcile.settings import ConflictResolution


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A game of which another log had another outcome.

    source    the node whose log it was
    strategy  by which it was decided; `skip` leaves it open
    ours, theirs  the outcomes at that time: ranks, winner, how, scores, plies, and when each was logged
    replaced  whether theirs stands since then
    noted_at  seconds since 1970
    """

    game_key: str
    config_key: str
    source: str
    strategy: str
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    replaced: bool
    noted_at: float

    @property
    def decided(self) -> bool:
        """Whether one outcome was chosen by its time; if not, each log keeps its own."""
        return self.strategy != ConflictResolution.SKIP

    @property
    def differing(self) -> tuple[str, ...]:
        """The columns in which the outcomes differ."""
        return tuple(
            name
            for name, value in self.ours.items()
            if name not in ("purpose", "run_id", "logged_at") and value != self.theirs[name]
        )


def conflicts_in(log: MatchLog, config_key: str | None = None) -> list[Conflict]:
    """All conflicts in the order in which they were met, of one configuration or of all."""
    condition, values = ("TRUE", ()) if config_key is None else ("config_key = ?", (config_key,))
    rows = log.connection.execute(f"SELECT * FROM conflicts WHERE {condition} ORDER BY id", values)
    return [
        Conflict(
            game_key=row["game_key"],
            config_key=row["config_key"],
            source=row["source"],
            strategy=row["strategy"],
            ours=json.loads(row["ours"]),
            theirs=json.loads(row["theirs"]),
            replaced=bool(row["replaced"]),
            noted_at=row["noted_at"],
        )
        for row in rows
    ]
