"""Checkpoints: weights and everything about them in one safetensors file whose SHA-256 is the model's identity.

The file's metadata hold one entry, JSON with sorted keys, because safetensors writes several entries in random order:
equal weights and equal headers give equal bytes. Nothing in a file depends on clock, host or path. `read_header`
needs no torch. Whatever does not fit the code that loads it (another configuration, encoder, rules or architecture,
torn bytes, weights that are not finite) is refused with the file's name and a remedy; there is no loading of parts.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ringrift_engine import RULES_VERSION
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.files import publishing
from ringrift_engine.nets.settings import NetworkSettings, architecture_hash

if TYPE_CHECKING:
    from torch import Tensor

    from ringrift_engine.encoding import Encoding
    from ringrift_engine.nets.network import BoardNetwork

CHECKPOINT_FORMAT: Final = 1
_METADATA_KEY: Final = "ringrift"
_LONGEST_HEADER: Final = 100_000_000  # safetensors' own limit, bytes


@dataclass(frozen=True, kw_only=True)
class CheckpointHeader:
    """Everything about a model but its weights."""

    config_key: str
    settings: NetworkSettings
    encoder_version: int
    rules_version: int = RULES_VERSION
    inputs: Mapping[str, str] = field(default_factory=dict)
    """What it was made from: name -> hex SHA-256, such as `combined_npz` and `previous`."""
    training: Mapping[str, Any] = field(default_factory=dict)
    """Settings and report of the training, JSON values only."""

    @property
    def architecture(self) -> str:
        """The architecture hash, see `architecture_hash`."""
        return architecture_hash(self.settings, BoardConfig.from_key(self.config_key), self.encoder_version)

    def to_json(self) -> str:
        """Canonical text: sorted keys; ValueError for a number that is not finite."""
        facts = {**asdict(self), "architecture": self.architecture, "format": CHECKPOINT_FORMAT}
        return json.dumps(facts, sort_keys=True, allow_nan=False)


@dataclass(frozen=True)
class Checkpoint:
    """A file's whole content."""

    header: CheckpointHeader
    weights: Mapping[str, "Tensor"]
    """float32 tensors by the network's parameter names."""
    sha256: str


def save_checkpoint(path: Path, header: CheckpointHeader, weights: Mapping[str, "Tensor"]) -> str:
    """Publish a checkpoint at `path` and return its SHA-256; DataError, and no file, if a weight is not finite."""
    from safetensors.torch import save

    _require_finite(weights, path, remedy="nothing was written; lower the learning rate or inspect the dataset")
    content = save({name: tensor.contiguous() for name, tensor in weights.items()}, {_METADATA_KEY: header.to_json()})
    with publishing(path) as partial:
        partial.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def read_header(path: Path) -> CheckpointHeader:
    """The header of a checkpoint, without its weights; DataError if there is none that this code understands."""
    return _parse_header(path, _read_bytes(path, _header_end(path, _read_bytes(path, 8))))


def require_fit(path: Path, config: BoardConfig) -> None:
    """DataError, naming file and remedy, unless a checkpoint was made for `config`, this encoder and these rules.

    It needs no torch, and says nothing about the weights.
    """
    _require_match(path, read_header(path), config)


def load_checkpoint(path: Path, config: BoardConfig) -> Checkpoint:
    """A checkpoint that was made for `config`, this encoder and these rules.

    DataError, naming file and remedy, if it is missing, torn, foreign, of other versions, or has weights that are not
    finite.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    content = _read_bytes(path)
    header = _parse_header(path, content)
    _require_match(path, header, config)
    try:
        weights = load(content)
    except SafetensorError as error:
        raise _torn(path, str(error)) from error
    _require_finite(weights, path, remedy="train again; the checkpoint before it is still there")
    return Checkpoint(header=header, weights=weights, sha256=hashlib.sha256(content).hexdigest())


def build_network(checkpoint: Checkpoint, encoding: "Encoding") -> "BoardNetwork":
    """The network of a loaded checkpoint, in float32; DataError if the weights are not those of its architecture."""
    from ringrift_engine.nets.network import BoardNetwork, load_weights

    network = BoardNetwork(checkpoint.header.settings, encoding)
    try:
        load_weights(network, checkpoint.weights)
    except RuntimeError as error:  # what torch raises for missing, superfluous or misshapen tensors
        raise DataError(
            f"checkpoint {checkpoint.sha256[:12]} of {checkpoint.header.config_key}: its weights are not those of its "
            f"architecture ({error}). Train a new one."
        ) from error
    return network


def _read_bytes(path: Path, count: int = -1) -> bytes:
    try:
        with path.open("rb") as handle:
            return handle.read(count)
    except OSError as error:
        raise DataError(
            f"checkpoint {path}: cannot be read ({error.strerror}); train one or name another file"
        ) from error


def _header_end(path: Path, content: bytes) -> int:
    if len(content) < 8:
        raise _torn(path, f"{len(content)} bytes")
    (length,) = struct.unpack("<Q", content[:8])
    if length > _LONGEST_HEADER:
        raise _torn(path, f"a header of {length} bytes")
    return 8 + length


def _parse_header(path: Path, content: bytes) -> CheckpointHeader:
    end = _header_end(path, content)
    if len(content) < end:
        raise _torn(path, f"{len(content)} of {end} header bytes")
    try:
        facts = json.loads(json.loads(content[8:end])["__metadata__"][_METADATA_KEY])
        known = {name: facts.pop(name) for name in ("format", "architecture")}
        if known["format"] != CHECKPOINT_FORMAT:
            raise DataError(
                f"checkpoint {path}: format {known['format']}, this code reads {CHECKPOINT_FORMAT}; "
                "use the version that wrote it, or train again"
            )
        header = CheckpointHeader(**{**facts, "settings": NetworkSettings(**facts["settings"])})
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise _torn(path, f"no header of ours: {error}") from error
    if header.architecture != known["architecture"]:
        raise DataError(
            f"checkpoint {path}: its architecture {known['architecture'][:12]} is not the {header.architecture[:12]} "
            "that its settings have in this code; train again, from scratch"
        )
    return header


def _require_match(path: Path, header: CheckpointHeader, config: BoardConfig) -> None:
    from ringrift_engine.encoding import ENCODER_VERSION

    found = {"configuration": header.config_key, "encoder": header.encoder_version, "rules": header.rules_version}
    wanted = {"configuration": config.key, "encoder": ENCODER_VERSION, "rules": RULES_VERSION}
    wrong = [f"{name} {found[name]!r} instead of {wanted[name]!r}" for name in found if found[name] != wanted[name]]
    if wrong:
        raise DataError(
            f"checkpoint {path}: made for {', '.join(wrong)}; name a checkpoint of {config.key} or train one"
        )


def _require_finite(weights: Mapping[str, "Tensor"], path: Path, remedy: str) -> None:
    for name, tensor in sorted(weights.items()):
        if not bool(tensor.isfinite().all()):
            raise DataError(f"checkpoint {path}: weights {name!r} are not finite; {remedy}")


def _torn(path: Path, detail: str) -> DataError:
    return DataError(
        f"checkpoint {path}: torn or no checkpoint ({detail}); restore the file from a copy or train again"
    )
