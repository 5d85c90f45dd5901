"""The one partition of every asset: the twelve configurations.

Keys are identity, history hangs on them, so they are made here once from the engine's table and never renamed.
"""

from typing import Final

import dagster as dg

from ringrift_engine.boards import CONFIG_KEYS

CONFIGURATIONS: Final = dg.StaticPartitionsDefinition(list(CONFIG_KEYS))
