"""The page of an inventory: every part has its line, what was not read is last, and strings steer nothing."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace

import pytest

from metalctl.cli._disk_health import health
from metalctl.cli._inventory_page import plain, sections, show
from metalctl.cli.inspect_local import run_local
from metalctl.model.codec import decode
from metalctl.model.identity import Identity
from metalctl.model.inventory import (
    Dimm,
    Disk,
    DiskHealth,
    Inventory,
    LogEntry,
    Manager,
    Memory,
    Nic,
    PcieDevice,
    PcieLink,
    PowerSupply,
    Sensor,
    Unreadable,
)


def machine() -> Inventory:
    return Inventory(
        source="in-band",
        identity=Identity(serial="S1", manufacturer="Example"),
        memory=Memory(total=2**35, dimms=(Dimm("A1", 2**35, speed_mts=3200, configured_mts=2933), Dimm("A2", 0))),
        disks=(
            Disk("nvme0n1", "nvme", 10**12, serial="N1", link=PcieLink(8, 2, 16, 4), health=DiskHealth("failing", 104)),
        ),
        nics=(Nic("eth0", "02:00:00:00:00:01", supported=(10**10, 25 * 10**9)),),
        pcie=(PcieDevice("0000:18:00.0", "gpu", "NVIDIA", "GA100 [A100 PCIe 40GB]"),),
        power_supplies=(PowerSupply("PSU2", present=False),),
        sensors=(Sensor("fan1", "fan", 5400, "rpm", "ok"),),
        unreadable=(Unreadable("tpm", "no\x1b[31mdriver"),),
    )


def rows(title: str, taken: Inventory) -> list[tuple[str, ...]]:
    return [row for s in sections(taken) if s.title == title for row in s.rows]


def test_every_section_has_as_many_cells_as_columns() -> None:
    assert all(len(row) == len(s.columns) for s in sections(machine()) for row in s.rows)


def test_a_slow_dimm_an_empty_slot_and_a_narrow_link_are_seen() -> None:
    memory = rows("Memory", machine())
    assert memory[1][3] == "2933 MT/s (rated 3200)"
    assert memory[2][:2] == ("A2", "empty")
    assert rows("Disks", machine())[0][-2:] == ("8 GT/s ×2 of 16 GT/s ×4", "failing, 104 % worn")
    assert rows("Power supplies", machine()) == [("PSU2", "empty", "", "", "")]


def test_what_was_not_read_comes_last_and_health_unread_is_no_health() -> None:
    assert sections(machine())[-1].title == "Not read"
    assert health(None) == "?"
    assert health(DiskHealth()) == "not stated"


def test_of_a_bmc_what_is_out_of_order_is_shown_and_what_is_in_order_is_counted() -> None:
    log = (LogEntry("2026-01-01", "ok", "boot"), LogEntry("2026-01-02", "critical", "PSU 2 lost its input"))
    sensors = (Sensor("PG 1", "voltage", health="ok"), Sensor("PG 2", "voltage", health="critical"))
    taken = replace(machine(), log=log, sensors=sensors, manager=Manager("iDRAC", "6.10", clock_offset=-3600.0))
    assert rows("Event log", taken) == [("2026-01-02", "critical", "PSU 2 lost its input")]
    assert rows("Sensors", taken) == [("PG 2", "?", "critical"), ("1 without a reading", "", "ok")]
    assert ("BMC", "iDRAC, 6.10, its clock is 3600 s behind") in rows("Machine", taken)


def test_strings_of_the_machine_are_printed_as_they_are_without_steering(capsys: pytest.CaptureFixture[str]) -> None:
    show(machine(), root=False)
    printed = capsys.readouterr().out
    assert "[A100 PCIe 40GB]" in printed
    assert "\x1b" not in printed
    assert printed.rstrip().endswith("Run it as root to read more.")
    assert plain("a\x1b[2J\nb") == "a�[2J�b"


def test_an_inventory_without_anything_is_a_short_page() -> None:
    assert [s.title for s in sections(Inventory(source="in-band", identity=Identity()))] == ["Processors"]


def test_this_machine_prints_an_inventory_that_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    run_local(True)
    taken = decode(Inventory, json.loads(capsys.readouterr().out))
    assert taken.source == "in-band"
    assert taken.cpu.threads
    assert taken.memory.total
    assert taken.sources["memory.total"] == "/proc/meminfo"
    # Nothing stays out without a reason: what is empty here is named.
    named = {u.fact for u in taken.unreadable}
    silent = [f for f in ("sensors", "power_supplies", "tpm") if not getattr(taken, f) and f not in named]
    assert silent == []
    assert dataclasses.is_dataclass(taken.cpu)
