"""Parts: a process is the one that was started, or it is dead."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from metalctl.lab import LabStateError, PartError
from metalctl.lab.rack import accel, info, lifecycle, parts, paths, plan
from metalctl.lab.rack.accel import Accelerator
from metalctl.lab.rack.parts import PartState
from metalctl.lab.spec import Node, Rack

SLEEP = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)"]


def make(tmp_path: Path) -> paths.LabPaths:
    return paths.LabPaths("x", tmp_path)


def eventually_dead(lab: paths.LabPaths, name: str) -> PartState:
    for _ in range(1200):
        if parts.state(lab, name).state == "dead":
            break
        time.sleep(0.05)
    return parts.state(lab, name)


def test_a_killed_part_is_dead_and_its_last_words_are_told(tmp_path: Path) -> None:
    lab = make(tmp_path)
    pid = parts.start(lab, "p", SLEEP)
    assert parts.state(lab, "p") == PartState("p", pid, "running")
    parts.wait(lab, "p", lambda: "ready" in parts.log_tail(lab, "p"))
    os.kill(pid, signal.SIGKILL)
    assert eventually_dead(lab, "p") == PartState("p", pid, "dead", "ready")


def test_another_process_with_the_pid_is_not_taken_for_the_part(tmp_path: Path) -> None:
    lab = make(tmp_path)
    parts.start(lab, "p", SLEEP)
    try:
        record = tmp_path / "parts" / "p.json"
        record.write_text(json.dumps({**json.loads(record.read_text()), "started": 1}))
        assert parts.state(lab, "p").state == "dead"
    finally:
        os.kill(json.loads(record.read_text())["pid"], signal.SIGKILL)


def test_a_part_that_ends_while_it_starts_is_an_error_with_its_log(tmp_path: Path) -> None:
    lab = make(tmp_path)
    parts.start(lab, "p", [sys.executable, "-c", "raise SystemExit('no such thing')"])
    with pytest.raises(PartError, match="ended while it started") as caught:
        parts.wait(lab, "p", lambda: False)
    assert "no such thing" in caught.value.message


def test_a_part_that_is_never_ready_is_an_error(tmp_path: Path) -> None:
    lab = make(tmp_path)
    parts.start(lab, "p", SLEEP)
    with pytest.raises(PartError, match="was not ready after"):
        parts.wait(lab, "p", lambda: False, deadline=0.2)
    parts.stop(lab, "p")
    assert parts.state(lab, "p").state == "dead"


def test_listening_sockets_are_read_from_the_kernel() -> None:
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert not parts.listens(os.getpid(), "tcp", "127.0.0.1", port)
        server.listen()
        assert parts.listens(os.getpid(), "tcp", "127.0.0.1", port)
        assert not parts.listens(os.getpid(), "tcp", "127.0.0.2", port)


def test_what_status_tells_survives_being_written(tmp_path: Path) -> None:
    lab = make(tmp_path)
    planned = plan.make(Rack("r", (Node("a", "compute", faults=("svm-off",)),)), "x", tmp_path)
    built = info.built(lab, planned, Accelerator("tcg", "why"), {"a": "00ff"})
    info.save(lab, built)
    assert info.load(lab) == built
    now = info.with_states(built, [PartState("node-a", 7, "running"), PartState("libvirtd", 8, "dead", "oops")])
    assert now.node("a").power == "on"
    assert [(part.name, part.tail) for part in now.dead] == [("libvirtd", "oops")]


def test_the_list_of_nodes_refers_to_the_password_and_has_it_not(tmp_path: Path) -> None:
    lab = make(tmp_path)
    planned = plan.make(Rack("r", (Node("a", "compute"),)), "x", tmp_path)
    info.write_nodes_file(lab, info.built(lab, planned, Accelerator("tcg", "why"), {"a": "00ff"}))
    assert (tmp_path / "nodes.csv").read_text().splitlines() == [
        "name,bmc,credential,profile",
        f"a,https://172.31.1.11,file:{tmp_path}/credentials.json#lab-bmc,lab/compute",
    ]


@pytest.mark.parametrize("name", ["../x", "", "Ä", "a" * 30, "a/b"])
def test_a_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(LabStateError, match="cannot be the name of a lab"):
        lifecycle.status(name) if name else lifecycle._checked(name)


def test_without_a_lab_status_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(LabStateError, match="there is none") as caught:
        lifecycle.status()
    assert "metalctl lab up" in caught.value.hint


def test_no_kvm_device_means_tcg(tmp_path: Path) -> None:
    assert accel.probe(tmp_path / "kvm").name == "tcg"


def test_a_kvm_that_boots_nothing_means_tcg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(accel, "_command", lambda _accelerator, _console: ["sleep", "60"])
    (tmp_path / "kvm").touch()
    found = accel.probe(tmp_path / "kvm", deadline=0.3)
    assert found.name == "tcg"
    assert "did not boot" in found.reason


def test_the_probe_is_kept_until_the_next_boot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("METALCTL_LAB_ACCELERATOR", raising=False)
    answers = iter([Accelerator("tcg", "first"), Accelerator("kvm", "second")])
    monkeypatch.setattr(accel, "probe", lambda: next(answers))
    assert accel.choose().reason == accel.choose().reason == "first"
    monkeypatch.setattr(accel, "_boot_id", lambda: "another boot")
    assert accel.choose().reason == "second"
