"""The trained models that ship with the package: at most one a configuration, `hex8_2p.safetensors` and so on.

Beside it may be one that learnt without search from as many decisions, `hex8_2p.search-free.safetensors`: the baseline
that search has to beat, and never what plays for the configuration.

They are checkpoints like any other, small (`LARGEST_BYTES`), with their provenance in their headers. Wherever a model
is named, `shipped` and `search-free` are those of the configuration that is played (`players.models`).
"""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
SUFFIX: Final = ".safetensors"
SEARCH_FREE_SUFFIX: Final = f".search-free{SUFFIX}"
LARGEST_BYTES: Final = 3_000_000


def shipped_model(key: str) -> Path | None:
    """The file of the model that ships for the configuration called `key`, None if there is none."""
    return _file(key, SUFFIX)


def search_free_model(key: str) -> Path | None:
    """The file of the model that learnt without search for the configuration called `key`, None if none ships."""
    return _file(key, SEARCH_FREE_SUFFIX)


def shipped_keys() -> list[str]:
    """The configurations that have a shipped model, in alphabetical order."""
    return _keys(SUFFIX)


def search_free_keys() -> list[str]:
    """The configurations that have one that learnt without search, in alphabetical order."""
    return _keys(SEARCH_FREE_SUFFIX)


def _file(key: str, suffix: str) -> Path | None:
    path = FOLDER / f"{key}{suffix}"
    return path if path.is_file() else None


def _keys(suffix: str) -> list[str]:
    names = (path.name.removesuffix(suffix) for path in FOLDER.glob(f"*{suffix}"))
    return sorted(name for name in names if "." not in name)  # with a dot it has a longer suffix, and is another kind
