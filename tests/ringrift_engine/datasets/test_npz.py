"""NPZ files: numpy reads what we write, equal arrays give equal bytes, torn and foreign files are refused."""

import time
import zipfile

import numpy as np
import pytest

from ringrift_engine.datasets.npz_reader import headers_of, iterate_rows, map_rows, read_npz, reading_npz
from ringrift_engine.datasets.npz_writer import writing_npz
from ringrift_engine.errors import DataError

ARRAYS = {
    "planes": np.random.default_rng(0).integers(-3, 4, (500, 7, 9, 9)).astype(np.int8),
    "words": np.array(["a", "word"]),
    "number": np.array(7, dtype=np.int64),
    "empty": np.zeros((0, 2), dtype=np.float32),
    "flags": np.array([True, False, True]),
}


def write(path, deflate, arrays=ARRAYS):
    with writing_npz(path, deflate=deflate) as archive:
        for name, array in arrays.items():
            archive.add(name, array)
    return path


@pytest.mark.parametrize("deflate", [False, True])
def test_numpy_reads_what_we_write(tmp_path, deflate):
    with np.load(write(tmp_path / "a.npz", deflate), allow_pickle=False) as found:
        assert sorted(found.files) == sorted(ARRAYS)
        for name, array in ARRAYS.items():
            assert found[name].dtype == array.dtype
            assert np.array_equal(found[name], array)


@pytest.mark.parametrize("deflate", [False, True])
def test_we_read_what_we_write(tmp_path, deflate):
    path = write(tmp_path / "a.npz", deflate)
    with reading_npz(path) as archive:
        assert archive.names == list(ARRAYS)
    assert headers_of(path)["planes"] == ((500, 7, 9, 9), np.dtype(np.int8))
    for name, array in read_npz(path, ARRAYS).items():
        assert np.array_equal(array, ARRAYS[name])
    pieces = list(iterate_rows(path, "planes"))
    assert np.array_equal(np.concatenate(pieces), ARRAYS["planes"])


def test_numpy_s_own_files_are_read_too(tmp_path):
    np.savez(tmp_path / "numpy.npz", **ARRAYS)  # type: ignore[arg-type]
    assert np.array_equal(read_npz(tmp_path / "numpy.npz", ["planes"])["planes"], ARRAYS["planes"])


@pytest.mark.parametrize("deflate", [False, True])
def test_equal_arrays_give_equal_bytes_at_any_time(tmp_path, deflate, monkeypatch):
    first = write(tmp_path / "a.npz", deflate).read_bytes()
    monkeypatch.setattr(time, "time", lambda: 2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2e9))
    assert write(tmp_path / "other-name.npz", deflate).read_bytes() == first


@pytest.mark.parametrize("deflate", [False, True])
def test_pieces_give_the_same_file_as_the_whole(tmp_path, deflate):
    whole = write(tmp_path / "whole.npz", deflate, {"planes": ARRAYS["planes"]})
    planes = ARRAYS["planes"]
    with writing_npz(tmp_path / "pieces.npz", deflate=deflate) as archive:
        archive.add_chunks("planes", planes.dtype, planes.shape, (planes[row : row + 33] for row in range(0, 500, 33)))
    with np.load(tmp_path / "pieces.npz") as pieces, np.load(whole) as expected:
        assert np.array_equal(pieces["planes"], expected["planes"])
    assert (tmp_path / "pieces.npz").read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    "chunks", [[ARRAYS["planes"][:499]], [ARRAYS["planes"].astype(np.int16)], [ARRAYS["planes"][:, :6]]], ids=len
)
def test_pieces_that_do_not_make_the_stated_array_are_refused(tmp_path, chunks):
    with pytest.raises(ValueError, match="planes"), writing_npz(tmp_path / "a.npz", deflate=False) as archive:
        archive.add_chunks("planes", np.dtype(np.int8), (500, 7, 9, 9), chunks)


def test_a_stored_array_is_mapped(tmp_path):
    mapped = map_rows(write(tmp_path / "a.npz", False), "planes")
    assert isinstance(mapped, np.memmap)
    assert np.array_equal(mapped, ARRAYS["planes"])
    with pytest.raises(DataError, match="deflated and cannot be mapped"):
        map_rows(write(tmp_path / "b.npz", True), "planes")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("deflate", [False, True])
def test_a_torn_file_is_refused(tmp_path, share, deflate):
    path = write(tmp_path / "a.npz", deflate)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"a\.npz: .*torn"):
        read_npz(path, ["planes"])


@pytest.mark.parametrize("deflate", [False, True])
def test_a_changed_byte_in_the_planes_is_noticed(tmp_path, deflate):
    path = write(tmp_path / "a.npz", deflate)
    content = bytearray(path.read_bytes())
    content[3_000] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.npz: .*torn"):
        list(iterate_rows(path, "planes"))


def test_files_that_need_pickles_or_lack_an_array_are_refused(tmp_path):
    np.savez(tmp_path / "objects.npz", words=np.array(["a", None], dtype=object))
    with pytest.raises(DataError, match="Python objects"):
        read_npz(tmp_path / "objects.npz", ["words"])
    with pytest.raises(DataError, match="there is no array 'seat'"):
        read_npz(write(tmp_path / "a.npz", False), ["seat"])
    with pytest.raises(DataError, match="there is no such dataset"):
        headers_of(tmp_path / "none.npz")
    with zipfile.ZipFile(tmp_path / "text.npz", "w") as archive:
        archive.writestr("seat.npy", "no array")
    with pytest.raises(DataError, match="seat is no array"):
        read_npz(tmp_path / "text.npz", ["seat"])
