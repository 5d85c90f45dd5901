"""What commands share: the configuration argument, common options, and output for people or for programs."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError

if TYPE_CHECKING:
    from ringrift_engine.progress import Progress

Function = TypeVar("Function", bound=Callable[..., Any])

SHARD_SUFFIX: Final = ".db"
EXISTING: Final = click.Path(exists=True, path_type=Path)
EXISTING_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
ANY_PATH: Final = click.Path(path_type=Path)


class ConfigKey(click.ParamType):
    """A configuration key, given to the command as its BoardConfig; ConfigError names the nearest one."""

    name = "config"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> BoardConfig:  # noqa: ARG002
        """The configuration of a key."""
        return value if isinstance(value, BoardConfig) else BoardConfig.from_key(value)


def json_option(command: Function) -> Function:
    """`--json`: one JSON value on standard output and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of text.")(command)


def threads_option(command: Function) -> Function:
    """`--threads`: never taken from the machine, because results are promised for equal numbers only."""
    return click.option(
        "--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Threads to work with."
    )(command)


def device_option(command: Function) -> Function:
    """`--device`: where networks and the searches with them run; what cannot be used is an error."""
    return click.option(
        "--device", default="cpu", show_default=True, help="Where networks and their searches run: cpu, cuda or auto."
    )(command)


def seed_option(command: Function) -> Function:
    """`--seed`: names all random numbers of a command."""
    return click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Names the random numbers; equal seeds give equal results.",
    )(command)


def data_root_option(command: Function) -> Function:
    """`--data-root`: where the platform keeps its files."""
    return click.option(
        "--data-root",
        type=ANY_PATH,
        envvar="RINGRIFT_DATA_ROOT",
        default=Path("data"),
        show_default=True,
        help="Where the platform keeps its files; also RINGRIFT_DATA_ROOT.",
    )(command)


def say(as_json: bool, value: Any, text: Callable[[], str]) -> None:
    """Print a result: `value` as JSON, or the text made of it for a person."""
    click.echo(json.dumps(plain(value), indent=2) if as_json else text())


def plain(value: Any) -> Any:
    """A value as JSON has it: data classes as objects, paths as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, Path) else value


@contextmanager
def progress_bar() -> Iterator["Progress"]:
    """Bars on standard error in a terminal; elsewhere a line every few seconds, so that logs stay readable."""
    from ringrift_engine.progress import BarProgress, LogProgress

    if not sys.stderr.isatty():
        yield LogProgress(lambda line: click.echo(line, err=True))
        return
    with BarProgress() as bars:
        yield bars


def shards_of(paths: Sequence[Path]) -> list[Path]:
    """The shards that files and folders name, in the order given; DataError if there is none."""
    from ringrift_engine.records.discovery import shards_in

    found = [shard for path in paths for shard in (shards_in(path) if path.is_dir() else [path])]
    if not found:
        names = ", ".join(map(str, paths))
        raise DataError(f"no shards in {names}: `ringrift selfplay CONFIG --out FOLDER` makes some")
    return found


def config_of_shard(path: Path) -> BoardConfig:
    """The configuration that a shard says it is of; DataError if it is no readable shard."""
    from ringrift_engine.records.shard_schema import read_header, reading

    with reading(path) as database:
        return read_header(database, path, None).config
