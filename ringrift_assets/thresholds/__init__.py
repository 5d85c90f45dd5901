"""Every threshold of the platform in one typed object: `read_thresholds()`, and `.of(key)` for one configuration.

sections  the thresholds by subject, each with default, unit, meaning, range and environment variable
nodes     the other machines
table     the object itself: values, where each came from, what differs from the defaults
reading   `ringrift.yaml` and the environment
page      writes docs/settings.md

Nothing here imports Dagster, torch or numba. What an asset is given of this is in `ringrift_assets.settings`.
"""

from ringrift_assets.thresholds.nodes import Node
from ringrift_assets.thresholds.reading import CONFIG_VARIABLE, DEFAULT_FILE, read_thresholds
from ringrift_assets.thresholds.table import Override, Thresholds

__all__ = ["CONFIG_VARIABLE", "DEFAULT_FILE", "Node", "Override", "Thresholds", "read_thresholds"]
