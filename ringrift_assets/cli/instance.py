"""Dagster's records of the current folder: runs, events, states of sensors.

They lie where `dagster.yaml` says, which is looked for in `DAGSTER_HOME` and, without it, in the current folder: the
same place that `dagster dev` takes when it is started here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ringrift_assets.cli.text import one_line
from ringrift_engine.errors import ConfigError

if TYPE_CHECKING:
    import dagster as dg

HOME_VARIABLE: Final = "DAGSTER_HOME"
INSTANCE_FILE: Final = "dagster.yaml"
STATE_FOLDER: Final = Path(".dagster")
"""Below the current folder: the loop's own files; `dagster.yaml` of the repository puts Dagster's records there too."""
LOCATION: Final = "ringrift_assets"
"""Name of the code location: states of sensors hang on it."""
REPOSITORY: Final = "__repository__"
"""What Dagster calls the only repository of a location that exports plain definitions."""


def instance_home() -> Path:
    """The folder whose `dagster.yaml` counts."""
    return Path(os.environ.get(HOME_VARIABLE) or Path.cwd())


def has_instance() -> bool:
    """Whether there is a `dagster.yaml`."""
    return (instance_home() / INSTANCE_FILE).is_file()


@contextmanager
def opened_instance() -> "Iterator[dg.DagsterInstance]":
    """The instance of the current folder; ConfigError if there is none or if its file cannot be used."""
    import dagster as dg
    import yaml

    home = instance_home()
    if not has_instance():
        raise ConfigError(
            f"no {INSTANCE_FILE} in {home}: runs, sensors and schedules are kept where it says. Run the command in the "
            f"folder of the platform, or copy {INSTANCE_FILE} of the repository to {home}."
        )
    try:
        opened = dg.DagsterInstance.from_config(str(home))
    except (dg.DagsterError, yaml.YAMLError) as error:
        raise ConfigError(f"{home / INSTANCE_FILE} cannot be used: {one_line(str(error))}") from error
    with opened as instance:
        yield instance
