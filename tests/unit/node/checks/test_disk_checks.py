"""Each disk check is shown to fail on a slow or ill disk, and to be UNKNOWN when its tool breaks."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.inventory import Disk
from metalctl.model.verdict import Verdict
from tests.unit.node.fio_report import report

CASES = Path(__file__).parents[1] / "pyfio" / "cases"
SMART = {"critical_warning": 0, "temperature": 310, "avail_spare": 100, "percent_used": 0, "media_errors": 0}
MB = 10**6


def recorded(way: str, **numbers: Any) -> str:
    """What fio prints of a run with these numbers."""
    return json.dumps(report(way, **numbers))


ETCD = {"size": 22 << 20, "bs": 2300}


@pytest.fixture
def disks(node: Any) -> Any:
    """The node with disks that are files, so that fio's target exists."""
    for name in ("nvme0n1", "sda"):
        (node.room / name).write_bytes(bytes(4096))
    node.change(
        disks=(
            Disk(str(node.room / "nvme0n1"), "nvme", size=4 << 30, serial="NV1"),
            Disk(str(node.room / "sda"), "hdd", size=100 << 30, rotational=True, serial="HD1"),
        )
    )
    return node


READS = {
    "nvme-randread": ({"min_iops": 1000.0, "max_p99": 0.01}, {"iops": 900}, {"iops": 1100}),
    "nvme-seqread": ({"min_throughput": 500.0 * MB}, {"bandwidth": 400 * MB}, {"bandwidth": 600 * MB}),
    "hdd-randread": ({"min_iops": 100.0}, {"iops": 50}, {"iops": 150}),
    "hdd-seqread": ({"min_throughput": 150.0 * MB}, {"bandwidth": 80 * MB}, {"bandwidth": 180 * MB}),
}


@pytest.mark.parametrize("check", READS)
def test_a_slow_disk_fails_and_is_named_by_serial(disks: Any, check: str) -> None:
    limits, slow, _ = READS[check]
    disks.prints("fio", recorded("read", **slow))
    result = disks.one(check, limits={**limits, "runtime": 1.0})
    assert result.verdict is Verdict.FAIL
    assert "wanted at least" in result.reason
    assert result.part.split()[2] == ("NV1" if check.startswith("nvme") else "HD1")
    assert result.remedy


@pytest.mark.parametrize("check", READS)
def test_a_fast_disk_passes_with_its_numbers_kept(disks: Any, check: str) -> None:
    limits, _, fast = READS[check]
    disks.prints("fio", recorded("read", **fast))
    result = disks.one(check, limits={**limits, "runtime": 1.0})
    assert result.verdict is Verdict.PASS, result.reason
    assert result.measurements[0].value == next(iter(fast.values()))


def test_a_long_tail_fails_at_good_iops(disks: Any) -> None:
    disks.prints("fio", recorded("read", iops=10**6, p99=0.5))
    result = disks.one("nvme-randread", limits={"min_iops": 10.0, "max_p99": 0.002, "runtime": 1.0})
    assert (result.verdict, result.reason) == (Verdict.FAIL, "read_p99 is 500 ms, wanted at most 2 ms")


def test_an_inner_edge_that_is_too_slow_fails(disks: Any) -> None:
    disks.prints("slow", recorded("read", bandwidth=50 * MB))
    disks.prints("fast", recorded("read", bandwidth=200 * MB))
    inner = int((100 << 30) * 0.95) // (1 << 20) * (1 << 20)
    disks.tool("fio", f'case "$*" in *--offset={inner}*) exec slow;; *) exec fast;; esac')
    limits = {"min_throughput": 150.0 * MB, "min_inner_ratio": 0.45, "runtime": 1.0}
    result = disks.one("hdd-seqread", limits=limits)
    assert (result.verdict, result.reason) == (Verdict.FAIL, "inner_ratio is 25 %, wanted at least 45 %")


@pytest.mark.parametrize("check", READS)
def test_an_io_error_is_a_fail_of_the_disk(disks: Any, check: str) -> None:
    disks.prints("fio", (CASES / "io-error.txt").read_text(), code=1)
    result = disks.one(check, limits={**READS[check][0], "runtime": 1.0})
    assert result.verdict is Verdict.FAIL
    assert "EIO" in result.reason


@pytest.mark.truth("B7", "a disk that was read for less time than asked is not judged")
@pytest.mark.parametrize("check", READS)
def test_a_run_of_forty_milliseconds_is_no_run_of_a_minute(disks: Any, check: str) -> None:
    limits, _, fast = READS[check]
    disks.prints("fio", recorded("read", **fast, ran=0.04))
    result = disks.one(check, limits={**limits, "runtime": 60.0})
    assert result.verdict is Verdict.UNKNOWN
    assert "ran 0.04 s" in result.reason


@pytest.mark.truth("B7", "a disk that ends before the place that is read is not judged by transfers of nothing")
def test_reads_that_brought_nothing_are_no_speed(disks: Any) -> None:
    data = json.loads(recorded("read", iops=10**6))
    data["jobs"][0]["read"]["io_bytes"] //= 8
    disks.prints("fio", json.dumps(data))
    result = disks.one("nvme-randread", limits={"min_iops": 10.0, "runtime": 1.0})
    assert result.verdict is Verdict.UNKNOWN
    assert "came back short" in result.reason


BROKEN = {
    "missing": None,
    "not json": "echo 'fio: something odd'; exit 1",
    "empty": "exit 0",
    "killed": "kill -9 $$",
    "cut": 'echo \'{"fio version": "fio-3.33", "jobs": [\'',
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("check", READS)
def test_a_broken_fio_is_unknown_and_never_a_verdict_of_the_disk(disks: Any, check: str, how: str) -> None:
    script = BROKEN[how]
    if script:
        disks.tool("fio", script)
    result = disks.one(check, limits={**READS[check][0], "runtime": 1.0})
    assert result.verdict is Verdict.UNKNOWN
    assert result.remedy


def test_a_disk_that_vanished_is_unknown_and_no_file_is_made_in_its_place(disks: Any) -> None:
    gone = disks.room / "nvme0n1"
    gone.unlink()
    disks.prints("fio", recorded("read", iops=10**6))
    result = disks.one("nvme-randread", limits={"min_iops": 1.0, "runtime": 1.0})
    assert result.verdict is Verdict.UNKNOWN
    assert not gone.exists()


@pytest.mark.parametrize(
    ("fault", "limits", "named"),
    [
        ({"critical_warning": 4}, {}, "critical_warning is 4"),
        ({"critical_warning": {"value": 1}}, {}, "critical_warning is 1"),
        ({"media_errors": 3}, {}, "media_errors is 3"),
        ({"percent_used": 7}, {"max_percentage_used": 0.01}, "percentage_used is 7 %"),
        ({"avail_spare": 90}, {"min_spare": 1.0}, "spare is 90 %"),
    ],
)
def test_an_ill_nvme_fails_by_its_own_log(node: Any, fault: dict[str, Any], limits: Any, named: str) -> None:
    node.prints("nvme", json.dumps({**SMART, **fault}))
    result = node.one("nvme-health", limits=limits)
    assert result.verdict is Verdict.FAIL
    assert named in result.reason


def test_a_new_nvme_passes(node: Any) -> None:
    node.prints("nvme", json.dumps(SMART))
    limits = {"max_media_errors": 0.0, "max_percentage_used": 0.01, "min_spare": 1.0}
    assert node.one("nvme-health", limits=limits).verdict is Verdict.PASS


@pytest.mark.parametrize("output", ["", "{}", "no such device", json.dumps({**SMART, "media_errors": "many"}), "[]"])
def test_a_health_log_that_cannot_be_read_is_unknown(node: Any, output: str) -> None:
    node.prints("nvme", output)
    assert node.one("nvme-health").verdict is Verdict.UNKNOWN


def test_an_nvme_tool_that_fails_is_unknown_even_with_good_numbers(node: Any) -> None:
    node.prints("nvme", json.dumps(SMART), code=1)
    assert node.one("nvme-health").verdict is Verdict.UNKNOWN


@pytest.fixture
def on_disk(node: Any) -> Any:
    """The node, where temporary files are on a disk: in a container they often are not, and nothing is judged there."""
    told = subprocess.run(["stat", "-f", "-c", "%T", node.room], capture_output=True, text=True, check=True)
    if (kind := told.stdout.strip()) in ("overlayfs", "tmpfs", "ramfs", "squashfs"):
        pytest.skip(f"{node.room} is on {kind} and not on a disk: set TMPDIR")
    return node


@pytest.mark.parametrize(("p99", "verdict"), [(0.020, "FAIL"), (0.005, "PASS")])
def test_etcd_is_judged_by_fdatasync_alone(on_disk: Any, p99: float, verdict: str) -> None:
    on_disk.prints("fio", recorded("write", iops=3000, p99=p99, **ETCD))
    result = on_disk.one("etcd-fdatasync", limits={"max_p99": 0.010, "runtime": 1.0}, kind="accept")
    assert result.verdict == verdict, result.reason
    assert not list(on_disk.room.glob("metalctl-*")), "the scratch file was left behind"


def test_etcd_without_any_fdatasync_counted_is_unknown(node: Any) -> None:
    data = json.loads(recorded("write", iops=3000, **ETCD))
    data["jobs"][0]["sync"] = {"total_ios": 0, "lat_ns": {"N": 0}}
    node.prints("fio", json.dumps(data))
    result = node.one("etcd-fdatasync", limits={"max_p99": 0.010, "runtime": 1.0}, kind="accept")
    assert result.verdict is Verdict.UNKNOWN


def test_etcd_in_a_ramdisk_is_unknown(node: Any) -> None:
    node.prints("fio", recorded("write", iops=3000))
    node.environment["METALCTL_SCRATCH"] = "/dev/shm"
    result = node.one("etcd-fdatasync", limits={"max_p99": 0.010, "runtime": 1.0})
    assert result.verdict is Verdict.UNKNOWN
    assert "tmpfs" in result.reason


@pytest.mark.parametrize(("iops", "verdict"), [(50, "FAIL"), (500, "PASS")])
def test_the_installed_disk_is_judged_by_reads_and_writes(on_disk: Any, iops: int, verdict: str) -> None:
    node = on_disk
    node.prints("read.json", "")
    (node.room / "r.json").write_text(recorded("read", iops=500))
    (node.room / "w.json").write_text(recorded("write", iops=iops))
    (node.room / "l.json").write_text(recorded("write", ran=0.2, size=256 << 20, bs=1 << 20))
    laid = '*--rw=write*) f=${*##*--filename=}; : > "${f%% *}"; cat l.json;;'
    node.tool("fio", f'cd {node.room}; case "$*" in {laid} *randwrite*) cat w.json;; *) cat r.json;; esac')
    limits = {"min_read_iops": 100.0, "min_write_iops": 100.0, "runtime": 1.0}
    result = node.one("disk-fio", limits=limits, kind="accept")
    assert result.verdict == verdict, result.reason


def test_the_wal_disk_is_not_touched_without_leave_and_that_is_unknown_at_burn_in(disks: Any) -> None:
    disks.tool("fio", f"touch {disks.room}/started")
    result = disks.one("wal-fsync", limits={"min_iops": 10.0}, roles={"wal": ("NV1",)})
    assert result.verdict is Verdict.UNKNOWN
    assert "not armed" in result.reason
    assert not (disks.room / "started").exists()


def test_the_wal_disk_is_skipped_at_acceptance_with_the_reason(disks: Any) -> None:
    disks.tool("fio", "exit 1")
    result = disks.one("wal-fsync", limits={"min_iops": 10.0}, roles={"wal": ("NV1",)}, kind="accept")
    assert result.verdict is Verdict.SKIP
    assert "no longer armed" in result.reason


@pytest.fixture
def wal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The WAL check called directly, with a guard that lets one file through as if it were the disk."""
    import importlib.util

    from metalctl.model.run import RunSpec
    from metalctl.node import pyfio
    from metalctl.node.plugin.measures import Measures

    source = Path(__file__).parents[4] / "checks" / "wal_fsync.py"
    loaded = importlib.util.spec_from_file_location("wal_fsync_under_test", source)
    assert loaded
    assert loaded.loader
    module = importlib.util.module_from_spec(loaded)
    loaded.loader.exec_module(module)
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(1 << 20))

    class Lets:
        def leave(self, wanted: Disk) -> pyfio.Leave:
            return pyfio.Leave(str(disk), wanted.serial)

    def run(limits: Any) -> tuple[Measures, bytes]:
        measures = Measures()
        part = Disk(str(disk), "nvme", size=1 << 20, serial="NV1")
        spec = RunSpec("r", "n", "burn-in", "quick", {})
        module.test_wal_fsync(part, spec, Lets(), limits, measures, {})
        return measures, disk.read_bytes()

    return run


@pytest.mark.parametrize(("floor", "verdict"), [(1e-3, "PASS"), (1e9, "FAIL")])
def test_wal_writes_are_measured_by_real_fio_and_the_disk_is_blank_afterwards(
    wal: Any, floor: float, verdict: str
) -> None:
    from types import SimpleNamespace

    measures, left = wal(SimpleNamespace(min_iops=floor, max_p99=None, runtime=1.0))
    assert measures.verdict == verdict
    assert measures.taken[0].value > 0
    assert left == bytes(1 << 20)
