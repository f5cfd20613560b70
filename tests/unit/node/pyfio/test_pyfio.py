"""fio's output is read as it is, and a job that may not run is not started. Cases were recorded with fio 3.33."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from metalctl.node import pyfio
from metalctl.node.errors import HardwareFault
from tests.unit.node.conftest import LIMITS
from tests.unit.waiting import ended, until

CASES = Path(__file__).parent / "cases"
RANDREAD = (CASES / "randread.json").read_text()


def fake_fio(room: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    room.joinpath("bin").mkdir()
    fio = room / "bin" / "fio"
    fio.write_text(f"#!/bin/sh\n{script}\n")
    fio.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fio.parent}:{os.environ['PATH']}")
    return fio


def test_iops_bandwidth_and_percentiles_are_in_base_units() -> None:
    import json

    raw = json.loads(RANDREAD)["jobs"][0]["read"]
    read = pyfio.parse(RANDREAD).read
    assert read.iops == raw["iops"]
    assert read.bandwidth == raw["bw_bytes"]
    assert read.latency.p99 == pytest.approx(raw["clat_ns"]["percentile"]["99.000000"] / 1e9)
    assert 0 < read.latency.p50 < read.latency.p99 < 1


def test_fdatasync_latency_is_told_apart_from_write_latency() -> None:
    result = pyfio.parse((CASES / "fdatasync.json").read_text())
    assert result.sync is not None
    assert result.sync.p99 == pytest.approx(0.0014336)
    assert result.write.latency.p99 == pytest.approx(34048e-9)


def test_a_direction_without_samples_has_no_percentile_instead_of_zero_seconds() -> None:
    with pytest.raises(pyfio.FioError, match="no 99th percentile"):
        _ = pyfio.parse(RANDREAD).write.latency.p99


def test_noise_before_the_json_is_passed_over() -> None:
    noise = "fio: this platform does not support {weird} options\nnote: both iodepth >= 1\n"
    assert pyfio.parse(noise + RANDREAD) == pyfio.parse(RANDREAD)


def test_an_io_error_of_the_disk_is_the_hardware_and_no_numbers_are_given() -> None:
    with pytest.raises(pyfio.MediaError, match="EIO") as caught:
        pyfio.parse((CASES / "io-error.txt").read_text(), "fio: io_u error on file /dev/sda: Input/output error")
    assert isinstance(caught.value, HardwareFault)
    assert "Input/output error" in caught.value.message


def test_a_job_error_that_is_not_the_disk_is_not_the_hardware() -> None:
    with pytest.raises(pyfio.FioError) as caught:
        pyfio.parse(RANDREAD.replace('"error" : 0', '"error" : 22'))
    assert not isinstance(caught.value, HardwareFault)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fio: command not understood",
        RANDREAD[: len(RANDREAD) // 2],
        '{"jobs": []}',
        '{"jobs": [{"error": 0}]}',
        "{}",
    ],
    ids=["empty", "no JSON", "cut", "no job", "no numbers", "another program"],
)
def test_what_is_not_fio_json_raises(text: str) -> None:
    with pytest.raises(pyfio.FioError):
        pyfio.parse(text)


def test_a_missing_device_is_not_created_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(pyfio.FioRefused, match="does not exist"):
        pyfio.run(pyfio.Job(str(tmp_path / "nvme9n1"), "randread", readonly=True))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rw", ["write", "randwrite", "randrw", "rw", "trim", "write:4k"])
def test_a_raw_device_is_not_written_without_leave(rw: str) -> None:
    with pytest.raises(pyfio.FioRefused, match="no write permit"):
        pyfio.run(pyfio.Job("/dev/null", rw))


def test_leave_for_one_device_is_no_leave_for_another() -> None:
    with pytest.raises(pyfio.FioRefused, match="no write permit"):
        pyfio.run(pyfio.Job("/dev/null", "write", leave=pyfio.Leave("/dev/zero", "S")))


def test_a_write_below_dev_that_would_make_a_file_there_is_refused() -> None:
    with pytest.raises(pyfio.FioRefused):
        pyfio.run(pyfio.Job("/dev/metalctl-no-such-disk", "write", size=4096))
    assert not Path("/dev/metalctl-no-such-disk").exists()


def test_a_read_only_job_cannot_write() -> None:
    with pytest.raises(pyfio.FioRefused, match="read-only"):
        pyfio.run(pyfio.Job("/dev/null", "write", readonly=True))


def test_read_only_jobs_say_so_to_fio() -> None:
    assert "--readonly" in pyfio.Job("/dev/x", "read", readonly=True).argv()
    assert "--readonly" not in pyfio.Job("/dev/x", "read").argv()


def test_a_stable_name_with_colons_is_one_file_for_fio() -> None:
    argv = pyfio.Job("/dev/disk/by-path/pci-0000:00:04.0-nvme-1", "read").argv()
    assert r"--filename=/dev/disk/by-path/pci-0000\:00\:04.0-nvme-1" in argv


def test_real_fio_writes_and_reads_a_file(tmp_path: Path) -> None:
    file = str(tmp_path / "f")
    job = pyfio.Job(
        file, "write", bs="2300", size=1 << 18, runtime=90, time_based=False, ioengine="sync", direct=False, fdatasync=1
    )
    wrote = pyfio.run(job)
    assert wrote.write.bytes >= (1 << 18) - 2300
    assert wrote.sync is not None
    assert wrote.sync.count == wrote.write.count
    read = pyfio.run(pyfio.Job(file, "randread", size=1 << 17, runtime=90, time_based=False, readonly=True)).read
    assert (read.count, read.bytes) == (32, 1 << 17)


def test_a_hanging_fio_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child"
    fake_fio(tmp_path, monkeypatch, f"sleep 300 & echo $! > {child}\nwait")
    for file in (tmp_path / "f", child):
        file.write_text("")
    for seconds in LIMITS:
        began = time.monotonic()
        with pytest.raises(pyfio.FioError, match="did not end within"):
            pyfio.run(pyfio.Job(str(tmp_path / "f"), "read", readonly=True), timeout=seconds)
        assert time.monotonic() - began < seconds + 120
        if child.read_text():
            break
    until(lambda: ended(child.read_text().strip()))


def test_fio_that_ends_with_an_error_after_good_json_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_fio(tmp_path, monkeypatch, f"cat {CASES}/randread.json; echo 'fio: killed' >&2; exit 1")
    (tmp_path / "f").write_text("x")
    with pytest.raises(pyfio.FioError, match="killed"):
        pyfio.run(pyfio.Job(str(tmp_path / "f"), "read", readonly=True))


def test_a_written_range_is_zero_again_even_after_an_error(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(b"x" * 20000)
    with pytest.raises(ValueError, match="broke"), pyfio.cleaned(pyfio.Leave(str(disk), "S"), 8192):
        raise ValueError("broke")
    assert disk.read_bytes() == bytes(8192) + b"x" * (20000 - 8192)
