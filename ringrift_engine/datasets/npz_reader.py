"""NPZ files, whole, piece by piece or mapped into memory: those of `npz_writer` and those that numpy writes.

ISA-L inflates them, at two to three times the speed of zlib.
"""

import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final, Protocol

import numpy as np
from isal import isal_zlib
from numpy.lib import format as npy
from numpy.typing import NDArray

from ringrift_engine.errors import DataError

_CHUNK_BYTES: Final = 1 << 24  # of rows in one piece
_PACKED_BYTES: Final = 1 << 18  # inflated at a time
_LOCAL_BYTES: Final = 30  # what stands before a member: this much, then its name and extra fields

# The types of ISA-L's package take its exception for an object.
_TORN: Final[tuple[type[Exception], ...]] = (zipfile.BadZipFile, isal_zlib.error, EOFError)  # type: ignore[assignment]


class NpzReader:
    """An open NPZ. Everything raises DataError if the file is torn, lacks an array, or needs pickles."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive = archive
        self._path = path

    @property
    def names(self) -> list[str]:
        """The names of the arrays, in the order of the file."""
        return [name.removesuffix(".npy") for name in self._archive.namelist()]

    def header(self, name: str) -> tuple[tuple[int, ...], np.dtype]:
        """Shape and dtype of an array, read without the array."""
        with self._member(name) as member:
            return self._plain_header(member, name)

    def read(self, name: str) -> NDArray[Any]:
        """One array, read only."""
        with self._member(name) as member:
            content = member.read()
        start = BytesIO(content)
        shape, dtype = self._plain_header(start, name)
        values = int(np.prod(shape, dtype=np.int64))
        if len(content) - start.tell() != values * dtype.itemsize:
            raise DataError(f"{self._path}: {name} has not the {values} values of its header. Remove it; it is torn.")
        return np.frombuffer(content, dtype=dtype, count=values, offset=start.tell()).reshape(shape)

    def iterate(self, name: str) -> Iterator[NDArray[Any]]:
        """The rows of one array in pieces of some megabytes, read only."""
        with self._member(name) as member:
            shape, dtype = self._plain_header(member, name)
            row_bytes = max(int(np.prod(shape[1:])) * dtype.itemsize, 1)
            step = max(_CHUNK_BYTES // row_bytes, 1)
            for start in range(0, shape[0], step):
                count = min(step, shape[0] - start)
                data = member.read(count * row_bytes)
                if len(data) != count * row_bytes:
                    raise DataError(
                        f"{self._path}: {name} ends after {start} of {shape[0]} rows. Remove the file; it is torn."
                    )
                yield np.frombuffer(data, dtype=dtype).reshape(count, *shape[1:])

    def map(self, name: str) -> NDArray[Any]:
        """A stored array mapped into memory, read only; DataError if it is deflated."""
        shape, dtype = self.header(name)
        info = self._archive.getinfo(f"{name}.npy")
        if info.compress_type != zipfile.ZIP_STORED:
            raise DataError(
                f"{self._path}: {name} is deflated and cannot be mapped. Combined datasets are stored; map one of "
                "those."
            )
        with self._path.open("rb") as file:
            _seek_content(file, info)
            _read_header(file)
            return np.memmap(self._path, dtype=dtype, mode="r", offset=file.tell(), shape=shape)

    @contextmanager
    def _member(self, name: str) -> Iterator["_Readable"]:
        info = self._archive.NameToInfo.get(f"{name}.npy")
        if info is None:
            raise DataError(
                f"{self._path}: there is no array {name!r} in it. The file was made by another program or version."
            )
        if info.compress_type == zipfile.ZIP_DEFLATED:
            with self._path.open("rb") as file:
                yield _Inflated(file, info)
        else:
            with self._archive.open(info) as member:
                yield member

    def _plain_header(self, member: "_Readable", name: str) -> tuple[tuple[int, ...], np.dtype]:
        """Shape and dtype of the array that begins here, if it holds plain values in rows."""
        try:
            shape, by_columns, dtype = _read_header(member)
        except ValueError as error:
            raise DataError(f"{self._path}: {name} is no array ({error}). Remove the file and export again.") from error
        if dtype.hasobject or by_columns:
            raise DataError(
                f"{self._path}: {name} holds Python objects or columns, not rows of numbers. Nothing here makes such "
                "files."
            )
        return shape, dtype


class _Readable(Protocol):
    """What an array is read from, front to back."""

    def read(self, count: int = -1, /) -> bytes: ...


class _Inflated:
    """The content of a deflated member; raises what `zipfile` does if it is torn."""

    def __init__(self, file: IO[bytes], info: zipfile.ZipInfo) -> None:
        _seek_content(file, info)
        self._file = file
        self._info = info
        self._packed_left = info.compress_size
        self._inflater = isal_zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        self._ready = memoryview(b"")
        self._crc = 0
        self._size = 0

    def read(self, count: int = -1, /) -> bytes:
        """The next `count` bytes, fewer at the end; all that are left if it is negative."""
        parts, wanted = [], count if count >= 0 else self._info.file_size
        while wanted and (self._ready or self._size < self._info.file_size):
            if not self._ready:
                self._inflate()
            parts.append(self._ready[:wanted])
            self._ready = self._ready[wanted:]
            wanted -= len(parts[-1])
        return b"".join(parts)

    def _inflate(self) -> None:
        packed = self._file.read(min(_PACKED_BYTES, self._packed_left))
        if not packed:
            raise EOFError(f"{self._info.filename} ends too early")
        self._packed_left -= len(packed)
        content = self._inflater.decompress(packed)
        self._crc, self._size = isal_zlib.crc32(content, self._crc), self._size + len(content)
        is_whole = self._inflater.eof or self._size >= self._info.file_size
        if is_whole and (self._crc, self._size) != (self._info.CRC, self._info.file_size):
            raise zipfile.BadZipFile(f"{self._info.filename} does not have the checksum that the file states")
        self._ready = memoryview(content)


def _seek_content(file: IO[bytes], info: zipfile.ZipInfo) -> None:
    """Go to where the content of a member begins, after its name and extra fields."""
    file.seek(info.header_offset)
    local = file.read(_LOCAL_BYTES)
    file.seek(int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), 1)


@contextmanager
def reading_npz(path: Path) -> Iterator[NpzReader]:
    """An NPZ for reading, with what a torn file raises turned into a DataError."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such dataset. Materialise npz_exports and combined_npz to make it.")
    try:
        with zipfile.ZipFile(path) as archive:
            yield NpzReader(archive, path)
    except _TORN as error:
        raise DataError(f"{path}: {error}. The file is torn or no NPZ; remove it and export again.") from error


def read_npz(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Some arrays of an NPZ, read only."""
    with reading_npz(path) as archive:
        return {name: archive.read(name) for name in names}


def headers_of(path: Path) -> Mapping[str, tuple[tuple[int, ...], np.dtype]]:
    """Shape and dtype of every array, read without the arrays."""
    with reading_npz(path) as archive:
        return {name: archive.header(name) for name in archive.names}


def iterate_rows(path: Path, name: str) -> Iterator[NDArray[Any]]:
    """The rows of one array in pieces of some megabytes."""
    with reading_npz(path) as archive:
        yield from archive.iterate(name)


def map_rows(path: Path, name: str) -> NDArray[Any]:
    """A stored array mapped into memory."""
    with reading_npz(path) as archive:
        return archive.map(name)


def _read_header(member: "_Readable") -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether columns come first, dtype; ValueError if it is not the header of an array."""
    version = npy.read_magic(member)
    return npy.read_array_header_1_0(member) if version == (1, 0) else npy.read_array_header_2_0(member)
