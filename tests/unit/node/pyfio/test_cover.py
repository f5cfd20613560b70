"""A result of fio is one of the job that was asked, or none: its time, its bytes, whole blocks, every flush."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from metalctl.node import pyfio

CASES = Path(__file__).parent / "cases"


def prints(room: Path, monkeypatch: pytest.MonkeyPatch, case: str, **fields: Any) -> str:
    """A fio that prints a recording with other values ("read.runtime": 40); returns the file to run it on."""
    data = json.loads((CASES / case).read_text())
    for path, value in fields.items():
        *above, last = path.split("__")
        place = data["jobs"][0]
        for step in above:
            place = place[step]
        place[last] = value
    (room / "out").write_text(json.dumps(data))
    (room / "bin").mkdir()
    (room / "bin" / "fio").write_text(f"#!/bin/sh\ncat {room}/out\n")
    (room / "bin" / "fio").chmod(0o755)
    monkeypatch.setenv("PATH", f"{room / 'bin'}:{os.environ['PATH']}")
    (room / "disk").write_bytes(bytes(4096))
    return str(room / "disk")


@pytest.mark.truth("B7", "a run of fio that was shorter than asked is no result")
@pytest.mark.parametrize(
    "short", [{"read__runtime": 40}, {"job_runtime": 40}, {"read__runtime": 900}, {"read__runtime": float("nan")}]
)
def test_a_run_that_is_shorter_than_asked_is_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short: dict[str, Any]
) -> None:
    file = prints(tmp_path, monkeypatch, "randread.json", **short)
    with pytest.raises(pyfio.FioError, match="too little to judge by"):
        pyfio.run(pyfio.Job(file, "randread", numjobs=2, runtime=1.0, readonly=True))


def test_a_run_of_the_time_asked_is_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = prints(tmp_path, monkeypatch, "randread.json")
    assert pyfio.run(pyfio.Job(file, "randread", numjobs=2, runtime=1.0, readonly=True)).read.iops > 0


def etcd(file: str, size: int, runtime: float | None = None) -> pyfio.Job:
    return pyfio.Job(
        file, "write", bs="2300", size=size, runtime=runtime, time_based=False, ioengine="sync", fdatasync=1
    )


@pytest.mark.truth("B7", "fewer bytes than asked, before the time is up, are no result of fio")
@pytest.mark.parametrize("runtime", [None, 60.0])
def test_a_job_of_a_size_must_have_moved_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: float | None
) -> None:
    file = prints(tmp_path, monkeypatch, "fdatasync.json")
    with pytest.raises(pyfio.FioError, match="moved 1046500 bytes"):
        pyfio.run(etcd(file, 2 << 20, runtime))


@pytest.mark.parametrize(("size", "runtime"), [(1 << 20, None), (1 << 20, 60.0), (2 << 20, 0.1)])
def test_a_job_of_a_size_ends_at_its_last_whole_block_or_at_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, runtime: float | None
) -> None:
    file = prints(tmp_path, monkeypatch, "fdatasync.json")
    assert pyfio.run(etcd(file, size, runtime)).write.bytes == 455 * 2300


@pytest.mark.truth("B7", "a flush that was asked after every write and not done is no result of fio")
def test_writes_that_were_not_flushed_are_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = prints(tmp_path, monkeypatch, "fdatasync.json", sync__lat_ns__N=3)
    with pytest.raises(pyfio.FioError, match="3 fdatasync and was to do 455"):
        pyfio.run(etcd(file, 1 << 20))


@pytest.mark.truth("B7", "transfers of nothing past the end of a disk are no fast transfers")
def test_a_disk_that_ends_under_a_run_is_no_fast_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(os.urandom(64 << 20))
    job = pyfio.Job(str(disk), "randread", iodepth=4, runtime=3, readonly=True)
    shrink = threading.Timer(1.0, os.truncate, (disk, 1 << 20))
    shrink.start()
    try:
        with pytest.raises(pyfio.FioError, match="came back short"):
            pyfio.run(job)
    finally:
        shrink.cancel()


@pytest.mark.truth("D5", "the time of a group of jobs is no sum over its jobs")
def test_the_time_of_a_group_is_that_of_its_run(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(1 << 20))
    result = pyfio.run(pyfio.Job(str(disk), "randread", numjobs=3, runtime=1, ioengine="psync", direct=False))
    assert 0.95 <= result.runtime < 2.0


@pytest.mark.parametrize(
    ("text", "size"),
    [("4k", 4096), ("1m", 1 << 20), ("2300", 2300), ("128KiB", 131072), ("4k,8k", None), ("4k-8k", None), ("", None)],
)
def test_a_block_size_is_read_as_fio_reads_it(text: str, size: int | None) -> None:
    from metalctl.node.pyfio.result import block_size

    assert block_size(text) == size
