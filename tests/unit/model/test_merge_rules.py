"""Every rule of the merge finds its contradiction, two writings of one thing are none, and parts are paired by keys."""

from __future__ import annotations

import typing
from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.identity import Identity
from metalctl.model.inventory import (
    Controller,
    Dimm,
    Disk,
    DiskHealth,
    Firmware,
    Inventory,
    Manager,
    Nic,
    Package,
    PowerSupply,
    Tpm,
    Volume,
)
from metalctl.model.merge import _same as same
from metalctl.model.merge._rules import RULES
from metalctl.model.parts import pair, serial, slot, source_of, stated
from tests.unit.model import machines
from tests.unit.model.two_sides import found, inside

GIB = machines.GIB
_SAMPLES: dict[str, tuple[str, Any]] = {
    "package": ("cpu.packages", Package("CPU1")),
    "dimm": ("memory.dimms", Dimm("A1", 32 * GIB)),
    "disk": ("disks", Disk("sda", "hdd", slot="Bay 1", health=DiskHealth())),
    "nic": ("nics", Nic("eth0", "b8:ce:f6:00:00:01", pci="0000:18:00.0")),
    "controller": ("controllers", Controller("c0", pci="0000:5e:00.0")),
    "volume": ("volumes", Volume("v0")),
    "power supply": ("power_supplies", PowerSupply("PSU 1")),
    "firmware": ("firmware", Firmware("bios", "")),
}
_VALUES: dict[type, tuple[Any, Any]] = {str: ("1.2.345678", "9.8.765432"), int: (10**9, 10**6), bool: (True, False)}


def _with(value: Any, path: str, new: Any) -> Any:
    head, _, rest = path.partition(".")
    return replace(value, **{head: _with(getattr(value, head), rest, new) if rest else new})


def _type(owner: Any, path: str) -> Any:
    head, _, rest = path.partition(".")
    hint = typing.get_type_hints(type(owner))[head]
    if rest:
        return _type(getattr(owner, head), rest)
    return next(k for k in (hint, *typing.get_args(hint)) if k in _VALUES)


@pytest.mark.parametrize(("kind", "name"), RULES, ids=lambda v: v)
def test_each_rule_finds_its_contradiction_and_no_other(kind: str, name: str) -> None:
    """Two equal machines that hold one part; one fact of it is stated alike, then otherwise on one side."""
    blank = Inventory("in-band", Identity(), manager=Manager(), tpm=Tpm())
    field, part = _SAMPLES.get(kind, ("", None))
    one, two = _VALUES[_type(blank if part is None else part, name)]

    def side(source: str, value: Any) -> Inventory:
        taken = replace(blank, source=source)
        made: Inventory = (
            _with(taken, name, value) if part is None else _with(taken, field, (_with(part, name, value),))
        )
        return made

    assert found(side("out-of-band", one), side("in-band", one)) == []
    assert [f.requirement for f in found(side("out-of-band", one), side("in-band", two))] == [f"sources.{kind}.{name}"]


SAME = [
    (same.version, "22.31.1014 (DEL0000000027)", "22.31.1014", True),
    (same.version, "A41 v2.42 (01/23/2021)", "2.42", True),
    (same.version, "6.10", "6.10.30.00", True),
    (same.version, "01.74.06", "1.74", True),
    (same.version, "1.9.2", "1.10.0", False),
    (same.version, "2.", "2.12.2", False),
    (same.version, "2.12.2", "2.12.3", False),
    (same.version, "A43 v2.52 (10/29/2021)", "A43", True),
    (same.version, "iLO 5 v2.46", "2.46", True),
    (same.version, "216.4.112.0/pkg 21.60.22.11", "21.60.22.11", True),
    (same.version, "A43 v2.52 (10/29/2021)", "U30", False),
    (same.version, "GDC5902Q", "gdc5902q", True),
    (same.version, "GDC5902Q", "GDC5602Q", False),
    (same.serial, "0040F1A2B3", "40f1a2b3", True),
    (same.serial, "S6CKNE0T100001", "S6CKNE0T100002", False),
    (same.serial, "A1", "A1B2", False),
    (same.words, "Intel(R) Xeon(R) Gold 6354 CPU @ 3.00GHz", "Intel Xeon Gold 6354", True),
    (same.words, "AMD EPYC 7402P 24-Core Processor", "AMD EPYC 7402P", True),
    (same.words, "Intel(R) Xeon(R) Gold 6354", "Intel(R) Xeon(R) Gold 6330", False),
    (same.hexadecimal, "0xd000390", "0x0D000390", True),
    (same.hexadecimal, "0xd000390", "0xd0003a5", False),
    (same.near(0.02), 3840755982336, 3840000000000, True),
    (same.near(0.02), 20e12, 18e12, False),
]


@pytest.mark.parametrize(("compare", "a", "b", "expected"), SAME)
def test_two_writings_of_one_thing_are_told_from_two_things(compare: Any, a: Any, b: Any, expected: bool) -> None:
    assert compare(a, b) is expected
    assert compare(b, a) is expected


def test_parts_are_paired_by_the_best_key_that_is_unique() -> None:
    left = [Dimm("A1", 1, serial="X1"), Dimm("A2", 1, serial="ABC"), Dimm("A3", 1, serial="ABC")]
    right = [Dimm("DIMM.Socket.A2", 1, serial="abc"), Dimm("B7", 1, serial="x1"), Dimm("DIMM A3", 1)]
    pairs, alone, other = pair(left, right, (serial, slot))
    assert {(a.slot, b.slot) for a, b in pairs} == {("A1", "B7"), ("A2", "DIMM.Socket.A2"), ("A3", "DIMM A3")}
    assert (alone, other) == ([], [])


def test_zero_and_no_are_stated_and_nothing_is_not() -> None:
    assert [stated(v) for v in (0, False, 0.0, "x", (1,))] == [True] * 5
    nothing: tuple[Any, ...] = (None, "", (), {})
    assert [stated(v) for v in nothing] == [False] * 4


def test_a_source_is_the_longest_path_that_holds() -> None:
    taken = inside()
    assert source_of(taken, "memory.dimms[A1].size") == "in-band SMBIOS type 17"
    assert source_of(taken, "cpu.cores") == "in-band"
