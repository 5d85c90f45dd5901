"""Where there is no ssh server, tests that ask for one say how to get it."""

import pytest

from tests.support import sshd


def test_without_a_server_a_test_is_skipped_with_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(sshd, "_PLACES", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="apt install openssh-server"), sshd.running_sshd(tmp_path):
        pytest.fail("there is no server to run")
