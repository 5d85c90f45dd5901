"""The processes of the loop: started in a session of their own, found again by any later command, ended together.

What was started is written to `.dagster/loop.json`. A file can be stale and a process number be given to somebody else,
so a process counts only if it is in the session that the file names and has the file's mark in its environment, which
children inherit. Web server, daemon, code server, runs and their workers are all found that way, also when the process
that started them was killed; and nobody else's process ever is.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from ringrift_assets.cli.instance import LOCATION, STATE_FOLDER, opened_instance
from ringrift_engine.errors import RingRiftError
from ringrift_engine.files import publishing

if TYPE_CHECKING:
    import psutil

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 3000
CONFIGURATIONS_VARIABLE: Final = "RINGRIFT_CONFIGURATIONS"
LOG: Final = STATE_FOLDER / "loop.log"
MODULE: Final = "ringrift_assets.definitions"
_FILE: Final = STATE_FOLDER / "loop.json"
_LOCK: Final = STATE_FOLDER / "loop.lock"
_WORKSPACE: Final = STATE_FOLDER / "loop-workspace.yaml"
# Each of them names definitions too, and Dagster takes one naming only.
_OTHER_DEFINITIONS: Final = (
    "DAGSTER_MODULE_NAME",
    "DAGSTER_PACKAGE_NAME",
    "DAGSTER_PYTHON_FILE",
    "DAGSTER_ATTRIBUTE",
    "DAGSTER_WORKING_DIRECTORY",
    "DAGSTER_autoload_defs_module_name",
)
_MARK_VARIABLE: Final = "RINGRIFT_LOOP"
_END_WITHIN_S: Final = 20.0
_KILL_WITHIN_S: Final = 5.0


class LoopError(RingRiftError):
    """The loop could not be started, or does not answer."""


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A started loop; `port` is None if it has no web server, `configurations` empty if none were named."""

    pid: int
    mark: str
    started: float
    """Seconds since 1970."""
    port: int | None
    configurations: str = ""

    @property
    def address(self) -> str:
        """Where a browser finds it; empty without a web server."""
        return f"http://{HOST}:{self.port}" if self.port else ""

    def processes(self) -> "list[psutil.Process]":
        """All its living processes, the first one first if it lives."""
        import psutil

        members = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == self.pid and process.environ().get(_MARK_VARIABLE) == self.mark:
                    members.append(process)
            except (ProcessLookupError, psutil.NoSuchProcess, psutil.AccessDenied):  # ended, or somebody else's
                continue
        return sorted(members, key=lambda process: process.pid != self.pid)

    @property
    def runs(self) -> bool:
        """Whether its first process lives, which watches over the others."""
        return any(process.pid == self.pid for process in self.processes())


def recorded() -> Loop | None:
    """The loop that was started last in the current folder, if any of its processes lives."""
    try:
        loop = Loop(**json.loads(_FILE.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise LoopError(f"{_FILE.absolute()} cannot be read ({error}). Remove it.") from error
    return loop if loop.processes() else None


@contextmanager
def only_one() -> Iterator[None]:
    """Nobody else starts or stops the loop of this folder while the block runs."""
    from ringrift_assets.locks import exclusive

    with exclusive(_LOCK):
        yield


def launch(port: int | None, configurations: str) -> Loop:
    """Start the processes, without waiting for them; LoopError if the port is taken."""
    if port is not None:
        _require_free(port)
    STATE_FOLDER.mkdir(exist_ok=True)
    _write_workspace()
    # A shell starts what it puts into the background with interrupts ignored; Dagster would then ignore its end too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    mark = secrets.token_hex(8)
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            _command(port),
            env={**_environment(configurations), _MARK_VARIABLE: mark},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    loop = Loop(pid=process.pid, mark=mark, started=time.time(), port=port, configurations=configurations)
    with publishing(_FILE) as path:
        path.write_text(json.dumps(asdict(loop)) + "\n")
    return loop


def end(loop: Loop) -> None:
    """End every process of the loop: the first one is asked and ends the others, what is left is killed."""
    import psutil

    members = loop.processes()
    if loop.runs:
        members[0].terminate()
        _, members = psutil.wait_procs(members, timeout=_END_WITHIN_S)
    for sent in (signal.SIGTERM, signal.SIGKILL):
        members = loop.processes()  # whoever was started in the meantime is among them
        for process in members:
            with _gone_is_fine():
                process.send_signal(sent)
        psutil.wait_procs(members, timeout=_KILL_WITHIN_S)
    _FILE.unlink(missing_ok=True)


def log_after(position: int) -> str:
    """What the processes wrote after so many bytes of the log."""
    with LOG.open("rb") as log:
        log.seek(position)
        return log.read().decode(errors="replace")


def log_size() -> int:
    """Bytes of the log."""
    return LOG.stat().st_size if LOG.exists() else 0


def _command(port: int | None) -> Sequence[str]:
    if port is not None:
        return [sys.executable, "-m", "dagster", "dev", "-w", str(_WORKSPACE), "-h", HOST, "-p", str(port)]
    return [sys.executable, "-m", "dagster._daemon", "run", "-w", str(_WORKSPACE), "--instance-ref", _instance_ref()]


def _instance_ref() -> str:
    """The instance as `dagster dev` hands it to its daemon, which alone would insist on DAGSTER_HOME."""
    from dagster_shared.serdes import serialize_value

    with opened_instance() as instance:
        return serialize_value(instance.get_ref())


def _environment(configurations: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OTHER_DEFINITIONS}
    return {**kept, **({CONFIGURATIONS_VARIABLE: configurations} if configurations else {})}


def _write_workspace() -> None:
    """Our own, so that whatever else a folder is configured for, the code location has the name that states hang on."""
    import yaml

    target: dict[str, Any] = {"module_name": MODULE, "location_name": LOCATION}
    with publishing(_WORKSPACE) as path:
        path.write_text(yaml.safe_dump({"load_from": [{"python_module": target}]}))


def _require_free(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise LoopError(f"port {port} cannot be had ({error.strerror}). Name another one: --port N.") from error


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    import psutil

    try:
        yield
    except psutil.NoSuchProcess:
        return
