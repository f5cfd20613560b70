"""A disk that fails, and what is refused before a byte is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metalctl.node import install
from metalctl.node.install.device import Device, DeviceFailed
from metalctl.node.journal import Journal
from tests.unit.node.install.conftest import BOOT, IMAGE, ROOT, ZEROES, Bench, final, installation
from tests.unit.node.journals import entries

pytestmark = pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed")


def _lying(at: int, flip: int) -> Callable[[Device, memoryview, int], None]:
    honest = Device.read_view

    def read_view(self: Device, view: memoryview, offset: int) -> None:
        honest(self, view, offset)
        if offset <= at < offset + len(view):
            view[at - offset] ^= flip

    return read_view


@pytest.mark.parametrize("at", [300, ROOT + 5077, ZEROES + 5])
def test_a_disk_that_returns_other_data_fails_by_name_and_place(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(Device, "read_view", _lying(at, 0x10))
    code, entries = bench.install()
    assert code == 1
    assert final(entries).data["verdict"] == "FAIL"
    assert installation(entries).verified is False
    finding = final(entries).data["findings"][0]
    assert "returned other data than was written" in finding["got"]
    assert "S1" in finding["part"]
    block = next(o for o, n, *_ in bench.manifest["blocks"] + bench.manifest["zeroes"] if o <= at < o + n)
    assert f"at byte {block}" in finding["expected"]
    assert finding["remedy"]
    assert "replace" in finding["remedy"]


def test_a_disk_that_fails_verification_does_not_boot_and_is_not_complete(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "read_view", _lying(ROOT, 1))
    bench.install()
    assert bench.content[512:520] != b"EFI PART"
    monkeypatch.undo()
    found = bench.record()
    assert found is not None
    assert found.state == "writing"


def test_a_disk_that_refuses_a_write_fails(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Device, view: memoryview, offset: int) -> None:
        if offset == ROOT:
            raise DeviceFailed("write at byte 7340032 failed: Input/output error", hint="replace the disk")
        real(self, view, offset)

    real = Device.write_view
    monkeypatch.setattr(Device, "write_view", refuse)
    monkeypatch.setattr(Device, "zero", lambda *_: None)
    code, entries = bench.install()
    assert code == 1
    assert final(entries).data["findings"][0]["requirement"] == "install.disk"
    assert installation(entries).count == 1
    assert not installation(entries).verified


def test_a_wrong_serial_is_refused_and_nothing_is_written(bench: Bench) -> None:
    before = bench.content
    code, entries = bench.install(bench.spec(disk_serial="S9"))
    assert code == 3
    assert final(entries).data["kind"] == "Refused"
    assert bench.content == before


def test_what_the_guard_refuses_is_not_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    before, spec = bench.content, bench.spec()
    expired = replace(spec, armed=replace(spec.armed, expires=1.0))
    monkeypatch.setattr("metalctl.node.guard.disks.collect", lambda _: (bench.disk,))
    with Journal(bench.directory / "x" / "journal.jsonl", BOOT) as journal:
        assert install.perform(expired, journal, BOOT, find=bench._find) == 3
    assert "expired" in final(entries(bench.directory / "x" / "journal.jsonl")).data["message"]
    assert bench.content == before


def test_the_leave_of_another_enrollment_is_refused(bench: Bench) -> None:
    spec = bench.spec(enrollment="e2")
    with Journal(bench.directory / "x" / "journal.jsonl", BOOT) as journal:
        assert install.perform(spec, journal, BOOT, find=bench._find) == 3
    assert "another enrollment" in final(entries(bench.directory / "x" / "journal.jsonl")).data["message"]


def test_a_spec_of_another_boot_is_refused(bench: Bench) -> None:
    code, entries = bench.install(bench.spec(boot_id="boot-0"))
    assert code == 3
    assert "booted again" in final(entries).data["message"]


@pytest.mark.parametrize(
    ("change", "why"), [({"size": IMAGE - 512}, "image needs"), ({"logical_block": 4096}, "sectors of 4096")]
)
def test_a_disk_that_the_image_does_not_suit_is_refused(bench: Bench, change: dict[str, Any], why: str) -> None:
    bench.disk = replace(bench.disk, **change)
    before = bench.content
    code, entries = bench.install(bench.spec(disk_size=bench.disk.size))
    assert code == 3
    assert why in final(entries).data["message"]
    assert bench.content == before


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (lambda m: m["blocks"][2].__setitem__(0, 100), "bad range"),
        (lambda m: m["stream"]["frames"].pop(), "do not cover"),
        (lambda m: m["partitions"][0].__setitem__("start", 512 * 1024), "install record"),
        (lambda m: m.pop("digest"), "cannot be read"),
        (lambda m: m.__setitem__("digest", "crc9"), "cannot be read"),
        (lambda m: m.__setitem__("format", 2), "cannot be read"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_before_a_byte_is_written(
    bench: Bench, break_it: Callable[[dict[str, Any]], object], why: str
) -> None:
    before = bench.content
    break_it(bench.manifest)
    code, entries = bench.install()
    assert code == 3
    assert why in final(entries).data["message"]
    assert bench.content == before
