"""How large a network is, per configuration, and the hash that says whether weights fit one.

The table rests on what two cores manage: about 11,000 positions a second of the 4x64 network on the 8-boards in bf16.
A position of the large boards has 6 to 10 times as many cells, so their networks are narrower and shallower. Weights
may be carried from one training to the next only between equal architecture hashes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError

NETWORK_VERSION: Final = 2
"""Counts changes of the network's code that give equal settings other weights, or equal weights another meaning."""


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """Sizes of a network; ConfigError if one is impossible."""

    blocks: int = 4
    """Residual blocks of two 3x3 convolutions."""
    channels: int = 64
    """Width of the trunk."""
    pooled_every: int = 2
    """Every so many-th block adds globally pooled activations to all cells; 0 for none."""
    pooled_channels: int = 16
    """Channels of such a block that are pooled; at most `channels`."""
    head_channels: int = 32
    """Channels of which value, score and length heads see mean and maximum over the board."""
    hidden: int = 64
    """Units between those pooled channels and the value."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            least = 0 if name in ("blocks", "pooled_every") else 1
            if value < least:
                raise ConfigError(f"network setting {name} = {value}: at least {least} is needed")
        if self.pooled_channels > self.channels:
            raise ConfigError(
                f"network setting pooled_channels = {self.pooled_channels} exceeds channels = {self.channels}: lower it"
            )

    def is_pooled(self, block: int) -> bool:
        """Whether block number `block`, from 0, has global pooling; the last of every `pooled_every` has."""
        return self.pooled_every > 0 and block % self.pooled_every == self.pooled_every - 1


_SMALL_BOARD: Final = NetworkSettings()
_LARGE_BOARD: Final = NetworkSettings(blocks=3, channels=48, pooled_every=1, pooled_channels=12)
_BY_BOARD: Final[Mapping[str, NetworkSettings]] = MappingProxyType(
    {"hex8": _SMALL_BOARD, "square8": _SMALL_BOARD, "square19": _LARGE_BOARD, "hexagonal": _LARGE_BOARD}
)


def network_settings(config: BoardConfig) -> NetworkSettings:
    """The default network of a configuration."""
    return _BY_BOARD[config.board]


def architecture_hash(settings: NetworkSettings, config: BoardConfig, encoder_version: int) -> str:
    """Hex SHA-256 over all that decides the shapes and the meaning of weights.

    Board and number of players decide the heads' sizes, the encoder version the meaning of inputs and policy indices.
    """
    facts = {
        "board": config.board,
        "encoder_version": encoder_version,
        "network_version": NETWORK_VERSION,
        "num_players": config.num_players,
        "settings": asdict(settings),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
