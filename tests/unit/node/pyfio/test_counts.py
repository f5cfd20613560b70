"""What fio states twice says the same, or its result is none: a rate that its own counts do not make is no speed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from metalctl.node import pyfio
from tests.unit.node.fio_report import report

NAN = float("nan")


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a fio that prints what is in `out` comes first on PATH."""
    (tmp_path / "fio").write_text(f"#!/bin/sh\ncat {tmp_path}/out\n")
    (tmp_path / "fio").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def judge(way: str, room: Path, **fields: Any) -> None:
    """An honest run of 2 s at 800 IO/s, with these numbers of its report made others."""
    data = report(way, iops=800, ran=2.0, p99=0.004)
    for path, value in fields.items():
        *above, last = path.split("__")
        place = data["jobs"][0]
        for step in above:
            place = place[step]
        place[last] = value
    (room / "out").write_text(json.dumps(data))
    (room / "disk").write_bytes(bytes(4096))
    rw = "randread" if way == "read" else "randwrite"
    pyfio.run(pyfio.Job(str(room / "disk"), rw, runtime=2.0))


@pytest.mark.parametrize("way", ["read", "write"])
def test_a_report_that_agrees_with_itself_is_a_result(way: str, room: Path) -> None:
    judge(way, room)


@pytest.mark.truth("B7", "a rate that fio's own counts and time do not make is no result")
@pytest.mark.parametrize("way", ["read", "write"])
@pytest.mark.parametrize("rate", [816.5, 783.0, 8000.0, 0.0, -800.0, NAN, float("inf")])
def test_a_rate_that_the_counts_do_not_make_is_no_result(way: str, rate: float, room: Path) -> None:
    with pytest.raises(pyfio.FioError, match=f"IO/s of {way}, and counts 1600 IO in 2 s"):
        judge(way, room, **{f"{way}__iops": rate})


@pytest.mark.truth("B7", "a rate that fio's own counts and time do not make is no result")
@pytest.mark.parametrize("rate", [4e9, 3.2e6, 0, -3276800, NAN])
def test_a_bandwidth_that_the_bytes_do_not_make_is_no_result(rate: float, room: Path) -> None:
    with pytest.raises(pyfio.FioError, match="bytes/s of read, and counts 6553600 bytes in 2 s"):
        judge("read", room, read__bw_bytes=rate)


def test_a_rate_of_counts_of_another_time_is_no_result(room: Path) -> None:
    with pytest.raises(pyfio.FioError, match="counts 1600 IO in 20 s"):
        judge("read", room, read__runtime=20000)


@pytest.mark.truth("B7", "a latency that is none, or that few transfers have, is no latency of the run")
@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"read__clat_ns__percentile": {"99.000000": -4e6}}, "latencies of read contradict"),
        ({"read__clat_ns__percentile": {"99.000000": NAN}}, "latencies of read contradict"),
        ({"read__clat_ns__percentile": {"50.000000": 9e5, "99.000000": 8e5}}, "latencies of read contradict"),
        ({"read__clat_ns__mean": 0.0}, "latencies of read contradict"),
        ({"read__clat_ns__max": 1000}, "latencies of read contradict"),
        ({"read__clat_ns__N": 12}, "timed 12 of 1600 read transfers"),
    ],
)
def test_latencies_that_contradict_each_other_are_no_result(odd: dict[str, Any], said: str, room: Path) -> None:
    with pytest.raises(pyfio.FioError, match=said):
        judge("read", room, **odd)


def test_the_latency_of_a_flush_is_held_to_itself_too(room: Path) -> None:
    with pytest.raises(pyfio.FioError, match="latencies of fdatasync contradict"):
        judge("write", room, sync__lat_ns__percentile={"99.000000": -1e6})
