"""The errors that a person can put right.

Whatever derives from `RingRiftError` says what was wrong, where, and what to do; the command line prints its text
without a traceback. Anything else that is raised is a bug and keeps its traceback.
"""


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
