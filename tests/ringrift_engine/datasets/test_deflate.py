"""Deflated pieces: zlib unpacks them to what went in, whatever that was."""

import zlib

import numpy as np
import pytest

from ringrift_engine.datasets.deflate import END, PIECE_BYTES, Deflater, stored

DEFLATER = Deflater()


def unpacked(packed: bytes) -> bytes:
    """What zlib makes of a raw deflate stream; it must end exactly where the stream ends."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    content = stream.decompress(packed)
    assert stream.eof
    assert stream.unused_data == b""
    return content


def fibonacci() -> np.ndarray:
    """Bytes whose Huffman codes would be longer than a code may be."""
    counts = [1, 1]
    while sum(counts) < PIECE_BYTES // 2:
        counts.append(counts[-1] + counts[-2])
    return np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts), dtype=np.uint8), counts))


def far_apart(distance: int) -> np.ndarray:
    """Noise that repeats after `distance` bytes."""
    noise = np.random.default_rng(1).integers(0, 256, distance, dtype=np.uint8)
    return np.concatenate([noise, noise])


def planes() -> np.ndarray:
    """Mostly zeros, each row like the one before it but for a few bytes."""
    random = np.random.default_rng(2)
    rows = np.zeros((300, 768), dtype=np.uint8)
    for number in range(1, len(rows)):
        rows[number] = rows[number - 1]
        rows[number, random.integers(0, 768, 5)] = random.integers(0, 4, 5)
    return rows.reshape(-1)


CONTENTS = {
    "one byte": np.array([7], dtype=np.uint8),
    "two bytes": np.array([7, 9], dtype=np.uint8),
    "one run": np.zeros(PIECE_BYTES, dtype=np.uint8),
    "noise": np.random.default_rng(3).integers(0, 256, PIECE_BYTES, dtype=np.uint8),
    "every byte once": np.arange(256, dtype=np.uint8),
    "skewed": fibonacci(),
    "planes": planes(),
    "shares": np.random.default_rng(4).choice(np.linspace(0, 1, 50, dtype=np.float32), 9_000).view(np.uint8),
    "pairs": np.tile(np.random.default_rng(5).integers(0, 2_000, 120, dtype=np.int32), 40).view(np.uint8),
    "as far as can be": far_apart(32_768),
    "a byte too far": far_apart(32_769),
}
LAYOUTS = [(1, 1), (2, 2), (4, 4), (8, 4), (8, 8), (768, 1), (128, 4), (20, 20), (32_768, 1)]


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize(("row_bytes", "item_bytes"), LAYOUTS)
def test_zlib_unpacks_what_was_packed(name, row_bytes, item_bytes):
    content = CONTENTS[name]
    assert unpacked(DEFLATER.piece(content, row_bytes, item_bytes) + END) == content.tobytes()


def test_random_contents_of_all_lengths_come_back():
    random = np.random.default_rng(6)
    for _ in range(300):
        length = int(random.integers(1, 3_000))
        letters = int(random.integers(1, 257))
        content = random.integers(0, letters, length).astype(np.uint8)
        repeats = random.integers(0, length, 4)
        for start in repeats:  # some of it is a copy of its beginning
            copied = content[: length - start][: int(random.integers(0, 400))].copy()
            content[start : start + len(copied)] = copied
        item = int(random.choice([1, 2, 4, 8]))
        row = item * int(random.integers(1, 50))
        assert unpacked(DEFLATER.piece(content, row, item) + END) == content.tobytes()


def test_pieces_follow_each_other_and_stored_bytes():
    parts = [CONTENTS["planes"], CONTENTS["noise"], CONTENTS["one byte"]]
    packed = b"".join([stored(b"a header"), *(DEFLATER.piece(part, 768, 1) for part in parts), END])
    assert unpacked(packed) == b"a header" + b"".join(part.tobytes() for part in parts)


def test_a_piece_does_not_depend_on_those_before():
    content = CONTENTS["planes"]
    alone = Deflater().piece(content, 768, 1)
    DEFLATER.piece(CONTENTS["noise"], 1, 1)
    assert DEFLATER.piece(content, 768, 1) == alone


def test_what_repeats_takes_less_room_than_zlib_s_fastest():
    for name, row_bytes in (("planes", 768), ("pairs", 8)):
        content = CONTENTS[name]
        assert len(DEFLATER.piece(content, row_bytes, 1)) < len(zlib.compress(content.tobytes(), 1)), name
    assert len(DEFLATER.piece(CONTENTS["noise"], 1, 1)) < 1.01 * PIECE_BYTES
