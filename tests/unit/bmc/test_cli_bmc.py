"""`metalctl bmc`, as a person runs it, against a replayed BMC over HTTPS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from metalctl.bmc.errors import BmcError, Unsupported
from metalctl.cli.bmc import bmc
from metalctl.cli.power import power
from metalctl.lab.errors import FleetError
from metalctl.lab.fleet.replay import Fault, Replay
from tests.unit.bmc.fake_tree import MANAGER, ROOT, SYSTEM, tree


@pytest.fixture
def machine() -> Iterator[Replay]:
    """A BMC with everything, that wants admin / s3cret."""
    resources = tree()
    resources[f"{ROOT}/Systems"] = {"Members": [{"@odata.id": SYSTEM}]}
    resources[SYSTEM] |= {"@odata.type": "#ComputerSystem.v1_5_0.ComputerSystem"}
    resources[ROOT] |= {"@odata.id": ROOT, "Name": "Root", "Links": {}}
    with Replay(resources, "admin", "s3cret") as server:
        yield server


def run(*words: str, state: Path, check: bool = True) -> Result:
    env = {"BMC_USERNAME": "admin", "BMC_PASSWORD": "s3cret"}
    command, words = (power, words[1:]) if words[0] == "power" else (bmc, words)
    done = CliRunner().invoke(command, [*words, "--credential", "env:BMC", "--state-dir", str(state)], env=env)
    if check and done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_probe_tells_capabilities_quirks_and_why_conformance_was_skipped(machine: Replay, tmp_path: Path) -> None:
    machine.tree[SYSTEM]["Manufacturer"] = "Dell Inc."
    done = run("probe", machine.url, "--validator", "no-such-validator", "--json", state=tmp_path)
    told = json.loads(done.stdout)
    able = {one["name"]: one["has"] for one in told["capabilities"]}
    assert (able["power"], able["virtual media"], able["accounts"], able["tasks"]) == ("yes", "yes", "yes", "no")
    quirk = next(one for one in told["quirks"] if one["name"] == "service-tag-in-sku")
    assert (quirk["source"], quirk["support"]) == ("https://bugs.launchpad.net/ironic/+bug/2146585", 1)
    assert told["conformance"]["verdict"] == "SKIP"
    assert "pip install" in told["conformance"]["reason"]


def test_a_capability_that_cannot_be_read_is_unknown_and_not_no(machine: Replay, tmp_path: Path) -> None:
    machine.faults[f"{SYSTEM}/Bios"] = Fault(500)
    done = run("probe", machine.url, "--no-conformance", "--json", state=tmp_path)
    able = {one["name"]: (one["has"], one["detail"]) for one in json.loads(done.stdout)["capabilities"]}
    assert able["BIOS settings"][0] == "unknown"
    assert "500" in able["BIOS settings"][1]


def test_probe_without_a_credential_sends_none(machine: Replay) -> None:
    done = CliRunner().invoke(bmc, ["probe", machine.url, "--json"])
    assert json.loads(done.stdout)["fingerprint"] == machine.fingerprint
    assert machine.authorized == 0


def test_the_boot_device_is_set_and_told(machine: Replay, tmp_path: Path) -> None:
    assert run("boot", "pxe", machine.url, "--mode", "uefi", state=tmp_path).stdout.endswith("boots from: pxe\n")
    shown = json.loads(run("boot", "status", machine.url, "--json", state=tmp_path).stdout)
    assert shown == {"node": machine.url, "boot": "pxe"}
    assert run("boot", "none", machine.url, state=tmp_path).stdout.endswith("boots from: none\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [(["led", "status"], "locator off\n"), (["bios"], "BootMode = Uefi\nThreads = 2\nVt = Off"),
     (["secure-boot", "status"], "secure boot off\n"), (["media", "list"], "A (cd): empty\nB (cd): empty"),
     (["bios", "--set", "Vt=Off"], "BIOS Vt=Off: nothing was changed"), (["power", "status"], "is on")],
)  # fmt: skip
def test_what_is_asked_is_told_and_nothing_is_written(
    machine: Replay, tmp_path: Path, words: list[str], told: str
) -> None:
    done = run(words[0], *words[1:2], machine.url, *words[2:], state=tmp_path) if words[0] != "bios" else run(
        "bios", machine.url, *words[1:], state=tmp_path
    )  # fmt: skip
    assert told in done.stdout
    assert {method for method, _ in machine.requests} == {"GET"}


@pytest.mark.slow
def test_a_reset_is_told_as_accepted_since_it_leaves_no_state_to_read(machine: Replay, tmp_path: Path) -> None:
    assert "is on (the reset was accepted" in run("power", "reset", machine.url, state=tmp_path).stdout
    told = json.loads(run("power", "nmi", machine.url, "--json", state=tmp_path).stdout)
    assert (told["power"], "accepted" in told["note"]) == ("on", True)
    assert "note" not in json.loads(run("power", "on", machine.url, "--json", state=tmp_path).stdout)


def test_mistakes_of_the_command_line_are_told_before_anything_is_sent(machine: Replay, tmp_path: Path) -> None:
    for words in (
        ["bios", machine.url, "--set", "Vt"],
        ["media", "insert", machine.url],
        ["media", "eject", machine.url, "--image", "x"],
    ):
        assert run(*words, state=tmp_path).exit_code == 2
    assert not machine.requests


def test_what_ipmi_cannot_do_is_said() -> None:
    from metalctl.bmc.endpoint import Endpoint
    from metalctl.cli._machine import need

    class Ipmi:
        endpoint = Endpoint("192.0.2.1", "ipmi")

    with pytest.raises(Unsupported, match="over ipmi") as caught:
        need(Ipmi(), "set_bios")  # type: ignore[arg-type]
    assert "https://" in caught.value.hint


def test_what_is_done_to_an_enrolled_node_is_in_its_audit_trail(machine: Replay, tmp_path: Path) -> None:
    from sqlalchemy import select

    from metalctl.engine.settings import load
    from metalctl.store import nodes, schema
    from metalctl.store.database import open_database, sqlite_url

    state = load(None, tmp_path).state.create()
    engine = open_database(sqlite_url(state.database))
    with engine.begin() as connection:
        nodes.put(connection, "cmp1", machine.url, "env:BMC", "compute")
    run("boot", "pxe", "cmp1", state=tmp_path)
    machine.obeys = False
    assert isinstance(run("power", "off", "cmp1", "--timeout", "1", state=tmp_path, check=False).exception, BmcError)
    with engine.connect() as connection:
        trail = connection.execute(
            select(schema.audit).where(schema.audit.c.node == "cmp1").order_by(schema.audit.c.id)
        )
        rows = [row for row in trail.mappings() if row["action"].startswith("bmc-")]
    engine.dispose()
    assert [(row["action"], row["detail"]["before"], bool(row["detail"]["why"])) for row in rows] == [
        ("bmc-boot", "none uefi Disabled", False), ("bmc-power", None, True),
    ]  # fmt: skip
    assert "pxe" in rows[0]["detail"]["after"]
    assert rows[0]["actor"]
    assert "s3cret" not in json.dumps([row["detail"] for row in rows])


def test_what_is_done_to_a_stranger_is_in_the_log(
    machine: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))
    run("boot", "pxe", machine.url, state=tmp_path)
    log = tmp_path / "state" / "metalctl.log"
    (line,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert (line["audit"]["action"], line["audit"]["bmc"], line["audit"]["before"]) == (
        "boot", machine.url, "none uefi Disabled",
    )  # fmt: skip
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_record_and_replay(machine: Replay, tmp_path: Path) -> None:
    machine.tree[MANAGER]["Oem"] = {"Acme": {"AdminPassword": "hunter2"}}
    file = tmp_path / "node.tar.gz"
    done = run("record", machine.url, "-o", str(file), "--json", state=tmp_path)
    assert json.loads(done.stdout)["left_out"] == {}
    words = [sys.executable, "-m", "metalctl.cli.main", "bmc", "replay", str(file), "--json"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": ":".join(sys.path)}
    ) as served:
        assert served.stdout
        told = json.loads(served.stdout.readline())
        shown = run("boot", "status", told["url"], "--json", state=tmp_path)
        again = run("record", told["url"], "-o", str(tmp_path / "again.tar.gz"), "--json", state=tmp_path)
        served.send_signal(signal.SIGTERM)
        assert served.wait(60) == 0
    assert json.loads(shown.stdout)["boot"] == "none"
    assert json.loads(again.stdout)["resources"] == told["resources"] == len(_tree(file))
    assert b"hunter2" not in json.dumps(_tree(file)).encode()
    assert _tree(file) == _tree(tmp_path / "again.tar.gz")
    assert run("record", machine.url, "-o", str(file), state=tmp_path).exit_code == 2


def _tree(file: Path) -> dict[str, Any]:
    from metalctl.bmc.capture.record import load

    return load(file).tree


def test_a_port_that_is_taken_is_told(machine: Replay, tmp_path: Path) -> None:
    folder = tmp_path / "c" / "redfish" / "v1"
    folder.mkdir(parents=True)
    (folder / "index.json").write_text("{}")
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        done = CliRunner().invoke(bmc, ["replay", str(tmp_path), "--port", str(machine.port)])
    finally:  # it is not to be for the tests that follow to hear of nobody's signal
        for number, handler in before.items():
            signal.signal(number, handler)
    assert isinstance(done.exception, FleetError)
    assert "cannot be listened on" in done.exception.message
