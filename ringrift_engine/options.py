"""One option of a settings class: default, unit, meaning, range and environment variable, said in the place where the
field is declared.

Classes that use `option` call `check_options` in `__post_init__`. Pages and readers of files and variables ask
`options_of`, so that nothing about an option is written twice.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from types import MappingProxyType, NoneType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from ringrift_engine.errors import ConfigError

_KEY: Final = "option"
_TRUE: Final = ("1", "true", "yes", "on")
_FALSE: Final = ("0", "false", "no", "off")
_WORDS: Final = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


@dataclass(frozen=True, kw_only=True)
class Option:
    """What is known of one option beside its name.

    kind      int, float, bool or str
    choices   the only texts that are allowed; empty for any
    optional  whether None is allowed; what it then means, `meaning` says
    least     smallest allowed number, `most` the largest; None for no limit
    variable  environment variable that sets it, or None
    """

    kind: type
    choices: tuple[str, ...]
    optional: bool
    default: Any
    unit: str
    meaning: str
    least: float | None
    most: float | None
    variable: str | None

    @property
    def wanted(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        words = _WORDS[self.kind]
        if self.least is not None and self.most is not None:
            words += f" from {self.least:g} to {self.most:g}"
        elif self.least is not None:
            words += f" of at least {self.least:g}"
        elif self.most is not None:
            words += f" of at most {self.most:g}"
        return words + (f" ({self.unit})" if self.unit else "") + (", or null" if self.optional else "")

    def checked(self, value: Any, where: str) -> Any:
        """`value` in the option's type; ConfigError that begins with `where` if it is none or out of range."""
        if not (self._is_right(value) or (value is None and self.optional)):
            raise ConfigError(f"{where} must be {self.wanted}, not {value!r}.")
        return float(value) if isinstance(value, int) and self.kind is float else value

    def parsed(self, text: str, where: str) -> Any:
        """The value that `text` of an environment variable stands for; ConfigError that begins with `where`."""
        value: Any = text
        try:
            if self.kind is bool:
                value = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}.get(text.strip().lower(), text)
            elif self.kind is not str:
                value = self.kind(text)
        except ValueError:  # the text itself fails the check, which says what is wanted
            pass
        return self.checked(value, where)

    def _is_right(self, value: Any) -> bool:
        if self.kind in (bool, str):
            return isinstance(value, self.kind) and (not self.choices or value in self.choices)
        if isinstance(value, bool) or not isinstance(value, (int, float) if self.kind is float else int):
            return False
        above = self.least is None or value >= self.least
        return math.isfinite(value) and above and (self.most is None or value <= self.most)


def option(
    default: Any,
    unit: str,
    meaning: str,
    *,
    least: float | None = None,
    most: float | None = None,
    variable: str | None = None,
) -> Any:
    """A dataclass field that knows its unit (empty if it has none), its meaning for people, its range, its variable."""
    known = {"unit": unit, "meaning": meaning, "least": least, "most": most, "variable": variable}
    return field(default=default, metadata={_KEY: known})


@cache
def options_of(settings: type) -> Mapping[str, Option]:
    """The options of a settings class by name, in their order."""
    hints = get_type_hints(settings)
    found = {}
    for one in fields(settings):
        kind, choices, optional = _kind_of(hints[one.name])
        found[one.name] = Option(
            kind=kind, choices=choices, optional=optional, default=one.default, **one.metadata[_KEY]
        )
    return MappingProxyType(found)


def check_options(settings: Any) -> None:
    """ConfigError for the first value of a settings object that its option does not allow."""
    kind = type(settings)
    for name, known in options_of(kind).items():
        known.checked(getattr(settings, name), f"{kind.__name__}: {name}")


def check_order(settings: Any, pairs: Iterable[tuple[str, str]]) -> None:
    """ConfigError unless the first option of each pair is at most the second."""
    for low, high in pairs:
        if getattr(settings, low) > getattr(settings, high):
            raise ConfigError(
                f"{type(settings).__name__}: {low} is {getattr(settings, low):g}, "
                f"it must not be above {high}, which is {getattr(settings, high):g}."
            )


def _kind_of(hint: Any) -> tuple[type, tuple[str, ...], bool]:
    """(type, allowed texts, whether None is allowed) of an annotation: a plain type, `X | None`, or a Literal."""
    if get_origin(hint) is Literal:
        return str, get_args(hint), False
    plain = [part for part in get_args(hint) if part is not NoneType]
    return (plain[0], (), True) if plain else (hint, (), False)
