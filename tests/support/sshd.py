"""A real ssh server on loopback, with keys of its own, for tests that reach another node.

It runs as the user of the tests on a free port and lets in nobody but the key that was made for it. Where no sshd is
installed, tests that ask for one are skipped and say how to get it.
"""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

HOST = "ringrift-test-node"
WITHOUT_SSHD = "no sshd here: `apt install openssh-server` (as root) makes the tests over ssh run"
_PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"])
_PRIVILEGE_SEPARATION = Path("/run/sshd")  # a server that root starts refuses to work without this folder
_WAIT_S = 30.0

_SERVER = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PermitRootLogin prohibit-password
AllowUsers {user}
"""
_CLIENT = """
Host {host}
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {folder}/user_key
  IdentitiesOnly yes
  IdentityAgent none
  HostKeyAlias {host}
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
Host nobody-listens
  HostName 127.0.0.1
  Port {closed}
"""


@dataclass(frozen=True)
class SshServer:
    """A running server: reach it as `HOST` with `ssh -F config`."""

    config: Path
    port: int


@contextmanager
def running_sshd(folder: Path) -> Iterator[SshServer]:
    """A server that lives as long as the block; the test is skipped if there is no sshd."""
    sshd, keygen = shutil.which("sshd", path=_PLACES), shutil.which("ssh-keygen")
    if sshd is None or keygen is None:
        pytest.skip(WITHOUT_SSHD)
    for name in ("host_key", "user_key"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "user_key.pub", folder / "authorized_keys")
    (folder / "known_hosts").write_text(f"{HOST} {(folder / 'host_key.pub').read_text()}")
    if os.geteuid() == 0:
        _PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    (port, closed), user = _free_ports(2), getpass.getuser()
    (folder / "sshd_config").write_text(_SERVER.format(port=port, folder=folder, user=user))
    config = folder / "ssh_config"
    config.write_text(_CLIENT.format(host=HOST, port=port, user=user, folder=folder, closed=closed))
    with (folder / "sshd.log").open("w") as log:
        server = subprocess.Popen([sshd, "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
    try:
        _wait_until_it_listens(server, port, folder / "sshd.log")
        yield SshServer(config, port)
    finally:
        server.terminate()
        server.wait(_WAIT_S)


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _wait_until_it_listens(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"sshd does not listen: {log.read_text()}")
