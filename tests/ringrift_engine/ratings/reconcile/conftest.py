"""An ssh server for all tests of this folder that ask for one."""

from collections.abc import Iterator

import pytest

from tests.support.sshd import SshServer, running_sshd


@pytest.fixture(scope="package")
def sshd(tmp_path_factory) -> Iterator[SshServer]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server
