"""NPZ files with deterministic bytes, written a piece at a time; `npz_reader` reads them.

`np.savez` wants whole arrays in memory; a dataset of the largest board would not fit. Here an array can be written in
pieces, and a stored (not deflated) one can be mapped. Equal arrays give equal files. Both kinds load with
`np.load(allow_pickle=False)`.

Files are written from front to back, sums after what they are of, so that the hash of the file is known when the last
byte is written. Hashing and writing are the work of a thread of their own.

ISA-L deflates and takes checksums: the formats of zlib, at four to ten times its speed.
"""

import hashlib
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from isal import isal_zlib
from numpy.lib import format as npy
from numpy.typing import NDArray

_LEVEL: Final = 1  # of ISA-L's deflate; its others take as long and save as little
_PIECE_BYTES: Final = 1 << 18
_HANDED_BYTES: Final = 1 << 20
_FLUSHED_BYTES: Final = 1 << 24

# The ZIP format (APPNOTE 6.3), as much of it as is needed here: version, flags (sums follow the content), method, then
# a fixed date, 1980-01-01. Sizes are written as 64 bits in extra fields.
_LOCAL: Final = struct.Struct("<4sHHHIIIIHH")
_LOCAL_EXTRA: Final = struct.Struct("<HHQQ")
_SUMS: Final = struct.Struct("<4sIQQ")
_ENTRY: Final = struct.Struct("<4sHHHHIIIIHHHHHII")
_ENTRY_EXTRA: Final = struct.Struct("<HHQQQ")
_END_64: Final = struct.Struct("<4sQHHIIQQQQ")
_END_64_PLACE: Final = struct.Struct("<4sIQI")
_END: Final = struct.Struct("<4sHHHHIIH")
_VERSION: Final = 45
_SUMS_FOLLOW: Final = 8
_DATE: Final = 0x0021_0000
_IN_EXTRA: Final = 0xFFFF_FFFF
_MANY: Final = 0xFFFF
_REGULAR_FILE: Final = 0o100600 << 16


class HashedFile:
    """Bytes on their way to a file and into its SHA-256, in another thread; what was handed over must not change.

    A third thread has the disk take what was written while more comes, so that little is left to flush at the end.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.written: int = 0
        self._file = file
        self._digest = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1)
        self._flusher = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None
        self._unflushed = 0
        self._small: list[bytes | memoryview] = []
        self._small_bytes = 0

    def write(self, content: bytes | memoryview) -> None:
        """Hand over some bytes; waits for those before unless they are few."""
        self.written += len(content)
        self._small.append(content)
        self._small_bytes += len(content)
        if self._small_bytes >= _HANDED_BYTES:
            self._hand_over()

    def finish(self) -> str:
        """SHA-256 of everything, in hexadecimal, once it has been written; raises what went wrong."""
        self._hand_over()
        self._wait()
        return self._digest.hexdigest()

    def close(self) -> None:
        """End the threads; the file stays open."""
        self._pool.shutdown()
        self._flusher.shutdown()

    def _hand_over(self) -> None:
        self._wait()
        self._last = self._pool.submit(self._put, self._small)
        self._small, self._small_bytes = [], 0

    def _wait(self) -> None:
        if self._last is not None:
            self._last.result()

    def _put(self, contents: list[bytes | memoryview]) -> None:
        for content in contents:
            self._file.write(content)
            self._digest.update(content)
            self._unflushed += len(content)
        if self._unflushed >= _FLUSHED_BYTES:
            self._unflushed = 0
            self._file.flush()
            self._flusher.submit(os.fsync, self._file.fileno())


class NpzWriter:
    """An open NPZ; deflated for files that are kept, stored for those that training maps."""

    def __init__(self, out: HashedFile, *, deflate: bool) -> None:
        self._out = out
        self._deflate = deflate
        self._entries: list[bytes] = []
        self.sha256: str = ""  # of the file, once it is finished

    def add(self, name: str, array: NDArray[Any]) -> None:
        """Write one array as a member."""
        self.add_chunks(name, array.dtype, array.shape, [array])

    def add_chunks(
        self, name: str, dtype: np.dtype, shape: tuple[int | None, ...], chunks: Iterable[NDArray[Any]]
    ) -> None:
        """Write an array whose rows come in pieces; ValueError if they are not of the stated dtype and shape.

        In a deflated file the number of rows may be None: as many as come.
        """
        place = self._out.written
        file_name = f"{name}.npy".encode()
        method = zipfile.ZIP_DEFLATED if self._deflate else zipfile.ZIP_STORED
        extra = _LOCAL_EXTRA.pack(1, 16, 0, 0)
        self._out.write(
            _LOCAL.pack(
                b"PK\3\4", _VERSION, _SUMS_FOLLOW, method, _DATE, 0, _IN_EXTRA, _IN_EXTRA, len(file_name), len(extra)
            )
            + file_name
            + extra
        )
        start = self._out.written
        rows = _Rows(name, dtype, shape, chunks)
        crc, size = self._deflated(rows) if self._deflate else self._stored(rows)
        packed = self._out.written - start
        self._out.write(_SUMS.pack(b"PK\7\x08", crc, packed, size))
        extra = _ENTRY_EXTRA.pack(1, 24, size, packed, place)
        self._entries.append(
            _ENTRY.pack(
                b"PK\1\2", 3 << 8 | _VERSION, _VERSION, _SUMS_FOLLOW, method, _DATE, crc, _IN_EXTRA, _IN_EXTRA,
                len(file_name), len(extra), 0, 0, 0, _REGULAR_FILE, _IN_EXTRA,
            )
            + file_name
            + extra
        )  # fmt: skip

    def finish(self) -> None:
        """Write the list of members; nothing may be added after it."""
        start = self._out.written
        self._out.write(b"".join(self._entries))
        end, count = self._out.written, len(self._entries)
        self._out.write(
            _END_64.pack(b"PK\6\6", _END_64.size - 12, _VERSION, _VERSION, 0, 0, count, count, end - start, start)
            + _END_64_PLACE.pack(b"PK\6\7", 0, end, 1)
            + _END.pack(b"PK\5\6", 0, 0, min(count, _MANY), min(count, _MANY), _IN_EXTRA, _IN_EXTRA, 0)
        )
        self.sha256 = self._out.finish()

    def _stored(self, rows: "_Rows") -> tuple[int, int]:
        """Write the array as it is; its checksum and size."""
        header = rows.header()
        self._out.write(header)
        crc, size = isal_zlib.crc32(header), len(header)
        for content in rows:
            self._out.write(content.data)
            crc, size = isal_zlib.crc32(content, crc), size + len(content)
        rows.require_complete()
        return crc, size

    def _deflated(self, rows: "_Rows") -> tuple[int, int]:
        """Write the array deflated; checksum and size of what it was.

        The header names the number of rows: where that is not known yet, everything waits for it in memory.
        """
        deflater = isal_zlib.compressobj(_LEVEL, wbits=-zlib.MAX_WBITS)
        packed, crc, size = [], 0, 0
        for content in _in_pieces(rows):
            packed.append(deflater.compress(content))
            crc, size = isal_zlib.crc32(content, crc), size + len(content)
        packed.append(deflater.flush())
        rows.require_complete()
        header = rows.header()
        for part in (_stored_block(header), *packed):
            self._out.write(part)
        return isal_zlib.crc32_combine(isal_zlib.crc32(header), crc, size), len(header) + size


def _stored_block(content: bytes) -> bytes:
    """Up to 65,535 bytes as the first block of a deflate stream (RFC 1951, 3.2.4), not compressed."""
    length = len(content)
    return b"\0" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + content


class _Rows:
    """The pieces of one array as bytes, and what is known of it; iterating takes the pieces."""

    def __init__(
        self, name: str, dtype: np.dtype, shape: tuple[int | None, ...], chunks: Iterable[NDArray[Any]]
    ) -> None:
        self.dtype = dtype
        self.row_bytes: int = math.prod(size for size in shape[1:] if size is not None) * dtype.itemsize
        self._name = name
        self._shape = shape
        self._chunks = chunks
        self._count = 0

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        for chunk in self._chunks:
            if chunk.dtype != self.dtype or chunk.shape[1:] != self._shape[1:]:
                raise ValueError(
                    f"{self._name}: a piece of {chunk.dtype} {chunk.shape} in an array of {self.dtype} {self._shape}"
                )
            self._count += len(chunk) if chunk.shape else 1
            if chunk.size:
                yield np.ascontiguousarray(chunk).reshape(-1).view(np.uint8)

    def require_complete(self) -> None:
        """ValueError unless as many rows came as were stated."""
        stated = self._shape[0] if self._shape else 1
        if stated is not None and self._count != stated:
            raise ValueError(f"{self._name}: {self._count} rows were written, {self._shape} needs {stated}")

    def header(self) -> bytes:
        """What stands before the array's bytes: dtype and shape."""
        file = BytesIO()
        shape = (self._count, *self._shape[1:]) if self._shape and self._shape[0] is None else self._shape
        described = {"descr": npy.dtype_to_descr(self.dtype), "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(file, described)
        return file.getvalue()


def _in_pieces(contents: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    """The same bytes in pieces of equal size, the last one shorter: how rows came does not change what is written."""
    waiting, filled = np.empty(_PIECE_BYTES, dtype=np.uint8), 0
    for content in contents:
        taken = 0
        while taken < len(content):
            if not filled and len(content) - taken >= _PIECE_BYTES:
                yield content[taken : taken + _PIECE_BYTES]
                taken += _PIECE_BYTES
                continue
            part = content[taken : taken + _PIECE_BYTES - filled]
            waiting[filled : filled + len(part)] = part
            filled += len(part)
            taken += len(part)
            if filled == _PIECE_BYTES:
                yield waiting
                filled = 0
    if filled:
        yield waiting[:filled]


@contextmanager
def writing_npz(path: Path, *, deflate: bool) -> Iterator[NpzWriter]:
    """A new NPZ at `path`, complete when the block ends."""
    with path.open("wb") as file:
        out = HashedFile(file)
        try:
            archive = NpzWriter(out, deflate=deflate)
            yield archive
            archive.finish()
        finally:
            out.close()
