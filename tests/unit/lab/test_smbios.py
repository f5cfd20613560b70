"""The firmware's memory tables, read back by dmidecode itself and by our own collector."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.content.programs import find
from metalctl.lab import faults
from metalctl.lab.errors import RackFileError
from metalctl.lab.rack import smbios
from metalctl.lab.spec import MIB, Disk, Node
from metalctl.model.inventory import Dimm
from metalctl.model.slots import placed
from metalctl.node import dmi
from metalctl.node.inspect.memory_devices import dimm, ecc

GIB = 2**30
NODE = Node("n1", "compute", memory=4 * GIB, dimms=(GIB,) * 4, disks=(Disk("ssd", GIB),))


def decoded(node: Node, where: Path) -> str:
    """What dmidecode says of the tables: it reads a dump of an entry point (SMBIOS 3) and the structures."""
    if not (found := find("dmidecode")):
        pytest.skip("dmidecode is not installed; ./dev setup test installs it")
    end = struct.pack("<BBH", 127, 4, 0xFEFF) + b"\0\0"
    table = b"".join(smbios.structures(node, "MCTL12345678")) + end
    entry = bytearray(struct.pack("<5sBBBBBBBIQ", b"_SM3_", 0, 24, 3, 2, 0, 1, 0, len(table), 32))
    entry[5] = -sum(entry) % 256
    dump = where / "smbios.bin"
    dump.write_bytes(bytes(entry).ljust(32, b"\0") + table)
    done = subprocess.run([found, "--from-dump", str(dump)], capture_output=True, text=True, check=True, timeout=60)
    assert "invalid" not in done.stdout.lower(), done.stdout
    assert not done.stderr
    return done.stdout


def modules(text: str) -> tuple[Dimm, ...]:
    """The slots as inspect lists them."""
    return placed([dimm(s) for s in dmi.titled(text, "Memory Device")], 1)


def test_every_slot_tells_its_module_channel_and_serial(tmp_path: Path) -> None:
    found = modules(decoded(NODE, tmp_path))
    assert [(d.slot, d.size, d.socket, d.channel) for d in found] == [
        (f"P0 CHANNEL {letter} DIMM {letter}1", GIB, "0", letter) for letter in "ABCD"
    ]
    assert len({d.serial for d in found}) == 4
    assert {(d.type, d.speed_mts, d.configured_mts, d.rank, d.manufacturer, d.part_number) for d in found} == {
        ("DDR4", 3200, 3200, 2, "metalctl", "EMULATED-1024M")
    }


def test_a_module_of_64_gib_needs_the_extended_size(tmp_path: Path) -> None:
    text = decoded(Node("n1", "compute", memory=512 * GIB, dimms=(64 * GIB,) * 8), tmp_path)
    assert [dimm(s).size for s in dmi.titled(text, "Memory Device")] == [64 * GIB] * 8


def test_an_empty_channel_keeps_its_slot(tmp_path: Path) -> None:
    node = faults.inject(replace(NODE, faults=("channel-empty",)))
    assert node.memory == 3 * GIB
    found = modules(decoded(node, tmp_path))
    assert [(d.size, d.channel) for d in found] == [(GIB, "A"), (GIB, "B"), (GIB, "C"), (0, "D")]
    assert (found[3].serial, found[3].part_number) == ("", "")


def test_a_mapped_out_module_is_listed_though_its_memory_is_gone(tmp_path: Path) -> None:
    node = faults.inject(replace(NODE, faults=("mapped-out-dimm",)))
    assert node.memory == 3 * GIB
    assert [dimm(s).size for s in dmi.titled(decoded(node, tmp_path), "Memory Device")] == [GIB] * 4


def test_error_correction_is_as_declared(tmp_path: Path) -> None:
    assert ecc(decoded(NODE, tmp_path)) is True
    assert ecc(decoded(faults.inject(replace(NODE, faults=("ecc-off",))), tmp_path)) is False


def test_without_declared_modules_there_are_no_tables() -> None:
    assert smbios.structures(Node("n1", "compute", memory=512 * MIB), "MCTL12345678") == []


@pytest.mark.parametrize("fault", ["mapped-out-dimm", "channel-empty", "ecc-off"])
def test_a_fault_in_modules_needs_modules(fault: str) -> None:
    with pytest.raises(RackFileError, match="declares no dimms"):
        faults.inject(Node("n1", "compute", faults=(fault,)))
