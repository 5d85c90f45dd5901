"""A whole, consistent copy of another node's match log, from a path of this machine or by ssh, while it is written to.

By path SQLite itself makes the copy. By ssh nothing is asked of the other machine but a shell with `cat`, `head`,
`wc`, `od` and `cksum`: no SQLite, no Python, no RingRift. The file and then its write-ahead log are streamed, and this
is why the two fit together although nobody stopped writing. A writer appends to the write-ahead log; a checkpoint
copies pages from it into the file; only when all were copied may the log begin anew, and then its header gets a new
salt. So if the salt is the same before the file was read and after the write-ahead log was, every page that a
checkpoint changed in the meantime, torn or not, stands in the write-ahead log that came along, and SQLite puts it in
its place when it opens the copy, up to the last transaction that is whole. Where there is no write-ahead log the file's
checksum must not have changed. If either did, the copy is made again.

What came is opened, checked as a match log and for integrity, and only then takes the place of the copy before.
"""

import fcntl
import os
import re
import shlex
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from ringrift_engine.database import open_for_reading
from ringrift_engine.errors import ConfigError, DataError, TransientError
from ringrift_engine.evaluation.match_log import MATCH_LOG
from ringrift_engine.files import flush_file, flush_folder
from ringrift_engine.ratings.reconcile.settings import ReconcileSettings

# As in `nodes:` of ringrift.yaml: nothing may look like an option of ssh or hold a blank.
_HOST: Final = re.compile(r"([A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9][\w.-]*", re.ASCII)
_ATTEMPTS: Final = 5
_GREETING: Final = b"ringrift match log\n"
_END: Final = b"end\n"
_MISSING: Final = b"missing\n"
_CHUNK: Final = 1 << 20
_SHOWN: Final = 300
_MOUNTS = Path("/proc/mounts")
_NETWORK: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "afs", "fuse.sshfs"})

_SCRIPT: Final = r"""
f={path}
salt() { [ -s "$f-wal" ] && head -c 32 "$f-wal" | od -An -v -tx1 | tr -d ' \n'; echo; }
sum() { [ -s "$f-wal" ] || cksum < "$f" | tr -d '\n'; echo; }
part() { n=$(wc -c < "$1" | tr -d ' ') && echo "$n" && head -c "$n" "$1"; }
[ -f "$f" ] || { echo missing; exit 0; }
echo ringrift match log
salt; sum
part "$f"
if [ -s "$f-wal" ]; then part "$f-wal"; else echo 0; fi
salt; sum
echo end
"""


class NoLogError(DataError):
    """A node that has no match log yet."""


@dataclass(frozen=True, kw_only=True)
class RatingNode:
    """Another node's match log: its path, on this machine (`host` None) or on `[user@]host`."""

    name: str
    database: str
    host: str | None = None

    def __post_init__(self) -> None:
        if self.host is not None and not _HOST.fullmatch(self.host):
            raise ConfigError(f"node {self.name}: the host must be [user@]host, not {self.host!r}.")

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return f"{self.host}:{self.database}" if self.host else self.database


@contextmanager
def fetched(node: RatingNode, mirror: Path, settings: ReconcileSettings) -> Iterator[Path]:
    """Yield a fresh copy of a node's log, checked; when the block ends well it becomes `mirror`, else nothing changed.

    NoLogError if the node has none, DataError for one that is torn, foreign or of another version, TransientError if
    the node cannot be reached, answers too late, or writes so much that no copy was consistent.
    """
    mirror.parent.mkdir(parents=True, exist_ok=True)
    partial = mirror.with_name(f".partial-{mirror.name}")
    with _alone(mirror.with_suffix(".lock")):
        _remove(partial)
        try:
            _copy(node, partial, settings)
            _verify(node, partial)
            yield partial
            flush_file(partial)
            os.replace(partial, mirror)
            flush_folder(mirror.parent)
        finally:
            _remove(partial)


def _copy(node: RatingNode, target: Path, settings: ReconcileSettings) -> None:
    if node.host is None:
        _copy_by_path(node, target)
        return
    for _ in range(_ATTEMPTS):
        if _copy_by_ssh(node, target, settings):
            return
        _remove(target)
    raise TransientError(
        f"{node.name}: {node.address} changed under each of {_ATTEMPTS} copies. Try again when fewer games end there."
    )


def _copy_by_path(node: RatingNode, target: Path) -> None:
    path = Path(node.database)
    if not path.is_file():
        raise NoLogError(f"{node.name}: there is no match log at {path} yet.")
    refuse_network(node.name, path)
    with closing(open_for_reading(path, MATCH_LOG)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def refuse_network(name: str, path: Path) -> None:
    """DataError for a file on a network file system: who has it open elsewhere shares memory with nobody here, so what
    SQLite reads of it may be torn.
    """
    kinds = {}
    for line in _MOUNTS.read_text().splitlines() if _MOUNTS.is_file() else ():
        _, place, kind, *_ = line.split()
        kinds[Path(place.replace("\\040", " "))] = kind
    kind = next((kinds[folder] for folder in path.resolve().parents if folder in kinds), "")
    if kind in _NETWORK:
        raise DataError(
            f"{name}: {path} lies on a network file system ({kind}), where a log that is in use cannot be read safely. "
            "Give the node an ssh address instead of a path."
        )


# --- by ssh


def ssh_command(node: RatingNode, settings: ReconcileSettings) -> list[str]:
    """The words that log in to a node; what is to be done there follows them."""
    assert node.host is not None
    options = {
        "BatchMode": "yes",  # nobody is there to type a password
        "ConnectTimeout": str(max(1, round(settings.connect_timeout_s))),
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "6",
    }
    words = ["ssh", *(["-F", str(settings.ssh_config)] if settings.ssh_config else [])]
    for name, value in options.items():
        words += ["-o", f"{name}={value}"]
    return [*words, "--", node.host]


def _copy_by_ssh(node: RatingNode, target: Path, settings: ReconcileSettings) -> bool:
    """Stream the log once; False if it changed so that the parts may not fit together."""
    try:
        process = subprocess.Popen(
            [*ssh_command(node, settings), "sh -s"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise DataError("ssh is not installed. On Debian: `apt install openssh-client`.") from error
    late = threading.Timer(settings.transfer_timeout_s, process.kill)
    late.start()
    try:
        complete = _converse(process, _SCRIPT.replace("{path}", quoted(node.database)), target, node)
    finally:
        timed_out = not late.is_alive()
        late.cancel()
        process.kill()
        process.wait()
    if complete is None:
        said = "it took too long" if timed_out else _said(process)
        raise TransientError(f"{node.name}: {node.address} cannot be read: {said}")
    return complete


def _converse(process: subprocess.Popen[bytes], script: str, target: Path, node: RatingNode) -> bool | None:
    """Send the script and take what it prints; whether the parts fit together, None if the stream ended early."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(script.encode())
        process.stdin.close()
    except BrokenPipeError:  # ssh ended already; what it said is read below
        return None
    stream = process.stdout
    greeting = stream.readline()
    if greeting == _MISSING:
        raise NoLogError(f"{node.name}: there is no match log at {node.address} yet.")
    if greeting != _GREETING:
        return None
    before = stream.readline(), stream.readline()
    wal = target.with_name(f"{target.name}-wal")
    if not (_receive(stream, target) and _receive(stream, wal)):
        return _torn(process)
    after = stream.readline(), stream.readline()
    if stream.readline() != _END:
        return _torn(process)
    return before == after and _header(wal) == before[0].strip()


def _torn(process: subprocess.Popen[bytes]) -> bool | None:
    """What a stream that does not hold together means: False if the other side thinks that it is complete."""
    assert process.stdout is not None
    while process.stdout.read(_CHUNK):
        pass
    return False if process.wait() == 0 else None


def _receive(stream: IO[bytes], target: Path) -> bool:
    """Write the next part of the stream, which says first how long it is; False if it is not that long."""
    size = stream.readline().strip()
    if not size.isdigit():
        return False
    left = int(size)
    with target.open("wb") as file:
        while left and (chunk := stream.read(min(left, _CHUNK))):
            file.write(chunk)
            left -= len(chunk)
    return left == 0


def _header(wal: Path) -> bytes:
    """The header of a write-ahead log as the other side prints it; empty for an empty one."""
    with wal.open("rb") as file:
        return file.read(32).hex().encode()


def quoted(path: str) -> str:
    """A path for a shell that still finds the home folder of `~/`."""
    return f'"$HOME"/{shlex.quote(path[2:])}' if path.startswith("~/") else shlex.quote(path)


def _said(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    words = " ".join(process.stderr.read().decode(errors="replace").split())
    return f"ssh says {words[:_SHOWN]}" if words else "the connection ended early"


# --- the copy


def _verify(node: RatingNode, path: Path) -> None:
    """Put the copy's write-ahead log in its place, leave one file without any, and check all of it."""
    advice = f"Nothing was imported. Look at {node.address}: `ringrift doctor` there."
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")
            (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
            orphan = copy.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise DataError(f"{node.name}: what came is no whole database ({error}). {advice}") from error
    try:
        open_for_reading(path, MATCH_LOG).close()
    except DataError as error:
        raise DataError(f"{node.name}: {str(error).replace(str(path), node.address)}") from error
    if found != "ok" or orphan is not None:
        fault = found if found != "ok" else f"a row of {orphan[0]} refers to nothing"
        raise DataError(f"{node.name}: what came is damaged ({fault}). {advice}")


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of a mirror; the kernel releases it when the process dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
