"""A machine is its parts: two readings are alike, and a part that is gone, new or another one is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from metalctl.model import machine
from metalctl.model.identity import Identity
from metalctl.model.inventory import Cpu, Dimm, Disk, Firmware, Inventory, Memory, Nic, Package

GIB = 2**30
ONE = Inventory(
    "in-band",
    Identity("S1SER", "5a0c1111-2222-4333-8444-555566667777", ("52:54:00:00:00:01",)),
    taken="2026-03-01T00:00:00+00:00",
    cpu=Cpu(packages=(Package("CPU1", "EX-7", 16), Package("CPU2", "EX-7", 16))),
    memory=Memory(
        64 * GIB, (Dimm("A1", 32 * GIB, serial="DM1AAA"), Dimm("B1", 32 * GIB, serial="DM2BBB"), Dimm("C1", 0))
    ),
    disks=(Disk("nvme0n1", "nvme", 10**12, serial="NV1AAA", slot="3"), Disk("sda", "hdd", 10**13, serial="HD1AAA")),
    nics=(Nic("eth0", "52:54:00:00:00:01", pci="0000:01:00.0"),),
)


def disks(found: Inventory, **changes: object) -> Inventory:
    return replace(found, disks=(replace(found.disks[0], **changes), *found.disks[1:]))  # type: ignore[arg-type]


def dimms(found: Inventory, *which: Dimm) -> Inventory:
    return replace(found, memory=replace(found.memory, dimms=which))


def test_a_second_reading_of_one_machine_has_the_same_digest() -> None:
    later = replace(
        disks(ONE, name="nvme1n1", firmware="NEW"),
        taken="2026-09-09T00:00:00+00:00",
        source="installed",
        disks=tuple(reversed(disks(ONE, name="nvme1n1").disks)),
        firmware=(Firmware("bios", "2.0"),),
    )
    assert machine.digest(machine.parts(later)) == machine.digest(machine.parts(ONE))
    assert machine.differences(machine.parts(ONE), machine.parts(later)) == ()


A1, B1, C1 = ONE.memory.dimms


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: dimms(m, A1, C1), ["dimm B1 serial DM2BBB is not there any more"]),
        (
            lambda m: dimms(m, A1, replace(B1, serial="DM9ZZZ")),
            ["dimm B1 serial DM2BBB is not there any more", "dimm B1 serial DM9ZZZ was not there"],
        ),
        (lambda m: dimms(m, A1, replace(B1, slot="C1")), ["dimm C1 serial DM2BBB: it was in B1"]),
        (lambda m: disks(m, size=2 * 10**12), ["disk 3 serial NV1AAA: size 1000000000000 → 2000000000000"]),
        (lambda m: disks(m, slot=""), []),
        (lambda m: replace(m, identity=replace(m.identity, serial="")), []),
        (lambda m: replace(m, cpu=Cpu(packages=m.cpu.packages[:1])), ["cpu CPU2 is not there any more"]),
        (lambda m: replace(m, nics=()), ["nic 0000:01:00.0 serial 52:54:00:00:00:01 is not there any more"]),
    ],
)
def test_what_is_not_as_it_was_is_named(change: Callable[[Inventory], Inventory], said: list[str]) -> None:
    found = machine.differences(machine.parts(ONE), machine.parts(change(ONE)))
    assert [d.said for d in found] == said


def test_only_kinds_that_both_sides_can_read_are_compared() -> None:
    bmc = replace(ONE, nics=(), disks=())
    assert machine.differences(machine.parts(ONE), machine.parts(bmc), ("system", "dimm", "cpu")) == ()
