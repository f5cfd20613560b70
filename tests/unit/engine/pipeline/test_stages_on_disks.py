"""Which disk is written, what must be true of it before and after: the stages prepared and installed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metalctl.engine.errors import EngineError
from metalctl.engine.pipeline import again, check_runs, layout, seed
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.pipeline.services import Image, Services
from metalctl.engine.pipeline.stages import installed, prepared
from metalctl.engine.reach import runs
from metalctl.model.boot import PhoneHome
from metalctl.model.codec import encode
from metalctl.model.dossier import Installation, StageRecord
from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.run import InstallSpec
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import audit, boots, enrollments, evidence, nodes, records
from metalctl.store.evidence import RunRow
from tests.unit.engine.contexts import context_at

GIB = 2**30
# The kernel names say the opposite of what the profile wants: sda is a data disk.
ROOT = Disk("sdd", "ssd", 20 * GIB, False, "ROOT1")
WAL = Disk("nvme0n1", "nvme", 4 * GIB, False, "WAL1")
OSDS = tuple(Disk(name, "hdd", 4 * GIB, True, f"OSD{name}") for name in ("sda", "sdb", "sdc"))
MACHINE = Inventory("in-band", Identity("S1"), disks=(*OSDS, ROOT, WAL))


class FakeRemote:
    """A node that says of its disks what the test wants, and keeps the files that a detached command would write."""

    def __init__(self) -> None:
        self.disks = {d.serial: idle(d, f"8:{16 * n}") for n, d in enumerate(MACHINE.disks)}
        self.files: dict[str, bytes] = {}
        self.commands: list[tuple[str, ...]] = []
        self.active = False

    def check(self, *command: str, **_: Any) -> str:
        self.commands.append(command)
        if command == ("cat", "/proc/uptime"):
            return "321.07 600.00\n"
        return json.dumps(list(self.disks.values()))

    def read_from(self, path: str, offset: int) -> bytes:
        return self.files.get(path.rpartition("/")[2].partition(".")[2], b"")[offset:]


def idle(disk: Disk, number: str) -> dict[str, Any]:
    """What a node says of a disk that it has looked at: free, and empty."""
    seen = {"wwn": disk.wwn, "number": number, "diskseq": "7", "boot_id": "r1"}
    content = {"refusals": [], "unknown": [], "signatures": [], "data": "", "extent": "96 MiB read"}
    return {"serial": disk.serial, "size": disk.size, **seen, **content}


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> FakeRemote:
    fake = FakeRemote()
    monkeypatch.setattr(Context, "remote", lambda *_: fake)
    monkeypatch.setattr(runs, "push_bundle", lambda *_: runs.Python("/opt"))
    monkeypatch.setattr(runs, "unit_active", lambda *_: fake.active)
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
    ctx._options = None  # a tick reads them once, and the next tick has a context of its own


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


@pytest.mark.truth("C2", "a disk with data that no tool has a name for is not an empty disk")
def test_data_of_unknown_kind_stops_the_node_until_somebody_allows_it(ctx: Context, node: FakeRemote) -> None:
    node.disks["WAL1"]["data"] = "data of unknown kind (3 of 264 places read, the first at byte 16384)"
    (found,) = (f for f in refused(ctx, prepared).findings if f.blocks)
    assert (found.verdict, found.got) == (Verdict.FAIL, f"carries {node.disks['WAL1']['data']}")
    assert "--allow-erase" in found.remedy
    allow(ctx)
    assert isinstance(prepared.tick(ctx), Done)


@pytest.mark.truth("C2", "a disk that could not be read is unknown, whoever allowed it to be erased")
@pytest.mark.parametrize(
    "change", [{"unknown": ["what is on it cannot be read: wipefs ended with 1"]}, {"extent": ""}, {"boot_id": "r0"}]
)
def test_a_disk_that_was_not_read_in_this_boot_is_unknown(
    ctx: Context, node: FakeRemote, change: dict[str, Any]
) -> None:
    allow(ctx)
    node.disks["ROOT1"] |= change
    assert [f.verdict for f in refused(ctx, prepared).findings if f.blocks] == [Verdict.UNKNOWN]


def test_what_was_read_of_an_empty_disk_is_told(ctx: Context, node: FakeRemote) -> None:
    outcome = prepared.tick(ctx)
    assert isinstance(outcome, Done)
    assert {f.got for f in outcome.findings} == {"no data found (96 MiB read)"}
    assert sorted(node.commands[0][-2:]) == ["ROOT1", "WAL1"]


def test_reading_whole_disks_runs_on_its_own_and_tells_how_far_it_is(ctx: Context, node: FakeRemote) -> None:
    with ctx.store() as connection:
        again.read_all(connection, ctx.enrollment)
    assert isinstance(prepared.tick(ctx), Wait)
    (started,) = node.commands
    assert started[0] == "systemd-run"
    assert "--full" in started
    node.active, node.files["json.progress"] = True, b'{"done": 30, "total": 80}'
    waiting = prepared.tick(ctx)
    assert isinstance(waiting, Wait)
    assert "37 %" in waiting.why
    node.active, node.files["json"] = False, json.dumps(list(node.disks.values())).encode()
    assert isinstance(prepared.tick(ctx), Done)
    assert node.commands == [started]


def test_reading_whole_disks_that_ended_without_a_result_is_not_begun_again(ctx: Context, node: FakeRemote) -> None:
    with ctx.store() as connection:
        again.read_all(connection, ctx.enrollment)
    prepared.tick(ctx)
    with pytest.raises(EngineError, match="without a result"):
        prepared.tick(ctx)


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


@pytest.fixture
def specs(monkeypatch: pytest.MonkeyPatch) -> list[InstallSpec]:
    """The installations that were asked for."""
    asked: list[InstallSpec] = []

    def follow(ctx: Context, run_id: str, make: Callable[[], InstallSpec], *_: str) -> RunRow:
        if (known := check_runs.found(ctx, run_id)) is not None:
            return known
        asked.append(spec := make())
        row = RunRow(spec.run_id, ctx.enrollment.id, "install", "", "r1")
        with ctx.store() as connection:
            evidence.save_run(connection, row)
        return row

    monkeypatch.setattr(check_runs, "follow", follow)
    monkeypatch.setattr(seed, "render", lambda _: {"user-data": "x"})
    return asked


def prepare(ctx: Context) -> None:
    """The stage `prepared`, passed and written down."""
    outcome = prepared.tick(ctx)
    assert isinstance(outcome, Done)
    record = StageRecord(Stage.PREPARED, Condition.DONE, "", evidence=outcome.evidence)
    with ctx.store() as connection:
        records.save_stage(connection, ctx.enrollment.id, records.StageRow(record))


@pytest.mark.truth("C3", "leave to write is for the disk that was looked at, in that boot, and for no other")
def test_leave_to_write_names_the_disk_and_the_boot_that_were_looked_at(
    ctx: Context, node: FakeRemote, specs: list[InstallSpec]
) -> None:
    prepare(ctx)
    installed.tick(ctx)
    stated = encode(specs[0].armed)
    seen = {name: stated.get(name) for name in ("number", "diskseq", "boot_id")}
    assert seen == {"number": node.disks["ROOT1"]["number"], "diskseq": "7", "boot_id": "r1"}


@pytest.mark.truth("C3", "leave to write is for the disk that was looked at, in that boot, and for no other")
@pytest.mark.parametrize("looked", [True, False], ids=["in another boot", "never"])
def test_a_disk_that_was_not_looked_at_in_this_boot_is_not_written(
    ctx: Context, node: FakeRemote, specs: list[InstallSpec], looked: bool
) -> None:
    if looked:
        prepare(ctx)
        with ctx.store() as connection:
            later = PhoneHome(token="t2", node="n1", kind="ramdisk", boot_id="r2")
            boots.add_boot(connection, ctx.enrollment.id, later)
    with pytest.raises(StageFailed) as failed:
        installed.tick(ctx)
    assert [(f.requirement, f.verdict) for f in failed.value.findings] == [("disks.hygiene", Verdict.UNKNOWN)]
    assert specs == []


def test_leave_to_write_is_given_once_for_the_root_disk_and_expires(
    ctx: Context, node: FakeRemote, specs: list[InstallSpec]
) -> None:
    """After a crash the run is followed: no other leave is made."""
    prepare(ctx)
    for _ in range(2):
        assert isinstance(installed.tick(ctx), Wait)
    (first,) = (spec.armed for spec in specs)
    assert (first.serial, first.size, first.action) == ("ROOT1", 20 * GIB, "install")
    assert first.expires > 0
    with ctx.store() as connection:
        armed = [line for line in audit.of_node(connection, "n1") if line["action"] == "disk-armed"]
    assert [line["detail"]["serial"] for line in armed] == ["ROOT1"]


def test_a_leave_to_write_ends_by_the_nodes_own_clock_that_nobody_sets(
    ctx: Context, node: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provisioner whose clock steps five hours must not write later than it may, nor be refused."""
    monkeypatch.setattr(time, "time", lambda: 9e9)
    monkeypatch.setattr(layout.hygiene, "remembered", lambda *_: node.disks["ROOT1"])
    armed = layout.arm(ctx, ROOT, "install")
    assert armed.expires == 321.07 + layout.ARMED_FOR
