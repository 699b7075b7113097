import os
import socket
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.sandbox.channels import CHUNK, Pipe, sealed_file, take_request
from algozoo.sandbox.wire import Message

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there are no sealed files here")


def through(pipe: Pipe, data: bytes) -> None:
    """Write and read at the same time, as two processes do."""

    def write() -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(pipe.give(), view) :]
        pipe.given()

    writer = threading.Thread(target=write)
    writer.start()
    while pipe.read():
        pass
    writer.join()
    pipe.close()


@given(st.binary(max_size=300), st.integers(0, 300))
def test_all_is_read_up_to_the_limit_and_the_end_is_noticed(data, limit):
    pipe = Pipe(limit)
    through(pipe, data)
    assert pipe.overflows == (len(data) > limit)
    if not pipe.overflows:
        assert bytes(pipe.data) == data


def test_a_writer_beyond_the_limit_never_waits_and_takes_no_memory():
    pipe = Pipe(CHUNK)
    through(pipe, bytes(20 * CHUNK))
    assert pipe.overflows
    assert len(pipe.data) <= CHUNK


@given(st.binary(max_size=300), st.integers(1, 50))
def test_the_last_bytes_are_kept(data, keep):
    pipe = Pipe(10**6, keep=keep)
    through(pipe, data)
    assert bytes(pipe.data) == data[-keep:]


def test_a_request_arrives_whole_when_it_is_asked_for():
    values = np.arange(6.0).reshape(2, 3)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, sealed_file(Message(facts={"task": "fit"}, arrays={"cube": values}, blob=b"model")) as file:
        socket.send_fds(ours, [b"!"], [file.fileno()])
        descriptor = theirs.detach()
        taken = take_request(descriptor)
        assert ours.recv(1) == b"?"
    assert (taken.facts, bytes(taken.blob)) == ({"task": "fit"}, b"model")
    np.testing.assert_array_equal(taken.arrays["cube"], values)
    os.close(descriptor)


def test_a_sealed_file_cannot_be_changed():
    with sealed_file(Message(facts={})) as file:
        for change in (lambda: os.pwrite(file.fileno(), b"x", 0), lambda: os.ftruncate(file.fileno(), 0)):
            with pytest.raises(PermissionError):
                change()
