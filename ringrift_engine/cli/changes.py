"""`--set name=value`: settings classes changed from the command line, with their own checks and messages."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Protocol, Self, TypeVar

from ringrift_engine.errors import ConfigError


class Settings(Protocol):
    """A frozen data class that is made from a table and refuses unknown names."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @classmethod
    def from_mapping(cls, values: dict[str, Any], source: str) -> Self: ...


Kind = TypeVar("Kind", bound=Settings)


def changed(settings: Kind, changes: Sequence[str]) -> Kind:
    """The settings with changes of the form `name=value`, values as JSON or bare words.

    ConfigError for a change without `=`, and whatever the settings class says of names and values.
    """
    values = asdict(settings)
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise ConfigError(f"--set {change!r}: write name=value; names: {', '.join(values)}")
        values[name] = _value(text)
    return type(settings).from_mapping(values, "--set")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
