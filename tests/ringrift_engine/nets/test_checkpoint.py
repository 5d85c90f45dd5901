"""Checkpoints: equal content gives equal bytes, and nothing that does not fit is ever loaded."""

import hashlib
import json
import struct
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from ringrift_engine import RULES_VERSION
from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.errors import DataError
from ringrift_engine.files import sha256_of
from ringrift_engine.nets import checkpoint as files
from ringrift_engine.nets.checkpoint import (
    CheckpointHeader,
    build_network,
    load_checkpoint,
    read_header,
    save_checkpoint,
)
from tests.ringrift_engine.nets.test_network import TINY, random_inputs, trained_looking

CONFIG = CONFIGS["hex8_2p"]
ENCODING = Encoding(CONFIG)
HEADER = CheckpointHeader(
    config_key=CONFIG.key,
    settings=TINY,
    encoder_version=ENCODER_VERSION,
    inputs={"combined_npz": "ab", "a": "b", "c": "d"},
    training={"report": {"steps": 3}, "settings": {"seed": 1}},
)


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "model.safetensors"
    save_checkpoint(target, HEADER, trained_looking(ENCODING).state_dict())
    return target


def test_what_was_saved_is_loaded(path):
    network = trained_looking(ENCODING)
    loaded = load_checkpoint(path, CONFIG)
    assert loaded.header == HEADER == read_header(path)
    inputs = random_inputs(ENCODING, 2)
    assert torch.equal(build_network(loaded, ENCODING)(*inputs).policy, network(*inputs).policy)


def test_the_identity_is_the_hash_of_the_bytes_and_equal_content_gives_equal_bytes(path, tmp_path):
    again = tmp_path / "again.safetensors"
    shuffled = replace(HEADER, inputs={"c": "d", "a": "b", "combined_npz": "ab"})
    sha256 = save_checkpoint(again, shuffled, trained_looking(ENCODING).state_dict())
    assert sha256 == sha256_of(again) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_checkpoint(again, CONFIG).sha256 == sha256


def test_other_weights_or_another_header_give_another_identity(path, tmp_path):
    other = tmp_path / "other.safetensors"
    weights = trained_looking(ENCODING).state_dict()
    assert save_checkpoint(other, replace(HEADER, training={}), weights) != sha256_of(path)
    weights["value.bias"][0] += 1
    assert save_checkpoint(other, HEADER, weights) != sha256_of(path)


def test_a_header_is_read_without_torch(path):
    script = (
        "import sys, pathlib\n"
        "from ringrift_engine.nets.checkpoint import read_header\n"
        f"print(read_header(pathlib.Path({str(path)!r})).config_key, 'torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [CONFIG.key, "False"]


@pytest.mark.parametrize("part", [0.0, 0.0001, 0.01, 0.5, 0.9999])
def test_a_torn_file_is_refused_with_its_name_and_a_remedy(path, part):
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(DataError, match=r"model\.safetensors.*torn.*train again"):
        load_checkpoint(path, CONFIG)


def test_foreign_bytes_are_refused(path):
    for content in (b"PK\x03\x04" + bytes(200), struct.pack("<Q", 5) + b"hello", struct.pack("<Q", 2) + b"{}"):
        path.write_bytes(content)
        for read in (lambda: load_checkpoint(path, CONFIG), lambda: read_header(path)):
            with pytest.raises(DataError, match="torn or no checkpoint"):
                read()


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.safetensors.*cannot be read.*train one"):
        load_checkpoint(tmp_path / "none.safetensors", CONFIG)


def test_another_configuration_or_encoder_is_refused(path):
    with pytest.raises(DataError, match="configuration 'hex8_2p' instead of 'hex8_3p'"):
        load_checkpoint(path, CONFIGS["hex8_3p"])
    save_checkpoint(path, replace(HEADER, encoder_version=ENCODER_VERSION + 1), trained_looking(ENCODING).state_dict())
    with pytest.raises(DataError, match=f"encoder {ENCODER_VERSION + 1} instead of {ENCODER_VERSION}"):
        load_checkpoint(path, CONFIG)


def test_other_rules_are_refused(path):
    save_checkpoint(path, replace(HEADER, rules_version=RULES_VERSION + 1), trained_looking(ENCODING).state_dict())
    with pytest.raises(DataError, match=f"rules {RULES_VERSION + 1} instead of {RULES_VERSION}"):
        load_checkpoint(path, CONFIG)


def test_a_network_of_another_version_is_refused(path, monkeypatch):
    from ringrift_engine.nets import settings

    monkeypatch.setattr(settings, "NETWORK_VERSION", settings.NETWORK_VERSION + 1)
    with pytest.raises(DataError, match=r"architecture.*train again, from scratch"):
        load_checkpoint(path, CONFIG)


def test_another_format_is_refused(path, monkeypatch):
    monkeypatch.setattr(files, "CHECKPOINT_FORMAT", files.CHECKPOINT_FORMAT + 1)
    with pytest.raises(DataError, match="format 1, this code reads 2"):
        read_header(path)


def test_a_header_with_an_unknown_entry_is_refused(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    facts = json.loads(header["__metadata__"]["ringrift"]) | {"surprise": 1}
    header["__metadata__"]["ringrift"] = json.dumps(facts)
    changed = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(changed)) + changed + content[8 + length :])
    with pytest.raises(DataError, match="surprise"):
        read_header(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_neither_written_nor_loaded(path, value, monkeypatch):
    before = path.read_bytes()
    weights = trained_looking(ENCODING).state_dict()
    weights["hidden.weight"][0, 0] = value
    with pytest.raises(DataError, match=r"'hidden\.weight' are not finite; nothing was written"):
        save_checkpoint(path, HEADER, weights)
    assert path.read_bytes() == before
    with monkeypatch.context() as allowed:
        allowed.setattr(files, "_require_finite", lambda *_arguments, **_named: None)
        save_checkpoint(path, HEADER, weights)
    with pytest.raises(DataError, match="not finite; train again"):
        load_checkpoint(path, CONFIG)


def test_weights_of_another_architecture_are_refused(path):
    weights = trained_looking(ENCODING).state_dict()
    del weights["value.bias"]
    save_checkpoint(path, HEADER, weights)
    with pytest.raises(DataError, match=r"(?s)not those of its architecture.*value\.bias"):
        build_network(load_checkpoint(path, CONFIG), ENCODING)
