"""What changed between two inventories, and which checks that asks for: nothing is missed, nothing is made up."""

from __future__ import annotations

import dataclasses
import importlib.util
import typing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from metalctl.model.diff import TOLERANCE, VOLATILE, Change, checks, diff, written
from metalctl.model.inventory import Dimm, Inventory, Neighbour, PcieLink, Sensor, Unreadable
from metalctl.model.parts import KINDS
from metalctl.model.rerun import RERUN, checks_for

_HERE = Path(__file__).parent
_SPEC = importlib.util.spec_from_file_location("machines", _HERE / "machines.py")
assert _SPEC
assert _SPEC.loader
machines = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(machines)

_MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def now(**changes: Any) -> tuple[Change, ...]:
    taken = machines.in_band()
    return diff(taken, replace(taken, **changes))


def disks(number: int, **changes: Any) -> dict[str, Any]:
    found = list(machines.in_band().disks)
    found[number] = replace(found[number], **changes)
    return {"disks": tuple(found)}


def dimms(number: int, dimm: Dimm) -> dict[str, Any]:
    memory = machines.in_band().memory
    found = list(memory.dimms)
    found[number] = dimm
    return {"memory": replace(memory, dimms=tuple(found))}


def told(changes: tuple[Change, ...]) -> list[tuple[str, str, str, str]]:
    return [(c.what, c.kind, c.fact, c.meaning) for c in changes]


@pytest.mark.slow
@_MANY
@given(machines.INVENTORIES)
def test_an_inventory_has_not_changed_from_itself(taken: Inventory) -> None:
    assert diff(taken, taken) == ()


@pytest.mark.slow
@_MANY
@given(machines.INVENTORIES, machines.INVENTORIES)
def test_any_two_inventories_can_be_told_apart_in_words(a: Inventory, b: Inventory) -> None:
    for change in diff(a, b):
        assert change.sentence
        assert set(change.checks) <= {name for names in RERUN.values() for name in names}


_OTHER = {str: "ZZ9", int: 987654321987, float: 12.5, bool: True}


def _facts(taken: Inventory) -> list[tuple[tuple[Any, ...], Any]]:
    """(steps of fields and indices, another value of its type) of every fact of the real-looking machine."""
    found: list[tuple[tuple[Any, ...], Any]] = []

    def walk(value: Any, steps: tuple[Any, ...]) -> None:
        hints = typing.get_type_hints(type(value))
        for field in dataclasses.fields(value):
            inner, here = getattr(value, field.name), (*steps, field.name)
            if dataclasses.is_dataclass(inner):
                walk(inner, here)
            elif isinstance(inner, tuple) and inner and dataclasses.is_dataclass(inner[0]):
                for index, part in enumerate(inner):
                    walk(part, (*here, index))
                continue
            hint = hints[field.name]
            if hint in (tuple[str, ...], dict[str, str]):
                found.append((here, ("ZZ9",) if hint == tuple[str, ...] else {"a": "b"}))
                continue
            kinds = [k for k in (hint, *typing.get_args(hint)) if k in _OTHER]
            found.extend((here, not inner if k is bool else _OTHER[k]) for k in kinds)

    walk(taken, ())
    return found


def _set(value: Any, steps: tuple[Any, ...], new: Any) -> Any:
    if not steps:
        return new
    head, *rest = steps
    if isinstance(head, int):
        return (*value[:head], _set(value[head], tuple(rest), new), *value[head + 1 :])
    return replace(value, **{head: _set(getattr(value, head), tuple(rest), new)})


def _by_itself(steps: tuple[Any, ...]) -> bool:
    """Whether the table says that this fact changes by itself."""
    names = [s for s in steps if isinstance(s, str)]
    path = ".".join(names)
    kind = next((k for k in KINDS if path.startswith(f"{k.field}.")), None)
    name = path.removeprefix(f"{kind.field}.") if kind else path
    facts = VOLATILE.get(kind.name if kind else "machine", frozenset())
    return any(name == f or name.startswith(f"{f}.") for f in facts)


@pytest.mark.slow
def test_every_single_changed_fact_is_found_and_what_changes_by_itself_is_not() -> None:
    before = machines.in_band()
    places = _facts(before)
    assert len(places) > 300
    for steps, new in places:
        found = diff(before, _set(before, steps, new))
        if _by_itself(steps):
            assert found == (), steps
        else:
            assert found, steps
            assert len({c.part for c in found}) <= 2, "one change is not told of many parts"


def test_a_swapped_dimm_is_told_by_both_serials_and_memory_is_tested_again() -> None:
    changes = now(**dimms(3, replace(machines.in_band().memory.dimms[3], serial="NEW00001")))
    assert changes[0].what == "swapped"
    assert "serial 2F1B3CA4" in str(changes[0].before)
    assert "serial NEW00001" in changes[0].sentence
    assert set(checks(changes)) == {"dimms", "memory", "memory-stress"}


def test_a_dimm_that_is_gone_is_removed_and_not_merely_smaller() -> None:
    assert told(now(**dimms(3, Dimm("A4", 0)))) == [("removed", "dimm", "", "")]


def test_a_swapped_disk_of_the_same_bay_is_one_change() -> None:
    changes = now(**disks(1, serial="ZX99", wwn="0x5000c500dffff"))
    assert told(changes) == [("swapped", "disk", "", "")]
    assert set(checks(changes)) == {"disk-health", "hdd-randread", "hdd-seqread", "disk-fio"}


def test_a_disk_that_is_known_by_its_pci_address_alone_can_be_swapped() -> None:
    bare = {"slot": "", "by_path": "", "wwn": ""}
    before = replace(machines.in_band(), **disks(0, **bare))
    after = replace(machines.in_band(), **disks(0, **bare, serial="S9", firmware="GDC9999Q"))
    assert told(diff(before, after)) == [
        ("swapped", "disk", "", ""),
        ("changed", "disk", "firmware", "firmware moved"),
    ]


def test_a_swapped_adapter_is_known_by_its_addresses() -> None:
    taken = machines.in_band()
    nics = tuple(replace(n, mac=n.mac.replace("b8", "a0")) for n in taken.nics)
    changes = now(nics=nics)
    assert told(changes) == [("swapped", "nic", "", "")] * 2
    assert "bond" in checks(changes)


def test_two_disks_that_changed_bays_are_moved_and_not_swapped() -> None:
    nvme, a, b = machines.in_band().disks
    changes = now(disks=(nvme, replace(a, slot=b.slot, by_path=b.by_path), replace(b, slot=a.slot, by_path=a.by_path)))
    assert {(c.what, c.fact) for c in changes} == {("changed", "slot"), ("changed", "by_path")}


def test_a_link_that_trained_narrower_is_said_so() -> None:
    (change,) = now(**disks(0, link=PcieLink(16, 2, 16, 4)))
    assert (change.fact, change.meaning) == ("link.width", "narrower")
    assert change.sentence.endswith("link.width ×4 → ×2 (narrower)")
    assert "nvme-seqread" in change.checks


def test_firmware_that_moved_is_told_once_and_with_its_part() -> None:
    before = machines.in_band()
    firmware = (*before.firmware, replace(before.firmware[0], component="nvme S6CKNE0T100001", version="GDC5902Q"))
    moved = (*before.firmware, replace(before.firmware[0], component="nvme S6CKNE0T100001", version="GDC9999Q"))
    after = replace(before, firmware=moved, **disks(0, firmware="GDC9999Q"))
    assert told(diff(replace(before, firmware=firmware), after)) == [("changed", "disk", "firmware", "firmware moved")]


def test_a_new_bios_asks_for_nearly_everything_and_a_new_bmc_for_nothing() -> None:
    bios, bmc = machines.in_band().firmware
    assert {"memory", "kvm-guest", "iperf3"} <= set(checks(now(firmware=(replace(bios, version="2.0.0"), bmc))))
    assert checks(now(firmware=(bios, replace(bmc, version="7.00")))) == ()


def test_a_cable_in_another_switch_port_is_told() -> None:
    taken = machines.in_band()
    before = replace(taken, nics=(replace(taken.nics[0], neighbour=Neighbour("leaf1", "7")), taken.nics[1]))
    after = replace(taken, nics=(replace(taken.nics[0], neighbour=Neighbour("leaf2", "7")), taken.nics[1]))
    (change,) = diff(before, after)
    assert (change.fact, change.meaning) == ("neighbour.switch", "cabled elsewhere")
    assert "iperf3" in change.checks


def test_what_could_not_be_read_the_second_time_is_not_called_removed() -> None:
    memory = machines.in_band().memory
    blind = now(memory=replace(memory, dimms=()), unreadable=(Unreadable("memory.dimms", "dmidecode: timeout"),))
    assert {c.what for c in blind} == {"not readable"}
    assert checks(blind) == ()
    gone = now(memory=replace(memory, dimms=()))
    assert {c.what for c in gone} == {"removed"}


def test_a_scalar_that_could_not_be_read_is_not_called_changed() -> None:
    (change,) = now(secure_boot=None, unreadable=(Unreadable("secure_boot", "efivars"),))
    assert change.what == "not readable"
    assert change.sentence == "the machine: secure_boot no → not readable"


def test_kernel_names_times_and_temperatures_are_no_change() -> None:
    before = machines.in_band()
    after = replace(
        before,
        taken="2027-01-01T00:00:00Z",
        boot_id="other",
        kernel="6.12",
        disks=tuple(replace(d, name=f"x{d.name}") for d in reversed(before.disks)),
        nics=tuple(replace(n, name=f"eth{i}") for i, n in enumerate(before.nics)),
        memory=replace(before.memory, total=(before.memory.total or 0) - 2**20),
    )
    assert diff(before, after) == ()
    assert diff(replace(before, sensors=(Sensor("t", "temperature", 40.0),)),
                replace(before, sensors=(Sensor("t", "temperature", 60.0),))) == ()  # fmt: skip


def test_memory_that_shrank_by_more_than_a_kernel_is_a_change() -> None:
    memory = machines.in_band().memory
    assert told(now(memory=replace(memory, total=memory.total - 32 * machines.GIB))) == [
        ("changed", "machine", "memory.total", "")
    ]


def test_the_table_names_checks_and_parts_that_exist() -> None:
    there = {p.stem.replace("_", "-") for p in (_HERE.parents[2] / "checks").glob("*.py")}
    assert {name for names in RERUN.values() for name in names} <= there
    kinds = {k.name for k in KINDS} | {"machine"}
    assert all(kind in kinds or kind.split(" ")[0] in kinds for kind, _ in RERUN)
    assert set(VOLATILE) <= kinds
    assert {kind for kind, _ in TOLERANCE} <= kinds
    listed = {kind for kind, fact in RERUN if not fact}
    assert {k.name for k in KINDS} - {"disk"} <= listed, "every kind of part has its line, if only an empty one"


def test_the_longest_fact_decides_which_checks_run() -> None:
    assert checks_for("disk nvme", "health.defects") == ("nvme-health", "disk-health")
    assert "nvme-randread" in checks_for("disk nvme", "link.width")
    assert checks_for("firmware hba") == ()
    assert checks_for("no such part") == ()


def test_values_are_written_for_people() -> None:
    assert [written("size", 2**30), written("speed", 25 * 10**9)] == ["1 GiB", "25 Gb/s"]
    assert [written("link.speed", 8.0), written("kvm", False)] == ["8 GT/s", "no"]
