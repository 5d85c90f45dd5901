"""NPZ files with deterministic bytes, written and read a piece at a time.

`np.savez` wants whole arrays in memory; a dataset of the largest board would not fit. Here a member can be written in
chunks, and a stored (not deflated) one can be mapped. Equal arrays give equal files. Both kinds load with
`np.load(allow_pickle=False)`.
"""

import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ringrift_engine.errors import DataError

_FAST: Final = 1  # deflate level: planes are mostly zeros, higher levels cost more time than they save disk
_LOCAL_HEADER_BYTES: Final = 30
_CHUNK_BYTES: Final = 1 << 24


class NpzWriter:
    """An open NPZ; deflated for files that are kept, stored for those that training maps."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, name: str, array: NDArray[Any]) -> None:
        """Write one array as a member."""
        self.add_chunks(name, array.dtype, array.shape, [array])

    def add_chunks(self, name: str, dtype: np.dtype, shape: tuple[int, ...], chunks: Iterable[NDArray[Any]]) -> None:
        """Write an array whose rows come in pieces; ValueError if they are not of the stated dtype and shape."""
        written = 0
        # A member opened by name is dated 1980-01-01 and has fixed rights: nothing of clock or user enters the file.
        with self._archive.open(f"{name}.npy", "w", force_zip64=True) as member:
            header = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
            npy.write_array_header_1_0(member, header)
            for chunk in chunks:
                if chunk.dtype != dtype or chunk.shape[1:] != shape[1:]:
                    raise ValueError(f"{name}: a piece of {chunk.dtype} {chunk.shape} in an array of {dtype} {shape}")
                member.write(np.ascontiguousarray(chunk).data.cast("B") if chunk.size else b"")
                written += chunk.size
        if written != int(np.prod(shape)):
            raise ValueError(f"{name}: {written} values were written, {shape} needs {int(np.prod(shape))}")


@contextmanager
def writing_npz(path: Path, *, deflate: bool) -> Iterator[NpzWriter]:
    """A new NPZ at `path`, complete when the block ends."""
    method = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", compression=method, compresslevel=_FAST) as archive:
        yield NpzWriter(archive)


def read_npz(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Some arrays of an NPZ; DataError if the file is torn, lacks one, or needs pickles."""
    with _opened(path) as archive:
        return {name: _read_member(archive, path, name) for name in names}


def names_in(path: Path) -> list[str]:
    """The names of the arrays in an NPZ, in the order of the file."""
    with _opened(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


def headers_of(path: Path) -> Mapping[str, tuple[tuple[int, ...], np.dtype]]:
    """Shape and dtype of every array, read without the arrays."""
    with _opened(path) as archive:
        return {name.removesuffix(".npy"): _header_of(archive, path, name) for name in archive.namelist()}


def iterate_rows(path: Path, name: str) -> Iterator[NDArray[Any]]:
    """The rows of one array in pieces of some megabytes; DataError if the file ends too early or its checksum is
    wrong.
    """
    with _opened(path) as archive:
        shape, dtype = _header_of(archive, path, f"{name}.npy")
        row_bytes = max(int(np.prod(shape[1:])) * dtype.itemsize, 1)
        step = max(_CHUNK_BYTES // row_bytes, 1)
        with archive.open(f"{name}.npy") as member:
            _read_header(member)
            for start in range(0, shape[0], step):
                count = min(step, shape[0] - start)
                data = member.read(count * row_bytes)
                if len(data) != count * row_bytes:
                    raise DataError(
                        f"{path}: {name} ends after {start} of {shape[0]} rows. Remove the file; it is torn."
                    )
                yield np.frombuffer(data, dtype=dtype).reshape(count, *shape[1:])


def map_rows(path: Path, name: str) -> NDArray[Any]:
    """A stored array mapped into memory, read only; DataError if it is deflated or the file is torn."""
    with _opened(path) as archive:
        shape, dtype = _header_of(archive, path, f"{name}.npy")
        info = archive.getinfo(f"{name}.npy")
    if info.compress_type != zipfile.ZIP_STORED:
        raise DataError(
            f"{path}: {name} is deflated and cannot be mapped. Combined datasets are stored; map one of those."
        )
    with path.open("rb") as handle:
        handle.seek(info.header_offset)
        local = handle.read(_LOCAL_HEADER_BYTES)
        skip = int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
        handle.seek(skip, 1)
        _read_header(handle)
        return np.memmap(path, dtype=dtype, mode="r", offset=handle.tell(), shape=shape)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive for reading, with what a torn file raises turned into a DataError."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such dataset. Materialise npz_exports and combined_npz to make it.")
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path}: {error}. The file is torn or no NPZ; remove it and export again.") from error


def _read_member(archive: zipfile.ZipFile, path: Path, name: str) -> NDArray[Any]:
    _header_of(archive, path, f"{name}.npy")
    with archive.open(f"{name}.npy") as member:
        return npy.read_array(member, allow_pickle=False)


def _header_of(archive: zipfile.ZipFile, path: Path, member_name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of a member that holds plain values in rows."""
    name = member_name.removesuffix(".npy")
    if member_name not in archive.namelist():
        raise DataError(f"{path}: there is no array {name!r} in it. The file was made by another program or version.")
    with archive.open(member_name) as member:
        try:
            shape, by_columns, dtype = _read_header(member)
        except ValueError as error:
            raise DataError(f"{path}: {name} is no array ({error}). Remove the file and export again.") from error
    if dtype.hasobject or by_columns:
        raise DataError(
            f"{path}: {name} holds Python objects or columns, not rows of numbers. Nothing here makes such files."
        )
    return shape, dtype


def _read_header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether columns come first, dtype; ValueError if it is not the header of an array."""
    version = npy.read_magic(member)
    return npy.read_array_header_1_0(member) if version == (1, 0) else npy.read_array_header_2_0(member)
