"""What nobody burned in, and what somebody did: the rules themselves, and that they travel to the node."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from metalctl.engine.durability import bundle
from metalctl.model import placeholders

REAL = [
    "F54P1G3", "CZ3123456", "J30A1234", "S123456X7", "C8010LA23NF0012", "QTF4J051400040", "21A7B3C4", "17A0", "80CE01",
    "ABC1234", "VMware-42 1a 07", "0A1B2C3D", "2CK1234", "SN0047382", "12A4", "PSU-SN7", "A1B2", "SER0X91",
]  # fmt: skip
NAMES = [
    "Undefined", "System manufacturer", "System Product Name", "To Be Filled By O.E.M.", "A1_Manufacturer0",
    "<OUT OF SPEC>", "Example serial", "Sample",
]  # fmt: skip
REAL_NAMES = [
    "BANK 0", "DIMM 0", "P0_Node1_Channel0_Dimm0", "A1_DIMM0", "Samsung", "PowerEdge R750", "Module 1", "2",
    "3200 MT/s", "DDR4", "Part of a set", "Board X", "CPU1", "Node 0 Bank 1", "0123 Systems", "Example",
]  # fmt: skip
UUIDS = [
    "03000200-0400-0500-0006-000700080009", "{FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF}", "Not Settable", "0" * 32,
    "00112233-4455-6677-8899-aabbccddeeff", "03020100-0504-0706-0809-0a0b0c0d0e0f",
    "00000000-0000-0000-0000-000000000001", "20202020-2020-2020-2020-202020202020",
    "77777777-8888-9999-aaaa-bbbbbbbbbbbb",
    "01234567-89ab-cdef-0123-456789abcdef", "09000800-0700-0600-0005-000400020003",
]  # fmt: skip
REAL_UUIDS = [
    "4c4c4544-0035-3410-8050-c6c04f314733", "00000000-0000-0000-0000-ac1f6b4a1234",
    "38947555-7742-3448-3784-823347823834",
]  # fmt: skip


@pytest.mark.parametrize("serial", REAL)
def test_a_serial_that_somebody_burned_in_is_kept(serial: str) -> None:
    assert placeholders.number(f" {serial}  ") == serial


@pytest.mark.truth("A9", "a text that stands for no serial is none, in every spelling")
@pytest.mark.parametrize(
    "serial",
    ["Error", "READ ERROR", "Absent", "Please fill", "Please Fill In", "Reserved", "TEST", "ChangeMe", "SKU Number",
     "Not Present", "No DIMM", "N/A", "Empty", "xxx", "0xDEADBEEF"],
)  # fmt: skip
def test_a_word_in_place_of_a_serial_says_nothing(serial: str) -> None:
    assert placeholders.number(f" {serial} ") == ""


@pytest.mark.parametrize("serial", ["ERR0R7731", "TESTAROSSA9", "ABSENT77A", "FILL2291", "RESERVE-7B2"])
def test_a_serial_with_such_a_word_in_it_is_kept(serial: str) -> None:
    assert placeholders.number(serial) == serial


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_nobody_gave_says_nothing(name: str) -> None:
    assert placeholders.text(name) == ""


@pytest.mark.parametrize("name", REAL_NAMES)
def test_a_name_that_says_something_is_kept(name: str) -> None:
    assert placeholders.text(name) == name


@pytest.mark.parametrize("uuid", UUIDS)
def test_a_uuid_that_nobody_made_for_a_machine_says_nothing(uuid: str) -> None:
    assert placeholders.uuid(uuid) == ""


@pytest.mark.parametrize("uuid", REAL_UUIDS)
def test_a_uuid_that_tells_machines_apart_is_kept(uuid: str) -> None:
    assert placeholders.uuid("{" + uuid.upper() + "}") == uuid


@pytest.mark.parametrize("mac", ["52:54:00:00:00:01", "b0:7b:25:d6:51:82", "02:00:00:00:00:01", "ac:1f:6b:00:00:ff"])
def test_an_address_of_one_port_is_kept(mac: str) -> None:
    assert placeholders.mac(mac.upper().replace(":", "-")) == mac


def test_a_text_without_end_is_read_in_no_time() -> None:
    assert placeholders.number("serialnumber" * 400 + "!")


def test_the_rules_travel_to_the_node(tmp_path: Path) -> None:
    _, packed = bundle.build()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in (m for m in archive if m.name.startswith(("metalctl/__init__", "metalctl/model/"))):
            file = tmp_path / member.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(archive.extractfile(member).read())  # type: ignore[union-attr]
    code = "from metalctl.model.identity import usable_serial as u; print(repr(u('Default string')), u('F54P1G3'))"
    words = [sys.executable, "-S", "-c", code]
    done = subprocess.run(words, cwd=tmp_path, env={}, capture_output=True, text=True, check=True)
    assert done.stdout == "'' F54P1G3\n"
