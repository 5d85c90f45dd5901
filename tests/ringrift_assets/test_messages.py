"""Messages of a worker: whole ones only, in order, to the last, however they are written."""

import json
import os
import threading
import time
from typing import Any

import pytest
from dagster._utils import tail_file

from ringrift_assets.messages import WholeMessageReader, whole_lines

LONG = {"method": "report", "text": "x" * 20_000}


class Handler:
    """Keeps what it is given."""

    def __init__(self):
        self.messages, self.faults = [], []

    def handle_message(self, message):
        self.messages.append(message)

    def report_pipes_framework_exception(self, origin, _info):
        self.faults.append(origin)


def write_in_parts(path, messages, part=3_000):
    """As the kernel may let a reader see it: page after page, with time in between."""
    content = "".join(f"{json.dumps(message)}\n" for message in messages).encode()
    with open(path, "ab", buffering=0) as file:
        for start in range(0, len(content), part):
            file.write(content[start : start + part])
            time.sleep(0.03)


def test_a_message_that_appears_in_parts_is_read_as_one():
    handler: Any = Handler()
    messages = [{"number": 1}, LONG, {"number": 2}]
    with WholeMessageReader().read_messages(handler) as parameters:
        write_in_parts(parameters["path"], messages)
    assert handler.messages == messages
    assert handler.faults == []
    assert not os.path.exists(parameters["path"])


def test_dagsters_own_reader_takes_a_part_for_a_line(tmp_path):
    """The reason why there is another; once this fails, `messages.py` can go."""
    path, done = tmp_path / "messages", threading.Event()
    path.touch()
    writer = threading.Thread(target=lambda: (write_in_parts(path, [LONG]), done.set()))
    writer.start()
    lines = list(tail_file(str(path), done.is_set))
    writer.join()
    with pytest.raises(json.JSONDecodeError):
        json.loads(lines[0])


def test_a_line_without_its_end_is_none(tmp_path):
    path = tmp_path / "messages"
    path.write_bytes(b'{"a": 1}\n{"b": ')
    assert list(whole_lines(path, lambda: True)) == [b'{"a": 1}']


def test_what_is_no_message_is_reported():
    handler: Any = Handler()
    with WholeMessageReader().read_messages(handler) as parameters:
        write_in_parts(parameters["path"], [{"a": 1}])
        with open(parameters["path"], "a") as file:
            file.write("nonsense\n")
    assert handler.messages == [{"a": 1}]
    assert handler.faults == ["reader of the worker's messages"]
