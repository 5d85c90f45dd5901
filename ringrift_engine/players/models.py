"""Models by name, wherever a player is named by its text form.

    promoted             the promoted model of the configuration
    promoted~2           the one that was promoted two before it, models that came back counted once
    shipped              the one that ships with the package
    search-free          the one that ships as a baseline: it learnt without search
    0123456789ab         six or more digits of a content hash
    folder/file.safetensors, ./file   a path: whatever has a slash or a suffix

Names are looked up for one configuration, all but those that ship in the registry under the data root:
`search:promoted:32` is another player in each of them.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.models import search_free_keys, search_free_model, shipped_keys, shipped_model

if TYPE_CHECKING:
    from ringrift_engine.boards import BoardConfig
    from ringrift_engine.players.factory import PlayerSpec
    from ringrift_engine.promotion.registry import Model

ROOT_VARIABLE: Final = "RINGRIFT_DATA_ROOT"
DEFAULT_ROOT: Final = "data"
REGISTRY_FILE: Final = "registry.db"
PROMOTED: Final = "promoted"
SHIPPED: Final = "shipped"
SEARCH_FREE: Final = "search-free"
_PROMOTED: Final = re.compile(r"promoted(?:~(?P<back>\d+))?")
_DIGITS: Final = re.compile(r"[0-9a-f]{6,64}")


def data_root() -> Path:
    """Where the platform keeps its files: `RINGRIFT_DATA_ROOT`, or `data` in the current folder."""
    return Path(os.environ.get(ROOT_VARIABLE) or DEFAULT_ROOT)


def with_known_model(spec: "PlayerSpec", config: "BoardConfig", root: Path) -> "PlayerSpec":
    """The same player with the path of its model, if the specification has a name there.

    ConfigError for a name that means no model of this configuration, DataError if its file is gone.
    """
    return spec if spec.model is None else replace(spec, model=model_path(str(spec.model), config, root))


def model_path(text: str, config: "BoardConfig", root: Path) -> Path:
    """The file that a path or a name means; paths are not looked at. Errors as of `with_known_model`."""
    if text == SHIPPED:
        return _of_the_package(text, shipped_model(config.key), shipped_keys(), config)
    if text == SEARCH_FREE:
        return _of_the_package(text, search_free_model(config.key), search_free_keys(), config)
    promoted, digits = _PROMOTED.fullmatch(text), _DIGITS.fullmatch(text)
    if promoted is None and digits is None:
        return Path(text)
    models = _models(config, root)
    if promoted:
        found = _promoted(models, int(promoted["back"] or 0), config)
    else:
        found = _by_digits([model for model, _ in models], text, config)
    path = root / found.path
    if not path.is_file():
        raise DataError(
            f"{path}: the file of model {found.sha256[:12]} of {config.key} is gone. Restore it from a copy."
        )
    return path


def promoted_models(config: "BoardConfig", root: Path) -> "list[Model]":
    """Every model that is or was promoted, each once, the promoted one first, then back in time."""
    return [model for model, rank in sorted(_models(config, root), key=lambda pair: pair[1]) if rank >= 0]


def _of_the_package(name: str, path: Path | None, keys: "Sequence[str]", config: "BoardConfig") -> Path:
    if path is None:
        what = "model" if name == SHIPPED else "model that learnt without search"
        known = ", ".join(keys) or "none"
        raise ConfigError(f"{name}: no {what} of {config.key} ships with the package; there are models of: {known}.")
    return path


def _models(config: "BoardConfig", root: Path) -> "list[tuple[Model, int]]":
    """All registered models, and how many others were promoted after each; -1 for those that never were."""
    from ringrift_engine.promotion.registry import Registry

    path = root / REGISTRY_FILE
    if not path.is_file():
        return []
    with Registry(path) as registry:
        moves = registry.pointer_history(config.key)
        newest_first = list(dict.fromkeys(move.sha256 for move in reversed(moves)))
        ranks = {sha256: rank for rank, sha256 in enumerate(newest_first)}
        return [(model, ranks.get(model.sha256, -1)) for model in registry.models(config.key)]


def _promoted(models: "Sequence[tuple[Model, int]]", back: int, config: "BoardConfig") -> "Model":
    found = [model for model, rank in models if rank == back]
    if not found:
        count = sum(rank >= 0 for _, rank in models)
        have = f"{count} promoted models, promoted to promoted~{count - 1}" if count else "no promoted model"
        raise ConfigError(f"promoted~{back}: {config.key} has {have}. Name another, or the path of a checkpoint.")
    return found[0]


def _by_digits(models: "Sequence[Model]", digits: str, config: "BoardConfig") -> "Model":
    found = [model for model in models if model.sha256.startswith(digits)]
    if len(found) != 1:
        known = ", ".join(model.sha256[:12] for model in found or models) or "none"
        what = "more than one model has these digits" if found else "no registered model has these digits"
        raise ConfigError(f"Model {digits!r} of {config.key}: {what}. Models: {known}. A path has a slash or a suffix.")
    return found[0]
