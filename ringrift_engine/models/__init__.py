"""The trained models that ship with the package: at most one a configuration, `hex8_2p.safetensors` and so on.

They are checkpoints like any other, small (`LARGEST_BYTES`), with their provenance in their headers. Wherever a model
is named, `shipped` is the one of the configuration that is played (`players.models`).
"""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
SUFFIX: Final = ".safetensors"
LARGEST_BYTES: Final = 3_000_000


def shipped_model(key: str) -> Path | None:
    """The file of the model that ships for the configuration called `key`, None if there is none."""
    path = FOLDER / f"{key}{SUFFIX}"
    return path if path.is_file() else None


def shipped_keys() -> list[str]:
    """The configurations that have one, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}"))
