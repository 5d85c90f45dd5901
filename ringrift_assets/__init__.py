"""The platform as one Dagster asset graph: what exists, when it is made, and what gates it.

The work itself is done by `ringrift_engine`, which never imports this package. Asset bodies are short: they read their
inputs, hand one task to a worker process, and report what a person wants to see.
"""

import warnings

# Preview features that we rely on, with tests that fail if they change: checks that belong to a partition (without them
# a failed check of one configuration blocks all), and one that Dagster itself uses in every Pipes session. Chosen by
# their text, since their class is Dagster's, whose import costs two seconds: workers and readers of settings need none.
warnings.filterwarnings("ignore", message=".*(partitions_def|expected_writer_count).* is currently in preview")
