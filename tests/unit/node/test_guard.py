"""The guard refuses everything but the one idle disk that was armed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.inventory import Disk
from metalctl.model.run import Armed
from metalctl.node import guard
from metalctl.node.errors import Refused, ToolFailed
from metalctl.node.inspect.host import Host, LocalHost
from tests.unit.node.disks.conftest import needs_a_machine

SIZE = 480 * 10**9
NOW = 1_000_000.0


class Machine:
    """A machine made of a dict of files; a value of None makes a directory."""

    def __init__(self, files: dict[str, str], links: dict[str, str] | None = None) -> None:
        self.files, self.links = files, links or {}

    def data(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path].encode()

    def names(self, path: str) -> list[str]:
        known = [*self.files, *self.links]
        names = {
            p.removeprefix(path.rstrip("/") + "/").split("/")[0] for p in known if p.startswith(path.rstrip("/") + "/")
        }
        if not names:
            raise FileNotFoundError(path)
        return list(names)

    def real(self, path: str) -> str:
        return self.links.get(path, path)

    def tool(self, argv: tuple[str, ...], timeout: float, tolerated: int) -> str:
        raise ToolFailed(f"{argv[0]} is not installed")

    def probe(self, what: str, name: str) -> Any:
        return {}


def machine(extra: dict[str, str] | None = None, links: dict[str, str] | None = None, **serials: str) -> Host:
    files: dict[str, str] = {}
    for name, serial in (serials or {"sda": "S1"}).items():
        files |= {
            f"/sys/block/{name}/size": str(SIZE // 512),
            f"/sys/block/{name}/serial": serial,
            f"/sys/block/{name}/ro": "0",
            f"/sys/block/{name}/{name}1/partition": "1",
            f"/sys/class/block/{name}/dev": "8:0",
            f"/sys/class/block/{name}1/dev": "8:1",
        }
    return Host(Machine({**files, **(extra or {})}, links))


def disk(**change: Any) -> Disk:
    return Disk(**{"name": "sda", "kind": "ssd", "size": SIZE, "serial": "S1", **change})


def armed(**change: Any) -> Armed:
    return Armed(
        **{"serial": "S1", "size": SIZE, "action": "install", "enrollment": "e1", "expires": NOW + 60, **change}
    )


def free(_: str) -> str:
    return ""


def require(leave: Armed, host: Host, target: Disk | None = None, action: str = "install") -> None:
    guard.require(leave, target or disk(), action, NOW, host=host, claimed=free)


def test_an_idle_armed_disk_may_be_written() -> None:
    require(armed(), machine())


@pytest.mark.parametrize(
    ("leave", "reason"),
    [
        (armed(serial="S2"), "this write permit was issued for serial S2"),
        (armed(serial=""), "this write permit was issued for serial (none)"),
        (armed(size=SIZE - 512), "this write permit was issued for 479999999488 bytes"),
        (armed(action="fio-write"), "this write permit was issued for 'fio-write'"),
        (armed(expires=NOW - 5), "expired 5 s ago"),
        (armed(expires=NOW), "expired 0 s ago"),
        (armed(expires=float("nan")), "expired"),
    ],
)
def test_a_leave_for_anything_else_is_refused(leave: Armed, reason: str) -> None:
    with pytest.raises(Refused, match="must not be written") as refused:
        require(leave, machine())
    assert reason in refused.value.message


def test_a_disk_without_serial_is_never_written() -> None:
    with pytest.raises(Refused):
        require(armed(serial=""), machine(sda=""), disk(serial=""))


def test_two_disks_of_one_serial_are_refused_by_name() -> None:
    with pytest.raises(Refused, match=r"2 disks have serial S1 .*: sda, sdb"):
        guard.find("S1", SIZE, machine(sda="S1", sdb="S1"))


def test_an_absent_disk_is_refused_with_what_is_there() -> None:
    with pytest.raises(Refused, match="no disk has serial S9") as refused:
        guard.find("S9", SIZE, machine())
    assert "S1 (sda)" in refused.value.hint


def test_a_disk_of_another_size_is_another_disk() -> None:
    with pytest.raises(Refused, match="no disk has serial S1") as refused:
        guard.find("S1", SIZE + 512, machine())
    assert f"{SIZE} bytes" in refused.value.hint


def test_a_kernel_name_that_moved_is_refused() -> None:
    with pytest.raises(Refused, match="serial S1 is sdb now, not sda"):
        require(armed(), machine(sda="S2", sdb="S1"))


MOUNT = "36 1 8:1 / {where} rw,relatime shared:1 - ext4 /dev/sda1 rw"


@pytest.mark.parametrize(
    ("extra", "links", "reason"),
    [
        ({"/proc/self/mountinfo": MOUNT.format(where="/mnt")}, {}, "sda1 is mounted on /mnt"),
        ({"/proc/self/mountinfo": MOUNT.format(where="/")}, {}, "sda1 carries the running system"),
        ({"/proc/self/mountinfo": MOUNT.format(where="/run/live/medium")}, {}, "medium of the live system"),
        ({"/proc/self/mountinfo": "36 1 0:45 / /b rw - btrfs /dev/sda1 rw"}, {}, "sda1 is mounted on /b"),
        ({"/proc/swaps": "Filename Type\n/dev/sda1 partition 1 0 -2\n"}, {}, "sda1 is swap"),
        (
            {"/proc/swaps": "Filename Type\n/dev/disk/by-id/x partition 1 0 -2\n"},
            {"/dev/disk/by-id/x": "/dev/sda1"},
            "sda1 is swap",
        ),
        (
            {
                "/sys/block/sda/sda1/holders/dm-0/dev": "",
                "/sys/class/block/dm-0/dm/name": "ceph--1-osd",
                "/sys/class/block/dm-0/dm/uuid": "LVM-abc",
            },
            {},
            "sda1 is held by lvm ceph--1-osd",
        ),
        ({"/sys/block/sda/holders/md127/dev": ""}, {}, "sda is held by md127"),
        ({"/sys/block/sda/ro": "1"}, {}, "it is read-only"),
        (
            {"/proc/77/fdinfo/5": "pos:\t0\nflags:\t0100002\n", "/proc/77/comm": "ceph-osd\n"},
            {"/proc/77/fd/5": "/dev/sda"},
            "sda is open for writing in ceph-osd (pid 77)",
        ),
    ],
)
def test_a_disk_in_use_is_refused_with_who_uses_it(extra: dict[str, str], links: dict[str, str], reason: str) -> None:
    host = machine(extra, links)
    assert reason in "; ".join(guard.refusals(disk(), host=host, claimed=free))
    with pytest.raises(Refused, match="must not be written"):
        require(armed(), host)


def test_a_process_that_only_reads_is_no_reason() -> None:
    host = machine({"/proc/77/fdinfo/5": "flags:\t0100000\n", "/proc/77/comm": "smartd"}, {"/proc/77/fd/5": "/dev/sda"})
    assert guard.refusals(disk(), host=host, claimed=free) == []


def test_another_disk_in_use_is_no_reason() -> None:
    host = machine({"/proc/self/mountinfo": "36 1 9:1 / / rw - ext4 /dev/sdab1 rw"})
    assert guard.refusals(disk(), host=host, claimed=free) == []


def test_an_owner_that_has_no_name_here_is_found_by_an_exclusive_open() -> None:
    host = machine()
    assert guard.refusals(disk(), host=host, claimed=lambda n: f"{n} is claimed" if n == "sda1" else "") == [
        "sda1 is claimed"
    ]


def test_a_loop_device_that_is_mounted_is_refused_and_a_free_one_is_not(tmp_path: Path) -> None:
    needs_a_machine()
    file = tmp_path / "disk"
    file.write_bytes(b"")
    os.truncate(file, 8 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", str(file)], check=True)
    loop = subprocess.run(["losetup", "-f", "--show", str(file)], capture_output=True, text=True, check=False)
    if loop.returncode:
        pytest.skip(f"no loop device here: {loop.stderr.strip()}")
    device = loop.stdout.strip()
    target = Disk(Path(device).name, "ssd", size=8 * 2**20)
    try:
        assert guard.refusals(target) == []
        assert guard.signatures_of(device) == [f"{target.name}: ext4"]
        (tmp_path / "mnt").mkdir()
        subprocess.run(["mount", device, str(tmp_path / "mnt")], check=True)
        try:
            assert guard.refusals(target) == [f"{target.name} is mounted on {tmp_path / 'mnt'}"]
            # The claim is seen even where the mount is not, such as in another mount namespace.
            assert "claimed in the kernel" in guard._claimed(target.name)
        finally:
            subprocess.run(["umount", str(tmp_path / "mnt")], check=True)
    finally:
        subprocess.run(["losetup", "-d", device], check=True)


def test_the_disk_of_this_system_is_refused() -> None:
    host = LocalHost()
    source = Path("/proc/self/mountinfo").read_text()
    root = next(line.split()[2] for line in source.splitlines() if line.split()[4] == "/")
    names = [n for n in host.names("/sys/class/block") if host.text(f"/sys/class/block/{n}/dev") == root]
    if not names:
        pytest.skip("the root file system is on no block device")
    parent = Path(os.path.realpath(f"/sys/class/block/{names[0]}"))
    whole = parent.parent.name if (parent / "partition").exists() else names[0]
    assert any("carries the running system" in r for r in guard.refusals(Disk(whole, "ssd"), host=host))
