"""What lies on a disk is read: by wipefs and by a sample, of real loop devices over files with made-up content."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.inventory import Disk
from metalctl.node import hygiene, tool
from metalctl.node.errors import ToolFailed
from metalctl.node.install.device import Device, DeviceFailed
from tests.unit.node.disks.conftest import MIB, SERIAL, Make

GIB = 2**30
PAGE = bytes.fromhex("4a1b7702") + bytes(4) + b"c\x01\xe8\x1f" + bytes(8000) + b"some row" * 23  # 8192 bytes
NOISE = random.Random(3).randbytes(MIB)
# A superblock of bcachefs at byte 4096, for which util-linux 2.38 has no name.
BCACHEFS = bytes(24) + bytes.fromhex("c68573f66603cf4a2f2a5e1d8d3b7a11") + b"\x01" * 40


def says_empty(found: dict[str, Any]) -> bool:
    """Whether nothing at all speaks against taking the disk for empty."""
    return not any(found.get(key) for key in ("refusals", "unknown", "signatures", "data"))


@pytest.mark.parametrize("size", [MIB, 33 * MIB + 512 * 3, 200 * MIB + 512 * 5])
def test_a_blank_disk_is_empty_and_how_much_was_read_is_told(loop_disk: Make, size: int) -> None:
    found = hygiene.look(loop_disk(size))
    assert says_empty(found), found
    wanted = "96 MiB read: first and last 16 MiB, 256 random places" if size > 100 * MIB else f"all {size} bytes read"
    assert found["extent"] == wanted


@pytest.mark.truth("C2", "a disk with data that no tool has a name for is not an empty disk")
@pytest.mark.parametrize(
    ("size", "content"),
    [
        (40 * MIB, {24 * MIB: PAGE}),
        (40 * MIB, {4096: BCACHEFS}),
        (2 * GIB, {16384: PAGE}),
        (2 * GIB, {2 * GIB - 512: b"\x01"}),
        (160 * MIB, {32 * MIB + n * MIB // 2: PAGE * 40 for n in range(200)}),
        (120 * MIB, {n * MIB: NOISE for n in range(120)}),
    ],
    ids=["pages", "unknown superblock", "first MiB", "last byte but 511", "here and there", "encrypted"],
)
def test_data_without_a_signature_is_data_of_unknown_kind(
    loop_disk: Make, size: int, content: dict[int, bytes]
) -> None:
    found = hygiene.look(loop_disk(size, content))
    assert not says_empty(found)
    assert found["data"].startswith("data of unknown kind")


def test_where_the_first_data_is_told(loop_disk: Make) -> None:
    assert "the first at byte 25165824" in hygiene.look(loop_disk(40 * MIB, {24 * MIB: PAGE}))["data"]


@pytest.mark.truth("C2", "whatever reads as anything but zeros may be somebody's")
@pytest.mark.parametrize(("byte", "like"), [(0xFF, "an erased flash drive"), (0x5A, "a wiping tool")])
def test_a_disk_full_of_one_byte_is_not_empty_and_is_told_as_what_it_may_be(
    loop_disk: Make, byte: int, like: str
) -> None:
    found = hygiene.look(loop_disk(130 * MIB, {n * MIB: bytes([byte]) * MIB for n in range(130)}))
    assert not says_empty(found)
    assert f"every byte read is 0x{byte:02X}: {like}" in found["data"]


@pytest.mark.truth("C2", "a partition table that was made for other sectors is a partition table")
@pytest.mark.parametrize(("sector", "made_for"), [(512, 4096), (4096, 512)])
@pytest.mark.parametrize("backup", [False, True])
def test_a_gpt_made_for_other_sectors_is_named(loop_disk: Make, sector: int, made_for: int, backup: bool) -> None:
    size = 36 * MIB
    place = size - made_for if backup else made_for
    found = hygiene.look(disk := loop_disk(size, {place: b"EFI PART\0\0\1\0"}, sector))
    assert f"{disk.name}: gpt (made for sectors of {made_for} bytes)" in found["signatures"]
    assert found["data"]


@pytest.mark.truth("C2", "what cannot be read is unknown, not empty")
@pytest.mark.parametrize("at", [0, 20 * MIB, 39 * MIB])
def test_a_read_error_is_unknown(loop_disk: Make, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    honest = Device.read_view

    def read_view(self: Device, view: memoryview, offset: int) -> None:
        if offset <= at < offset + len(view):
            raise DeviceFailed(f"{self.path}: read at byte {at} failed: Input/output error")
        honest(self, view, offset)

    monkeypatch.setattr(Device, "read_view", read_view)
    found = hygiene.look(loop_disk())
    assert not says_empty(found)
    assert found["unknown"] == [f"what is on it cannot be read: /dev/{found['name']}: read at byte {at} failed: "
                                "Input/output error"]  # fmt: skip


def test_a_disk_that_is_too_slow_to_be_read_is_unknown(loop_disk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalctl.node.sample.DEADLINE", -1.0)
    (why,) = hygiene.look(loop_disk(200 * MIB))["unknown"]
    assert "only 1 of 264 places could be read" in why


@pytest.mark.parametrize("failure", [ToolFailed("wipefs is not installed"), tool.Output(("wipefs",), 1, "", "failed")])
def test_without_wipefs_nothing_is_said_to_be_empty(
    loop_disk: Make, monkeypatch: pytest.MonkeyPatch, failure: tool.Output | ToolFailed
) -> None:
    def run(*_: object) -> tool.Output:
        if isinstance(failure, ToolFailed):
            raise failure
        return failure

    monkeypatch.setattr(tool, "run", run)
    found = hygiene.look(loop_disk())
    assert ("wipefs" in found["unknown"][0], found["extent"]) == (True, "")


def test_a_disk_in_use_is_not_read(loop_disk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalctl.node.guard._claimed", lambda name: f"{name} is claimed")
    found = hygiene.look(disk := loop_disk())
    assert (found["refusals"], found["extent"]) == ([f"{disk.name} is claimed"], "")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[Disk]:
    """The disks that the command finds."""
    present: list[Disk] = []
    monkeypatch.setattr("metalctl.node.inspect.disks.collect", lambda _: tuple(present))
    return present


def test_reading_all_of_a_disk_finds_what_a_sample_misses(
    loop_disk: Make, machine: list[Disk], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("metalctl.node.sample.secrets.randbelow", lambda _: 0)
    # Each part begins with the place that is read; this page is far behind the one of its part.
    machine.append(loop_disk(1040 * MIB, {16 * MIB + 77 * 1008 * MIB // 256 + 2 * MIB: PAGE}))
    result = tmp_path / "result.json"
    assert hygiene.main([SERIAL, "--result", str(result)]) == 0
    assert says_empty(json.loads(result.read_text())[0])
    assert hygiene.main([SERIAL, "--full", "--result", str(result)]) == 0
    assert "data of unknown kind" in json.loads(result.read_text())[0]["data"]
    progress = json.loads(result.with_name("result.json.progress").read_text())
    assert 0 < progress["done"] <= progress["total"] == 1040 * MIB


def test_only_the_disks_that_are_named_are_looked_at(
    machine: list[Disk], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine += [Disk("sda", "ssd", 1, serial="A"), Disk("sdb", "ssd", 1, serial="B")]
    monkeypatch.setattr(hygiene, "look", lambda disk, **_: {"serial": disk.serial})
    assert hygiene.main(["B", "C"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"serial": "B"}]
    assert hygiene.main([]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    assert hygiene.main(["--fast"]) == 2
