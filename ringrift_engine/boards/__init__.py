"""The four boards and the twelve configurations: shapes, directions, thresholds. Imports numpy only."""

from ringrift_engine.boards.config import BOARD_NAMES, CONFIG_KEYS, CONFIGS, BoardConfig
from ringrift_engine.boards.geometry import Geometry, geometry_of

__all__ = ["BOARD_NAMES", "CONFIGS", "CONFIG_KEYS", "BoardConfig", "Geometry", "geometry_of"]
