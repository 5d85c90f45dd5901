"""What a reconciliation may be told."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ringrift_engine.errors import ConfigError


class ConflictResolution(StrEnum):
    """What happens to a game of which two logs have different outcomes.

    SKIP              ours stays, and the conflict stays open
    LAST_WRITE_WINS   the outcome that was logged later stands, on both nodes alike
    FIRST_WRITE_WINS  the one that was logged earlier
    RAISE             nothing at all is imported
    """

    SKIP = "skip"
    LAST_WRITE_WINS = "last_write_wins"
    FIRST_WRITE_WINS = "first_write_wins"
    RAISE = "raise"


@dataclass(frozen=True, kw_only=True)
class ReconcileSettings:
    """How conflicts are resolved, which drift is significant, how patiently other nodes are asked.

    significant_max_elo   largest difference of one participant's two ratings that is no drift yet
    significant_mean_elo  the same of the mean over all participants that both logs have
    connect_timeout_s     how long ssh waits for a node to answer
    transfer_timeout_s    how long a whole transfer may take
    ssh_config            file for `ssh -F`; None for ssh's own
    """

    conflict_resolution: ConflictResolution = ConflictResolution.SKIP
    significant_max_elo: float = 50.0
    significant_mean_elo: float = 25.0
    connect_timeout_s: float = 30.0
    transfer_timeout_s: float = 600.0
    ssh_config: Path | None = None

    def __post_init__(self) -> None:
        for name in ("significant_max_elo", "significant_mean_elo", "connect_timeout_s", "transfer_timeout_s"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"ReconcileSettings: {name} is {getattr(self, name)}, it must be above 0.")
