"""An installation against regular files and loop devices, to its end, again, and after a power cut."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.codec import encode
from metalctl.model.run import Entry
from metalctl.node import install
from metalctl.node.install import record, transfer
from tests.unit.node.install.conftest import (
    BOOT,
    CIDATA,
    MIB,
    ROOT,
    SEED,
    SIZE,
    ZEROES,
    Bench,
    assert_holds_image,
    final,
    installation,
    notes,
    scribble,
)

pytestmark = pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed")


def test_the_image_is_on_the_disk_with_seed_and_record(bench: Bench) -> None:
    code, entries = bench.install()
    assert code == 0
    assert final(entries).event == "run-finished"
    assert final(entries).data["verdict"] == "PASS"
    done = installation(entries)
    assert (done.count, done.verified, done.disk_serial, done.os) == (1, True, "S1", "debian-12")
    assert done.bytes_written == sum(n for _, n, _ in bench.manifest["blocks"])
    assert done.image_sha256 == bench.manifest["sha256"]
    assert_holds_image(bench)
    assert bench.guarded == ["S1"]
    found = bench.record()
    assert found is not None
    assert (found.count, found.state, found.enrollment) == (1, "complete", "e1")


@pytest.mark.skipif(shutil.which("mcopy") is None, reason="mtools is not installed")
def test_the_seed_can_be_read_by_others(bench: Bench, tmp_path: Path) -> None:
    bench.install()
    place = f"{bench.disk.name}@@{CIDATA}"
    for name, text in SEED.items():
        got = subprocess.run(["mcopy", "-n", "-i", place, f"::{name}", "-"], capture_output=True, check=True).stdout
        assert got.decode() == text
    label = subprocess.run(["mlabel", "-s", "-i", place, "::"], capture_output=True, text=True, check=True).stdout
    assert "CIDATA" in label


def test_what_must_be_zero_and_where_old_signatures_lie_is_zero(bench: Bench) -> None:
    bench.install()
    content = bench.content
    assert not any(content[ZEROES : ZEROES + MIB // 2])
    assert not any(content[SIZE - MIB :])
    assert not any(content[2 * MIB + 64 * 1024 : 3 * MIB])


def begin_again(bench: Bench, boot: str = BOOT) -> tuple[int, list[Entry]]:
    """The very same run once more, its journal lost with the memory that held it."""
    shutil.rmtree(bench.directory / "e1-installed-1")
    return bench.install(bench.spec(run_id="e1-installed-1"), boot)


def test_the_same_run_a_second_time_writes_nothing(bench: Bench) -> None:
    bench.install()
    before, requests = bench.content, len(bench.server.requests)
    code, entries = begin_again(bench)
    assert code == 0
    assert installation(entries).count == 1
    assert installation(entries).verified
    assert bench.content == before
    assert len(bench.server.requests) == requests
    assert bench.guarded == ["S1"]
    assert "not written again" in notes(entries)


def test_a_complete_disk_that_was_changed_since_is_not_believed(bench: Bench) -> None:
    bench.install()
    scribble(bench, ROOT + 5000)
    code, entries = begin_again(bench)
    assert code == 3
    assert final(entries).event == "error"
    assert "changed since" in final(entries).data["message"]


def test_after_a_reboot_a_disk_that_the_system_used_is_not_written_again(bench: Bench) -> None:
    bench.install()
    scribble(bench, ROOT + 5000)
    code, entries = begin_again(bench, "boot-2")
    assert code == 0
    assert installation(entries).count == 1


def test_a_retry_of_the_enrollment_installs_again_with_the_guards_leave_and_counts(bench: Bench) -> None:
    """Its seed has a token of its own: the one on the disk is spent, or too old."""
    bench.install()
    scribble(bench, ROOT + 5000)
    code, entries = bench.install()
    assert code == 0
    assert (installation(entries).count, installation(entries).verified) == (2, True)
    assert bench.guarded == ["S1", "S1"]
    assert_holds_image(bench)


def test_another_enrollment_installs_again_and_counts(bench: Bench) -> None:
    bench.install()
    code, entries = bench.install(bench.spec(enrollment="e2"))
    assert code == 0
    assert installation(entries).count == 2
    found = bench.record()
    assert found is not None
    assert found.history[0].startswith("1 e1 e1-installed-1 complete")


def test_a_power_cut_before_the_end_counts_two_and_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    class PowerCut(BaseException):
        pass

    def cut(*_: Any) -> None:
        raise PowerCut

    with monkeypatch.context() as cutting:
        cutting.setattr("metalctl.node.install.transfer.verify", cut)
        with pytest.raises(PowerCut):
            bench.install()
    assert bench.content[512:520] != b"EFI PART", "an interrupted installation must not boot"
    code, entries = bench.install(boot="boot-2")
    assert code == 0
    assert installation(entries).count == 2
    assert "did not end (run e1-installed-1" in notes(entries)
    assert "number 2" in notes(entries)


@pytest.mark.parametrize("slot", [0, 1])
def test_a_record_that_a_power_cut_tore_is_read_from_its_copy(bench: Bench, slot: int) -> None:
    bench.install()
    with Path(bench.disk.name).open("r+b") as file:
        file.seek(record.OFFSET + slot * record.SLOT + 100)
        file.write(b"torn")
    found = bench.record()
    assert found is not None
    assert found.count == 1


def test_a_clone_does_not_inherit_the_record(bench: Bench) -> None:
    bench.install()
    bench.disk = replace(bench.disk, serial="S2")
    assert bench.record() is None
    _, entries = bench.install()
    assert installation(entries).count == 1


def test_progress_runs_to_the_end(bench: Bench) -> None:
    _, entries = bench.install()
    for what in ("write", "verify"):
        told = [e.data for e in entries if e.event == "progress" and e.data["what"] == what]
        assert told[0]["done"] == 0
        assert told[-1]["done"] == told[-1]["total"] > 0


def test_the_command_refuses_to_start_a_run_twice(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METALCTL_RUN_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr("metalctl.node.guard.disks.collect", lambda _: ())
    file = tmp_path / "spec.json"
    file.write_text(json.dumps(encode(bench.spec())))
    assert install.main([str(file)]) == 3
    assert "no disk has serial S1" in capsys.readouterr().err
    assert install.main([str(file)]) == 2
    assert "started before" in capsys.readouterr().err


def test_the_parts_around_the_record_are_all_of_the_rest() -> None:
    for offset, length in ((0, MIB), (0, 4096), (record.OFFSET, 4096), (record.OFFSET - 4096, 8192), (MIB, 4096)):
        parts = transfer.outside_record(offset, length)
        covered = {at for o, n in parts for at in range(o, o + n, 4096)}
        wanted = {a for a in range(offset, offset + length, 4096) if not record.REGION.offset <= a < record.REGION.end}
        assert covered == wanted


@pytest.mark.skipif(os.geteuid() != 0, reason="loop devices need root")
def test_a_block_device_is_written_with_its_own_ioctls(bench: Bench) -> None:
    made = subprocess.run(["losetup", "-f", "--show", bench.disk.name], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no loop device here: {made.stderr.strip()}")
    loop = made.stdout.strip()
    try:
        bench.disk = replace(bench.disk, name=loop)
        code, entries = bench.install()
        assert code == 0, final(entries)
        assert_holds_image(bench)
        assert not any(bench.content[ZEROES : ZEROES + MIB // 2])
        assert installation(entries).count == 1
    finally:
        subprocess.run(["losetup", "-d", loop], check=True)
