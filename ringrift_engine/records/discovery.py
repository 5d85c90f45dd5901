"""Which shards a folder has: files whose names are the beginning of their content's hash, and nothing else.

A name is declared, never guessed: temporary files, indices and strangers do not match, so nothing half-written can be
read.
"""

import re
from pathlib import Path
from typing import Final

from ringrift_engine.errors import DataError
from ringrift_engine.files import sha256_of

NAME_DIGITS: Final = 12
SUFFIX: Final = ".db"
_NAME: Final = re.compile(rf"[0-9a-f]{{{NAME_DIGITS}}}{re.escape(SUFFIX)}")


def shard_name(sha256: str) -> str:
    """The file name of a shard whose bytes have this hash."""
    return f"{sha256[:NAME_DIGITS]}{SUFFIX}"


def shards_in(folder: Path) -> list[Path]:
    """The shards of a folder by name; none if the folder does not exist. Contents are not looked at."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file())


def check_name(path: Path) -> str:
    """SHA-256 of a file; DataError if the file has a shard's name and that is another hash."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such shard. `ringrift games stats` lists the shards of a configuration.")
    sha256 = sha256_of(path)
    if _NAME.fullmatch(path.name) and path.name != shard_name(sha256):
        raise DataError(
            f"{path}: the content has hash {sha256[:NAME_DIGITS]}, not the one in the name. The file was changed or "
            "torn; remove it, or fetch it again."
        )
    return sha256
