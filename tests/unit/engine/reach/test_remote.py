"""SSH against a server of our own on loopback: what a cut connection leaves is never taken for an answer."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from metalctl.engine.errors import RemoteError
from metalctl.engine.reach import access, remote
from metalctl.engine.reach.remote import Remote
from metalctl.engine.state import StateDir

Deed = Callable[[paramiko.Channel, paramiko.Transport], None]


class Files(paramiko.SFTPServerInterface):  # type: ignore[misc]
    """One file; the connection is cut before its second part is read."""

    transport: paramiko.Transport
    cut_at = 1 << 40

    def open(self, path: str, flags: int, attr: Any) -> Any:
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = handle.filename = None
        handle.read = self.read
        return handle

    def read(self, offset: int, length: int) -> Any:
        if offset >= self.cut_at:
            Files.transport.close()
        return b"x" * max(0, min(length, 20_000, 100_000 - offset))


class Node(paramiko.ServerInterface):  # type: ignore[misc]
    """Lets anybody in, and does what the test says with each command."""

    def __init__(self, deed: Deed, transport: paramiko.Transport) -> None:
        self.deed, self.transport = deed, transport

    def check_auth_publickey(self, username: str, key: Any) -> int:
        return int(paramiko.AUTH_SUCCESSFUL)

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self.do, args=(channel,), daemon=True).start()
        return True

    def do(self, channel: paramiko.Channel) -> None:
        while channel.recv(1024):  # until the caller has said all
            pass
        self.deed(channel, self.transport)


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Deed], Remote]]:
    """A connection to a node that answers commands so."""
    host_key = paramiko.Ed25519Key.from_private_key_file(str(access.client_key(StateDir(tmp_path).create(), "host")))
    key, add = access.client_key(StateDir(tmp_path), "e1"), paramiko.HostKeys.add
    with contextlib.ExitStack() as stack:

        def to(deed: Deed) -> Remote:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            port = listening.getsockname()[1]
            monkeypatch.setattr(remote, "PORT", port)
            # The library knows a host by its port when that is not 22.
            monkeypatch.setattr(paramiko.HostKeys, "add", lambda self, name, *key: add(self, f"[{name}]:{port}", *key))

            def serve() -> None:
                transport = paramiko.Transport(listening.accept()[0])
                transport.add_server_key(host_key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
                Files.transport = transport
                stack.callback(transport.close)
                # With an event it does not wait: the deed may have cut the connection before it looks.
                transport.start_server(threading.Event(), Node(deed, transport))

            threading.Thread(target=serve, daemon=True).start()
            known = (f"{host_key.get_name()} {host_key.get_base64()}",)
            found = Remote("127.0.0.1", known, key)
            stack.callback(found.close)
            return found

        yield to


def answers(text: bytes, status: int) -> Deed:
    def deed(channel: paramiko.Channel, _: paramiko.Transport) -> None:
        channel.sendall(text)
        channel.send_exit_status(status)
        channel.close()

    return deed


def is_cut(text: bytes = b"", status: int | None = None) -> Deed:
    def deed(channel: paramiko.Channel, transport: paramiko.Transport) -> None:
        channel.sendall(text)
        if status is not None:
            channel.send_exit_status(status)
        # The packets are on their way when the last is written.
        transport.close()

    return deed


def ended_by_a_signal(channel: paramiko.Channel, _: paramiko.Transport) -> None:
    channel.sendall(b"half of it")
    channel.close()


@pytest.mark.parametrize("status", [0, 1, 255])
def test_an_answer_has_its_output_and_its_status(connect: Any, status: int) -> None:
    assert connect(answers(b"active\n", status)).run("systemctl", "show") == remote.Output(status, "active\n", "")


def test_a_long_answer_is_whole(connect: Any) -> None:
    text = os.urandom(300_000).hex()
    assert connect(answers(text.encode(), 0)).check("inspect") == text


def test_a_connection_that_is_only_kept_costs_no_processor_time(connect: Any) -> None:
    """The library's own 0.1 s, times the hundreds of nodes that boot together, is a whole core."""
    thread = connect(answers(b"", 0))._client.get_transport()
    wakes, receive = [0], thread.packetizer._check_keepalive

    def counted() -> None:
        wakes[0] += 1
        receive()

    thread.packetizer._check_keepalive = counted
    time.sleep(1.0)
    assert wakes[0] <= 2


def test_closing_a_kept_connection_ends_its_thread_at_once(connect: Any) -> None:
    found = connect(answers(b"", 0))
    found.run("true")
    thread = found._client.get_transport()
    time.sleep(0.3)  # it listens
    found.close()
    thread.join(1.0)
    assert not thread.is_alive()


@pytest.mark.truth("D3", "what is left of a cut connection, or of a command that a signal ended, is no answer")
@pytest.mark.parametrize(
    "deed",
    [is_cut(), is_cut(b"ina"), is_cut(b'{"half', 0), ended_by_a_signal],
    ids=["nothing came", "a part came", "status came, the rest did not", "ended by a signal"],
)
def test_what_a_cut_connection_left_is_no_answer(connect: Any, deed: Deed) -> None:
    answer: object
    try:
        answer = connect(deed).run("systemctl", "show")
    except RemoteError as failed:
        answer = failed
    assert isinstance(answer, RemoteError), answer


def test_a_file_is_read_whole_or_not_at_all(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert connect(is_cut()).read_from("/journal", 60_000) == b"x" * 40_000
    monkeypatch.setattr(Files, "cut_at", 40_000)
    with pytest.raises(RemoteError, match="reading /journal"):
        connect(is_cut()).read_from("/journal", 0)
