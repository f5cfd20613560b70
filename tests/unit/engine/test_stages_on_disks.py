"""Which disk is written, what must be true of it before and after: the stages prepared and installed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metalctl.engine import again, check_runs, layout, runs, seed
from metalctl.engine.context import Context
from metalctl.engine.errors import EngineError
from metalctl.engine.outcome import Done, StageFailed, Wait
from metalctl.engine.services import Image, Services
from metalctl.engine.stages import installed, prepared
from metalctl.model.boot import PhoneHome
from metalctl.model.codec import encode
from metalctl.model.dossier import Installation
from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.run import InstallSpec
from metalctl.model.stage import Stage
from metalctl.model.verdict import Verdict
from metalctl.store import audit, boots, enrollments, evidence, nodes
from metalctl.store.evidence import RunRow
from tests.unit.engine.contexts import context_at

GIB = 2**30
# The kernel names say the opposite of what the profile wants: sda is a data disk.
ROOT = Disk("sdd", "ssd", 20 * GIB, False, "ROOT1")
WAL = Disk("nvme0n1", "nvme", 4 * GIB, False, "WAL1")
OSDS = tuple(Disk(name, "hdd", 4 * GIB, True, f"OSD{name}") for name in ("sda", "sdb", "sdc"))
MACHINE = Inventory("in-band", Identity("S1"), disks=(*OSDS, ROOT, WAL))


class FakeRemote:
    """A node that says of its disks what the test wants."""

    def __init__(self) -> None:
        self.disks = {d.serial: {"serial": d.serial, "size": d.size, "refusals": [], "signatures": []}
                      for d in MACHINE.disks}  # fmt: skip

    def check(self, *_: str, **__: Any) -> str:
        return json.dumps(list(self.disks.values()))


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> FakeRemote:
    fake = FakeRemote()
    monkeypatch.setattr(Context, "remote", lambda *_: fake)
    monkeypatch.setattr(runs, "push_bundle", lambda *_: runs.Python("/opt"))
    return fake


@pytest.fixture
def ctx(services: Services, enrolled: Callable[..., str]) -> Context:
    identifier = enrolled(profile="lab/storage")
    services.images["debian-12"] = Image("debian-12", {}, "http://127.0.0.1:1/image")
    with services.database.begin() as connection:
        evidence.add_inventory(connection, "n1", identifier, "in-band", MACHINE)
        boots.add_boot(connection, identifier, PhoneHome(token="t", node="n1", kind="ramdisk", boot_id="r1"))
        enrollment, found = enrollments.get(connection, identifier), nodes.get(connection, "n1")
    return context_at(services, enrollment, found, Stage.INSTALLED)


def allow(ctx: Context) -> None:
    with ctx.store() as connection:
        again.allow_erase(connection, ctx.enrollment)


def refused(ctx: Context, stage: Any) -> StageFailed:
    with pytest.raises(StageFailed) as caught:
        stage.tick(ctx)
    return caught.value


def test_the_root_disk_is_chosen_by_role_and_not_by_its_name(ctx: Context) -> None:
    assert layout.root_disk(ctx).serial == "ROOT1"


@pytest.mark.parametrize("bad", [replace(ROOT, serial=""), replace(ROOT, size=None)])
def test_a_root_disk_that_cannot_be_told_apart_is_not_written(ctx: Context, bad: Disk) -> None:
    with ctx.store() as connection:
        machine = replace(MACHINE, disks=(*OSDS, bad, WAL))
        evidence.add_inventory(connection, "n1", ctx.enrollment.id, "in-band", machine)
    with pytest.raises(StageFailed, match=r"install\.root_disk"):
        layout.root_disk(ctx)


def test_unused_disks_are_prepared_and_only_those_that_will_be_written_are_looked_at(
    ctx: Context, node: FakeRemote
) -> None:
    node.disks["OSDsda"]["signatures"] = ["sda: ceph_bluestore"]
    outcome = prepared.tick(ctx)
    assert isinstance(outcome, Done)
    assert sorted(d.split()[2] for d in outcome.evidence["disks"]) == ["ROOT1", "WAL1"]


@pytest.mark.parametrize("serial", ["ROOT1", "WAL1"])
def test_a_disk_with_data_stops_the_node_until_somebody_allows_it(ctx: Context, node: FakeRemote, serial: str) -> None:
    node.disks[serial]["signatures"] = ["x: ext4"]
    failed = refused(ctx, prepared)
    (found,) = (f for f in failed.findings if f.blocks)
    assert (found.verdict, failed.fault) == (Verdict.FAIL, "hardware")
    assert serial in found.part
    assert "--allow-erase" in found.remedy
    allow(ctx)
    assert isinstance(prepared.tick(ctx), Done)


def test_a_disk_in_use_is_refused_even_where_erasing_was_allowed(ctx: Context, node: FakeRemote) -> None:
    allow(ctx)
    node.disks["ROOT1"]["refusals"] = ["sdd1 is mounted on /srv"]
    assert "mounted on /srv" in refused(ctx, prepared).message


def test_a_disk_that_vanished_is_unknown_and_never_prepared(ctx: Context, node: FakeRemote) -> None:
    del node.disks["ROOT1"]
    failed = refused(ctx, prepared)
    assert ([f.verdict for f in failed.findings if f.blocks], failed.fault) == ([Verdict.UNKNOWN], "metalctl")


def test_another_disk_with_the_serial_but_another_size_is_not_the_one(ctx: Context, node: FakeRemote) -> None:
    node.disks["ROOT1"]["size"] = 19 * GIB
    assert [f.verdict for f in refused(ctx, prepared).findings if f.blocks] == [Verdict.UNKNOWN]


def write(ctx: Context, **changes: Any) -> None:
    """The installer ended, and says this."""
    said = replace(Installation("debian-12", "1", "ab", "ROOT1", GIB, True, 1), **changes)
    final = {"event": "run-finished", "installation": encode(said)}
    row = RunRow(installed.run_id(ctx), ctx.enrollment.id, "install", "", "r1", state="finished", final=final)
    with ctx.store() as connection:
        evidence.save_run(connection, row)


def call(ctx: Context, serial: str) -> None:
    """The installed system phoned home from that disk."""
    report = PhoneHome(token="t", node="n1", kind="installed", boot_id="i1", root_disk_serial=serial)
    with ctx.store() as connection:
        boots.add_boot(connection, ctx.enrollment.id, report)


def test_a_verified_image_that_called_from_its_disk_is_installed(ctx: Context) -> None:
    write(ctx)
    call(ctx, "ROOT1")
    outcome = installed.tick(ctx)
    assert isinstance(outcome, Done)
    assert outcome.evidence["boot_id"] == "i1"


@pytest.mark.parametrize("changes", [{"verified": False}, {"disk_serial": "OSDsda"}])
def test_an_image_that_was_not_read_back_from_that_disk_is_no_installation(
    ctx: Context, changes: dict[str, Any]
) -> None:
    write(ctx, **changes)
    call(ctx, "ROOT1")
    assert refused(ctx, installed).findings[0].requirement == "install.verified"


@pytest.mark.parametrize("serial", ["OSDsda", ""])
def test_a_system_that_runs_from_another_disk_is_not_the_installed_one(ctx: Context, serial: str) -> None:
    write(ctx)
    call(ctx, serial)
    assert [f.requirement for f in refused(ctx, installed).findings if f.blocks] == ["install.booted"]


def test_an_installer_that_does_not_say_what_it_wrote_is_not_believed(ctx: Context) -> None:
    row = RunRow(installed.run_id(ctx), ctx.enrollment.id, "install", "", "r1", state="finished",
                 final={"event": "run-finished"})  # fmt: skip
    with ctx.store() as connection:
        evidence.save_run(connection, row)
    with pytest.raises(EngineError, match="without saying"):
        installed.tick(ctx)


def test_leave_to_write_is_given_once_for_the_root_disk_and_expires(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash the run is followed, and what is handed over by then gives no leave."""
    specs: list[InstallSpec] = []

    def follow(ctx: Context, spec: InstallSpec, *_: str) -> RunRow:
        specs.append(spec)
        row = RunRow(spec.run_id, ctx.enrollment.id, "install", "", "r1")
        with ctx.store() as connection:
            evidence.save_run(connection, row)
        return row

    monkeypatch.setattr(check_runs, "follow", follow)
    monkeypatch.setattr(seed, "render", lambda _: {"user-data": "x"})
    for _ in range(2):
        assert isinstance(installed.tick(ctx), Wait)
    first, second = (spec.armed for spec in specs)
    assert (first.serial, first.size, first.action) == ("ROOT1", 20 * GIB, "install")
    assert first.expires > second.expires == 0.0
    assert second.action == "none"
    with ctx.store() as connection:
        armed = [line for line in audit.of_node(connection, "n1") if line["action"] == "disk-armed"]
    assert [line["detail"]["serial"] for line in armed] == ["ROOT1"]
