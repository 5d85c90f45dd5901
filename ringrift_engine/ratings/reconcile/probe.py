"""Whether a node's match log could be fetched now, without fetching it: what `ringrift doctor` asks."""

import subprocess
from pathlib import Path
from typing import Final

from ringrift_engine.database import open_for_reading
from ringrift_engine.errors import DataError, TransientError
from ringrift_engine.evaluation.match_log import MATCH_LOG
from ringrift_engine.ratings.reconcile.fetch import NoLogError, RatingNode, quoted, refuse_network, ssh_command
from ringrift_engine.ratings.reconcile.settings import ReconcileSettings

_ANSWER_S: Final = 10.0  # for three lines, once ssh is through
_SHOWN: Final = 300
_MAGIC: Final = b"SQLite format 3\0"
_VERSION: Final = slice(60, 64)  # https://www.sqlite.org/fileformat.html, 1.3
_APPLICATION: Final = slice(68, 72)
_HEADER: Final = 72

_SCRIPT: Final = rf"""
f={{path}}
[ -d "$(dirname "$f")" ] || {{ echo folder; exit 0; }}
[ -f "$f" ] || {{ echo missing; exit 0; }}
[ -r "$f" ] || {{ echo unreadable; exit 0; }}
echo there
wc -c < "$f"
if [ -s "$f-wal" ]; then echo; else head -c {_HEADER} "$f" | od -An -v -tx1 | tr -d ' \n'; echo; fi
"""


def probe(node: RatingNode, settings: ReconcileSettings) -> int:
    """Bytes of a node's match log. A log that is written to at the moment is not looked into.

    NoLogError if there is none yet; DataError if its folder is missing, or if it cannot be read or is no match log of
    this version; TransientError if the node cannot be reached.
    """
    return _by_path(node) if node.host is None else _by_ssh(node, settings)


def _by_path(node: RatingNode) -> int:
    path = Path(node.database)
    if not path.parent.is_dir():
        raise _no_folder(node)
    refuse_network(node.name, path)
    if not path.is_file():
        raise NoLogError(f"{node.name}: there is no match log at {path} yet.")
    open_for_reading(path, MATCH_LOG).close()
    return path.stat().st_size


def _by_ssh(node: RatingNode, settings: ReconcileSettings) -> int:
    words = [*ssh_command(node, settings), "sh -s"]
    script = _SCRIPT.replace("{path}", quoted(node.database)).encode()
    patience = settings.connect_timeout_s + _ANSWER_S
    try:
        done = subprocess.run(words, input=script, capture_output=True, timeout=patience, check=False)
    except FileNotFoundError as error:
        raise DataError("ssh is not installed. On Debian: `apt install openssh-client`.") from error
    except subprocess.TimeoutExpired as error:
        raise TransientError(f"{node.name}: {node.address} did not answer within {patience:g} s") from error
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())[:_SHOWN]
        raise TransientError(f"{node.name}: {node.address} cannot be reached: ssh says {said or 'nothing'}")
    found, *facts = done.stdout.decode(errors="replace").splitlines() or [""]
    if found == "folder":
        raise _no_folder(node)
    if found == "missing":
        raise NoLogError(f"{node.name}: there is no match log at {node.address} yet.")
    if found != "there" or len(facts) != 2 or not facts[0].strip().isdigit():
        raise DataError(f"{node.name}: {node.address} cannot be read by the user who is logged in there.")
    if wrong := _wrong(facts[1]):
        raise DataError(f"{node.name}: {node.address} {wrong}")
    return int(facts[0])


def _wrong(header: str) -> str:
    """What is wrong with a file that begins so, in hexadecimal digits; empty for a match log, and for no digits."""
    read = bytes.fromhex(header)
    if not read:
        return ""
    if not read.startswith(_MAGIC) or int.from_bytes(read[_APPLICATION], "big") != MATCH_LOG.application_id:
        return "is not a match log."
    version = int.from_bytes(read[_VERSION], "big")
    return "" if version == MATCH_LOG.version else f"has schema version {version}, this is version {MATCH_LOG.version}."


def _no_folder(node: RatingNode) -> DataError:
    return DataError(
        f"{node.name}: there is no folder of {node.address}. Is it mounted, and the path in `nodes:` right?"
    )
