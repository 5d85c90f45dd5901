"""The one partition of every asset: the twelve configurations. An asset over all of them has none.

Keys are identity, history hangs on them, so they are made here once from the engine's table and never renamed.
"""

from typing import Final

import dagster as dg

from ringrift_engine.boards import CONFIG_KEYS

CONFIGURATIONS: Final = dg.StaticPartitionsDefinition(list(CONFIG_KEYS))
ALL_CONFIGURATIONS: Final = "all"
"""Stands for the key of a configuration in the folders, locks and rows of assets that have no partitions."""


ALL_KEYS: Final = (*CONFIG_KEYS, ALL_CONFIGURATIONS)


def key_of(context: dg.AssetExecutionContext) -> str:
    """The configuration that a run works on, or `ALL_CONFIGURATIONS`."""
    return context.partition_key if context.has_partition_key else ALL_CONFIGURATIONS
