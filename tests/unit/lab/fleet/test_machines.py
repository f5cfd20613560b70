"""A simulated machine walks what a real one does: script, phone-home, SSH as a runner, an installation, its disk."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytest.importorskip("asyncssh", reason="asyncssh is not installed: pip install metalctl[lab]")

from metalctl.lab.fleet import FleetSettings, load_tree
from metalctl.lab.fleet.machines import script
from metalctl.lab.fleet.machines.system import phone_home_of

_FILE = json.dumps(json.dumps({"url": "http://h", "token": "t9", "node": "n1"}))
SEED = f"x: y\nwrite_files:\n  - path: /x\n    content: {_FILE}\n"


def test_the_orders_of_a_script():
    ramdisk = (
        "#!ipxe\nkernel http://h/kernel boot=live metalctl.url=http://h metalctl.token=t metalctl.node=n4 || goto\n"
    )
    found = script.read(ramdisk)
    assert (found.action, found.url, found.token, found.node) == ("ramdisk", "http://h", "t", "n4")
    waiting = script.read("#!ipxe\n:again\nsleep 7\nchain --replace --autofree http://h/ipxe?mac=1&try=2 || goto x\n")
    assert (waiting.action, waiting.pause, waiting.again) == ("wait", 7.0, "http://h/ipxe?mac=1&try=2")
    assert script.read("#!ipxe\niseq ${platform} efi && exit 1 ||\n").action == "disk"


def test_an_installed_system_calls_with_the_token_of_its_seed():
    assert phone_home_of({"user-data": SEED}) == {"url": "http://h", "token": "t9", "node": "n1"}
    assert phone_home_of({"user-data": "hostname: n1\n"}) == {}


class Boot(BaseHTTPRequestHandler):
    """As much of a boot service as a machine sees. Class attributes: what was asked, and what is answered."""

    asked: list[tuple[str, str, Any]] = []  # noqa: RUF012 - of one test at a time
    key = ""

    def do_GET(self) -> None:
        self.asked.append(("GET", self.client_address[0], self.path))
        port = self.server.server_address[1]  # type: ignore[attr-defined]
        words = f"metalctl.url=http://127.0.0.1:{port} metalctl.token=first metalctl.node=n1"
        self._answer(f"#!ipxe\nkernel http://x/kernel {words} || goto failed\n".encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, self.client_address[0], body))
        self._answer(json.dumps({"authorized_keys": [self.key], "hostname": "n1", "time": 0}).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def boot() -> Iterator[str]:
    Boot.asked, Boot.key = [], ""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Boot)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def machine(boot: str) -> Iterator[Any]:
    """One, with its loop in a thread."""
    import asyncio

    from metalctl.lab.fleet import Fleet
    from metalctl.lab.fleet.machines import Machines, MachineSettings

    with socket.socket() as free:
        free.bind(("127.79.0.1", 0))
        port = free.getsockname()[1]
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    fleet = Fleet(load_tree("controller"), FleetSettings(base="127.79.1.1", power_time=0.0))
    times = {"firmware": 0.01, "ramdisk": 0.01, "disk": 0.01, "check": 0.02, "install": 0.02}
    machines = Machines(fleet, MachineSettings(boot, "127.79.0.1", ssh_port=port, **times))
    made = machines.all[0]

    def told(what: Any, *words: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(_call(what, *words), loop).result(20)

    made.told = told  # type: ignore[attr-defined]
    yield made
    told(machines.close)
    asyncio.run_coroutine_threadsafe(_drained(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


async def _drained() -> None:
    """What the machines were about to do has ended, and its sockets are closed."""
    import asyncio

    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.2)


async def _call(what: Any, *words: Any) -> Any:
    return what(*words)


def _until(true: Any) -> None:
    end = time.monotonic() + 15
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_boots_calls_runs_installs_once_and_calls_again_from_its_disk(
    boot: str, machine: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the engine's own SSH, so that what is played is what is really asked."""
    from metalctl.engine.reach import access, remote, runs
    from metalctl.engine.state import StateDir
    from metalctl.model.run import Armed, Herald, InstallSpec, RunSpec
    from metalctl.store.evidence import RunRow

    _other_port(monkeypatch, machine.settings.ssh_port)
    state = StateDir(tmp_path).create()
    Boot.key = access.public_line(state, "e1")
    machine.told(machine.power_on, "Pxe")
    _until(lambda: machine.state == "ramdisk")
    asked, report = Boot.asked[0], Boot.asked[1][2]
    assert asked[:2] == ("GET", "127.79.0.1")
    assert f"uuid={report['uuid']}" in asked[2]
    assert f"mac={report['macs'][0]}" in asked[2]
    assert (report["token"], report["kind"], Boot.asked[1][1]) == ("first", "ramdisk", "127.79.0.1")

    ssh = remote.Remote(machine.address, tuple(report["ssh_host_keys"]), access.client_key(state, "e1"))
    bundle = ("b1", os.urandom(100_000))
    spec = RunSpec("r1", "n1", "burn-in", "quick", {"memory": {}, "disk-health": {"max_wear": 0.8}},
                   boot_id=report["boot_id"], herald=Herald(f"{boot}/news", "00ff"))  # fmt: skip
    runs.start(ssh, "run", spec, bundle)
    row = _ended(ssh, RunRow("r1", "e1", "burn-in", "quick", report["boot_id"]))
    assert row.final is not None
    assert row.final["event"] == "run-finished"
    disks = [r for r in row.results if r.check == "disk-health"]
    assert len(disks) == 4
    assert all(r.verdict == "PASS" and r.measurements[0].at_most == 0.8 for r in disks)
    assert {b["seq"] for path, _, b in Boot.asked if path == "/news"} >= {0, row.entries - 1}

    target = machine.disks[0]
    leave = Armed(target.serial, target.size, "install", "e1", 1e9, boot_id=report["boot_id"])
    order = InstallSpec("i1", "n1", "e1", target.serial, target.size, boot, {"os": "debian"},
                        {"user-data": SEED.replace("http://h", boot)}, leave)  # fmt: skip
    for _ in range(2):  # a controller that lost our answer starts it again
        runs.start(ssh, "install", order, bundle)
        row = _ended(ssh, RunRow("i1", "e1", "install", "", report["boot_id"]))
    assert row.final is not None
    assert row.final["installation"]["count"] == target.installs == 1
    ssh.close()

    machine.told(machine.power_on, "Hdd")
    _until(lambda: machine.state == "installed")
    second = next(b for path, _, b in Boot.asked if path == "/phone-home" and b["kind"] == "installed")
    assert (second["token"], second["root_disk_serial"]) == ("t9", target.serial)
    assert second["boot_id"] != report["boot_id"]
    assert target.seed == {}


def test_nobody_gets_in_with_another_key_and_nothing_is_written_without_leave(
    boot: str, machine: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from metalctl.engine.errors import RemoteError
    from metalctl.engine.reach import access, remote, runs
    from metalctl.engine.state import StateDir
    from metalctl.model.run import Armed, InstallSpec
    from metalctl.store.evidence import RunRow

    _other_port(monkeypatch, machine.settings.ssh_port)
    state = StateDir(tmp_path).create()
    Boot.key = access.public_line(state, "e1")
    machine.told(machine.power_on, "Pxe")
    _until(lambda: machine.state == "ramdisk")
    report = Boot.asked[1][2]
    with pytest.raises(RemoteError):
        remote.Remote(machine.address, tuple(report["ssh_host_keys"]), access.client_key(state, "e2"))
    ssh = remote.Remote(machine.address, tuple(report["ssh_host_keys"]), access.client_key(state, "e1"))
    target = machine.disks[0]
    leave = Armed(target.serial, target.size, "install", "e1", 1e9, boot_id="another boot")
    order = InstallSpec("i1", "n1", "e1", target.serial, target.size, boot, {}, {"user-data": SEED}, leave)
    runs.start(ssh, "install", order, ("b1", b"x"))
    row = _ended(ssh, RunRow("i1", "e1", "install", "", report["boot_id"]))
    ssh.close()
    assert row.final is not None
    assert row.final["kind"] == "Refused"
    assert target.installs == 0


def _other_port(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """Port 22 of this machine may be somebody's."""
    import paramiko

    from metalctl.engine.reach import remote

    monkeypatch.setattr(remote, "PORT", port)
    add = paramiko.HostKeys.add
    monkeypatch.setattr(paramiko.HostKeys, "add", lambda self, name, *key: add(self, f"[{name}]:{port}", *key))


def _ended(ssh: Any, row: Any) -> Any:
    from metalctl.engine.reach import runs

    _until(lambda: runs.tail(ssh, row).state != "running")
    return row
