"""The platform as one Dagster asset graph: what exists, when it is made, and what gates it.

The work itself is done by `ringrift_engine`, which never imports this package. Asset bodies are short: they read their
inputs, hand one task to a worker process, and report what a person wants to see.
"""

import warnings

from dagster import PreviewWarning

# Checks that belong to a partition are a preview feature; without them a failed check of one configuration blocks all.
warnings.filterwarnings("ignore", category=PreviewWarning, message=".*partitions_def.*")
