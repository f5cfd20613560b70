"""Who may log in to a node, and whom we believe to be it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import paramiko
import pytest

from metalctl.engine.errors import RemoteError
from metalctl.engine.reach import access
from metalctl.engine.reach.remote import Remote
from metalctl.engine.state import StateDir

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvDgKDLHWuoNAIdZ5hQeGzLQ5Vgh0RlZB4VcE1dM5Wk root@n1"


def test_a_key_is_its_owners_alone_and_another_one_for_each_enrollment(state: StateDir) -> None:
    key, other = access.client_key(state, "e1"), access.client_key(state, "e2")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.keys.stat().st_mode) == 0o700
    assert key.read_bytes() != other.read_bytes()
    assert access.client_key(state, "e1").read_bytes() == key.read_bytes()
    assert sorted(p.name for p in state.keys.iterdir()) == ["e1.ssh", "e2.ssh"]


def test_a_node_is_believed_by_the_host_key_of_its_phone_home_only(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def connect(client: paramiko.SSHClient, address: str, port: int, **how: Any) -> None:
        seen.update(how, policy=client._policy, known=client.get_host_keys().lookup(address))
        raise paramiko.SSHException("not today")

    monkeypatch.setattr(paramiko.SSHClient, "connect", connect)
    with pytest.raises(RemoteError, match="not today"):
        Remote("127.0.0.9", (HOST_KEY,), access.client_key(state, "e1"))
    assert isinstance(seen["policy"], paramiko.RejectPolicy)
    assert [key.get_name() for key in seen["known"].values()] == ["ssh-ed25519"]
    assert (seen["allow_agent"], seen["look_for_keys"]) == (False, False)


def test_a_command_that_does_not_answer_is_named_with_the_time_that_it_had(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any, **__: Any) -> Any:
        raise TimeoutError  # as a channel does: without a word

    monkeypatch.setattr(paramiko.SSHClient, "connect", lambda *_, **__: None)
    monkeypatch.setattr(paramiko.SSHClient, "exec_command", silent)
    remote = Remote("127.0.0.9", (HOST_KEY,), access.client_key(state, "e1"))
    with pytest.raises(RemoteError, match=r"127\.0\.0\.9: env … inspect: no answer within 900 s"):
        remote.run("env", "python3", "inspect", timeout=900)


def test_a_key_that_many_want_first_at_once_is_one_whole_key(state: StateDir) -> None:
    """The boot service answers a phone-home while a tick logs in."""
    for number in range(20):
        with ThreadPoolExecutor(8) as pool:
            lines = set(pool.map(lambda _, n=number: access.public_line(state, f"n1-{n}"), range(8)))
        assert len(lines) == 1
    assert not list(state.keys.glob("*.new"))
