"""The errors that a person can put right.

Whatever derives from `RingRiftError` says what was wrong, where, and what to do; the command line prints its text
without a traceback. Anything else that is raised is a bug and keeps its traceback.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class RingRiftError(Exception):
    """Something the caller can put right."""


class ConfigError(RingRiftError):
    """An unknown configuration key or an impossible setting."""


class IllegalMoveError(RingRiftError):
    """A move that is not in the legal set; the text names the move, the phase and the player."""


class SnapshotError(RingRiftError):
    """A recorded position that no board can hold."""


class DataError(RingRiftError):
    """A file that is torn, foreign, of another version, or that contradicts itself."""


class TransientError(RingRiftError):
    """Something that was in the way for a moment: the same work, done again a little later, may well succeed."""


class ResourcesExhausted(RingRiftError):  # noqa: N818  (a state of affairs, not a fault)
    """Too little memory or disk to go on; the text names what is short and the setting that says so."""


def unknown_name(what: str, name: str, known: Iterable[str], source: str = "") -> ConfigError:
    """The error for an unknown name: where it was read (`source`), the nearest known one, and all of them."""
    names = list(known)
    near = get_close_matches(name, names, n=1)
    hint = f" Nearest: {near[0]!r}." if near else ""
    return ConfigError(f"{source}{': ' if source else ''}unknown {what} {name!r}.{hint} Known: {', '.join(names)}.")


def refuse_unknown(what: str, names: Iterable[str], known: Iterable[str], source: str) -> None:
    """ConfigError for the first of `names` that is not `known`."""
    names_known = list(known)
    for name in sorted(set(names) - set(names_known)):
        raise unknown_name(what, name, names_known, source)
