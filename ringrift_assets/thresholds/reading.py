"""Thresholds from three places, each stronger than the one before: defaults, `ringrift.yaml`, the environment.

The file is `ringrift.yaml` of the current folder, or the one that `RINGRIFT_CONFIG` names. Its sections are those of
`table.SECTIONS`; `configurations:` has the same sections below the key of a configuration and is stronger than the
common ones; `nodes:` lists other machines. What is not known, or cannot be, is a ConfigError that says where it stands.

A variable with an unknown name is refused only if it is nearly that of a threshold: an orchestrator puts many variables
of its own into the environment, and some begin like ours.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from ringrift_assets.thresholds.nodes import Node, read_nodes
from ringrift_assets.thresholds.table import (
    DEFAULT,
    OPTIONS,
    PER_CONFIGURATION,
    SECTIONS,
    Thresholds,
    default_of,
)
from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.errors import ConfigError, refuse_unknown

CONFIG_VARIABLE: Final = "RINGRIFT_CONFIG"
DEFAULT_FILE: Final = "ringrift.yaml"
VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {one.variable: name for name, one in OPTIONS.items() if one.variable is not None}
)
"""Environment variable -> full name of the threshold that it sets."""

_CONFIGURATIONS: Final = "configurations"
_NODES: Final = "nodes"
_PREFIX: Final = "RINGRIFT_"
_MISSPELT: Final = 0.94  # likeness of two names above which one is taken for the other with a slip of the finger


@dataclass(frozen=True)
class _File:
    """What the file says: values by full name, common and by configuration, and the nodes."""

    name: str
    common: Mapping[str, Any] = field(default_factory=dict)
    by_key: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()


def read_thresholds(environment: Mapping[str, str] = os.environ, folder: Path | None = None) -> Thresholds:
    """All thresholds as they hold now; ConfigError names the file or variable, the key, and the nearest known key.

    `folder` is where `ringrift.yaml` is looked for, the current folder without it.
    """
    file = _read_file(environment, folder or Path())
    variables = _read_variables(environment)
    own = {key: _table(key, file, variables) for key in CONFIG_KEYS}
    return _table(None, file, variables, MappingProxyType(own))


def _table(
    key: str | None, file: _File, variables: Mapping[str, Any], own: Mapping[str, Thresholds] = MappingProxyType({})
) -> Thresholds:
    """The thresholds of one configuration, or those of all (None) with each configuration's `own`."""
    from_file = {**file.common, **(file.by_key.get(key, {}) if key else {})}
    values, sources = {}, {}
    for name, known in OPTIONS.items():
        values[name], sources[name] = default_of(name, key), DEFAULT
        if name in from_file:
            values[name], sources[name] = from_file[name], file.name
        if name in variables:
            values[name], sources[name] = variables[name], str(known.variable)
    sections = {section: _section(section, values, sources) for section in SECTIONS}
    return Thresholds(**sections, key=key, nodes=file.nodes, sources=MappingProxyType(sources), configurations=own)


def _section(section: str, values: Mapping[str, Any], sources: Mapping[str, str]) -> Any:
    """One section; what its values contradict is told with everybody who had a say."""
    names = [name for name in OPTIONS if name.startswith(f"{section}.")]
    try:
        return SECTIONS[section](**{name.split(".")[1]: values[name] for name in names})
    except ConfigError as error:
        who = sorted({sources[name] for name in names} - {DEFAULT})
        raise ConfigError(f"{', '.join(who)}: {error}") from error


def _read_variables(environment: Mapping[str, str]) -> dict[str, Any]:
    """Full name -> value of the variables that are set; an empty one counts as not set."""
    given = {}
    for variable, text in environment.items():
        if variable in VARIABLES and text.strip():
            name = VARIABLES[variable]
            given[name] = OPTIONS[name].parsed(text, f"{variable} ({name})")
        elif variable.startswith(_PREFIX) and variable not in VARIABLES:
            near = get_close_matches(variable, VARIABLES, n=1, cutoff=_MISSPELT)
            if near:
                raise ConfigError(f"{variable}: unknown environment variable. Nearest: {near[0]!r}.")
    return given


def _read_file(environment: Mapping[str, str], folder: Path) -> _File:
    """The file as it stands, or one that says nothing if there is none and none was asked for."""
    named = environment.get(CONFIG_VARIABLE)
    path = Path(named) if named else folder / DEFAULT_FILE
    name = named or DEFAULT_FILE
    if not named and not path.exists():
        return _File(name)
    try:
        document = yaml.load(path.read_text(), Loader=_OneOfEach)
    except OSError as error:
        hint = f" {CONFIG_VARIABLE} names it." if named else ""
        raise ConfigError(f"{name} cannot be read: {error.strerror}.{hint}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} is not YAML: {error}") from error
    content = _mapping(document, name)
    refuse_unknown("section", content, [*SECTIONS, _CONFIGURATIONS, _NODES], name)
    common = {section: content[section] for section in SECTIONS if section in content}
    return _File(
        name,
        _values(common, name),
        _by_configuration(content.get(_CONFIGURATIONS), name),
        read_nodes(content.get(_NODES) or [], name),
    )


def _by_configuration(listed: Any, source: str) -> dict[str, dict[str, Any]]:
    """Configuration -> full name -> value."""
    where = f"{source}, {_CONFIGURATIONS}"
    rows = _mapping(listed, where)
    refuse_unknown("configuration", rows, CONFIG_KEYS, where)
    found = {}
    for key, row in rows.items():
        sections = _mapping(row, f"{where}.{key}")
        for section in sections:
            if section in SECTIONS and section not in PER_CONFIGURATION:
                raise ConfigError(
                    f"{where}.{key}: {section} is about the machine, which all configurations share; "
                    "set it at the top of the file."
                )
        refuse_unknown("section", sections, sorted(PER_CONFIGURATION), f"{where}.{key}")
        found[key] = _values(sections, f"{where}.{key}")
    return found


def _values(sections: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Full name -> checked value of the options that sections give."""
    found = {}
    for section, given in sections.items():
        where = f"{source}, {section}"
        options = _mapping(given, where)
        refuse_unknown("threshold", options, [name.split(".")[1] for name in OPTIONS if _in(name, section)], where)
        for option, value in options.items():
            name = f"{section}.{option}"
            found[name] = OPTIONS[name].checked(value, f"{source}: {name}")
    return found


def _in(name: str, section: str) -> bool:
    return name.split(".")[0] == section


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    """`value` as a mapping of texts, empty for nothing at all; ConfigError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: a mapping of names to values is needed, not {value!r}.")
    for name in value:
        if not isinstance(name, str):
            raise ConfigError(f"{where}: {name!r} is no name. Put it in quotes if it is meant as one.")
    return value


class _OneOfEach(yaml.SafeLoader):
    """YAML in which a key that stands twice in one mapping is an error, not a matter of which came last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        for number, (key, _) in enumerate(node.value):
            if key.value in names[:number]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice in one mapping", key.start_mark
                )
        return super().construct_mapping(node, deep)
