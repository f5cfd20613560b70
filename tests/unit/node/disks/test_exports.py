"""Uses of a disk that this machine's kernel cannot show for real: recorded /proc, /sys and configfs trees."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.inventory import Disk
from metalctl.node import guard
from metalctl.node.inspect.host import Host

SIZE = 960 * 10**9
DISK = Disk("sdq", "ssd", size=SIZE, serial="SQ1")
CONFIG = "/sys/kernel/config"
NVMET = f"{CONFIG}/nvmet/subsystems/nqn.x/namespaces/1/device_path"
FILEIO = """Status: ACTIVATED  Max Queue Depth: 128  SectorSize: 512  HwMaxSectors: 16384
        TCM FILEIO ID: 0        File: /run/x/disk  Size: 960197124096  Mode: O_DSYNC Async: 0"""
IBLOCK = """Status: ACTIVATED  Max Queue Depth: 128  SectorSize: 512  HwMaxSectors: 2048
        iBlock device: sdq2  UDEV PATH: /dev/a  readonly: 0
        Major: 65 Minor: 2  CLAIMED: IBLOCK"""


class Recorded:
    """files: path → text. stats: path → what stat says of it. denied: folders and files that may not be read."""

    def __init__(
        self, files: dict[str, str], stats: dict[str, Any] | None = None, denied: tuple[str, ...] = ()
    ) -> None:
        self.files, self.stats, self.denied = files, stats or {}, denied

    def data(self, path: str) -> bytes:
        self._allowed(path)
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory")
        return self.files[path].encode()

    def names(self, path: str) -> list[str]:
        self._allowed(path)
        below = path.rstrip("/") + "/"
        found = {p.removeprefix(below).split("/")[0] for p in (*self.files, *self.denied) if p.startswith(below)}
        if not found:
            raise FileNotFoundError(2, "No such file or directory")
        return list(found)

    def _allowed(self, path: str) -> None:
        if path in self.denied:
            raise PermissionError(13, "Permission denied")

    def real(self, path: str) -> str:
        return self.files.get(f"link {path}", path)

    def tool(self, argv: tuple[str, ...], timeout: float, tolerated: int) -> str:
        raise AssertionError("the guard runs no tool")

    def probe(self, what: str, name: str) -> Any:
        if what == "stat" and name == "/proc/1":
            return self.stats.get(name, device("0:0", "file"))
        if what == "stat":
            return self.stats.get(name, {"errno": 2, "error": f"{name}: No such file or directory"})
        return self.stats.get(f"{what} {name}", {})


def device(number: str, kind: str = "block") -> dict[str, Any]:
    return {"kind": kind, "number": number, "link": 0o777}


def refusals(files: dict[str, str], stats: dict[str, Any] | None = None, denied: tuple[str, ...] = ()) -> str:
    idle = {
        "/sys/block/sdq/size": str(SIZE // 512),
        "/sys/block/sdq/serial": "SQ1",
        "/sys/block/sdq/ro": "0",
        "/sys/block/sdq/sdq2/partition": "2",
        "/sys/block/sdq/device/scsi_generic/sg9/dev": "21:9",
        "/sys/class/block/sdq/dev": "65:0",
        "/sys/class/block/sdq2/dev": "65:2",
    }
    host = Host(Recorded({**idle, **files}, stats, denied))
    return "; ".join(guard.refusals(DISK, host=host, claimed=lambda _: ""))


def test_the_recorded_machine_is_idle() -> None:
    assert refusals({}) == ""


@pytest.mark.truth("C1", "a disk that the kernel gives to other machines is in use, whatever it calls the disk")
@pytest.mark.parametrize(
    ("files", "stats", "reason"),
    [
        ({NVMET: "/srv/exports/one"}, {"/srv/exports/one": device("65:0")}, "sdq is exported by an NVMe target"),
        (
            {f"{CONFIG}/target/core/fileio_0/a/info": FILEIO},
            {"/run/x/disk": device("65:0")},
            "sdq is exported by a SCSI target (LIO)",
        ),
        ({f"{CONFIG}/target/core/iblock_0/a/info": IBLOCK}, {}, "sdq2 is exported by a SCSI target (LIO)"),
        (
            {f"{CONFIG}/target/core/pscsi_0/a/udev_path": "/dev/sg9"},
            {"/dev/sg9": device("21:9", "char")},
            "sg9 is exported by a SCSI target (LIO)",
        ),
        (
            {"/sys/kernel/scst_tgt/devices/d/filename": "/dev/x\n[key]"},
            {"/dev/x": device("65:0")},
            "sdq is exported by a SCSI target (SCST)",
        ),
        ({"/sys/class/rnbd-server/ctl/devices/d/block_dev/dev": "65:0"}, {}, "sdq is exported by an RDMA block target"),
        (
            {"/proc/self/mounts": "none /cfg configfs rw 0 0", "/cfg/usb_gadget/g/functions/m.0/lun.0/file": "/dev/q"},
            {"/dev/q": device("65:2")},
            "sdq2 is exported by a USB gadget",
        ),
    ],
)
def test_an_export_is_seen_by_device_number(files: dict[str, str], stats: dict[str, Any], reason: str) -> None:
    assert reason in refusals(files, stats)


@pytest.mark.truth("C1", "who cannot be looked at may be the one who uses the disk")
@pytest.mark.parametrize(
    ("files", "denied", "reason"),
    [
        ({NVMET: "/gone/elsewhere"}, (), "an NVMe target exports /gone/elsewhere, and what that is could not be"),
        ({"/sys/module/nvmet/version": ""}, (), "what nvmet exports cannot be seen: mount configfs"),
        ({"/proc/88/comm": "qemu"}, ("/proc/88/fd",), "the files that qemu (pid 88) has open cannot be seen"),
        ({"/proc/88/comm": "qemu"}, ("/proc/88/mountinfo",), "the mounts that qemu (pid 88) sees cannot be read"),
        ({"link /proc/self/ns/pid": "/proc/9/ns/pid:[4026532001]"}, (), "this is a container (pid:[4026532001])"),
        ({"/sys/block/loop3/loop/backing_file": "/gone (deleted)"}, (), "what loop3 (/gone (deleted)) lies on"),
    ],
)
def test_what_cannot_be_seen_is_refused(files: dict[str, str], denied: tuple[str, ...], reason: str) -> None:
    assert reason in refusals(files, denied=denied)


@pytest.mark.truth("C1", "who cannot be looked at may be the one who uses the disk")
def test_a_machine_whose_processes_are_hidden_is_refused() -> None:
    hidden = {"/proc/1": {"errno": 2, "error": "/proc/1: No such file or directory"}}
    assert refusals({}, hidden) == "processes cannot be seen: /proc is not mounted, or hides them (hidepid)"


def test_an_export_of_another_disk_or_of_a_file_is_no_reason() -> None:
    stats = {"/dev/other": device("66:0"), "/srv/image": device("0:0", "file")}
    second = NVMET.replace("nqn.x", "nqn.y")
    assert refusals({NVMET: "/dev/other", second: "/srv/image"}, stats) == ""


def test_an_init_that_even_root_may_not_look_at_is_let_pass() -> None:
    assert refusals({"/proc/1/comm": "init"}, denied=("/proc/1/fd",)) == ""


@pytest.mark.truth("C1", "a disk is written by its character device too")
def test_a_process_that_has_the_scsi_generic_device_open_is_seen() -> None:
    files = {"/proc/88/fd/4": "", "/proc/88/fdinfo/4": "flags:\t02", "/proc/88/comm": "qemu-system-x86"}
    stats = {"/proc/88/fd/4": device("21:9", "char")}
    assert refusals(files, stats) == "sg9 is open for writing in qemu-system-x86 (pid 88)"


def test_who_holds_the_holder_is_told_as_well() -> None:
    files = {
        "/sys/block/sdq/sdq2/holders/dm-1/dev": "",
        "/sys/class/block/dm-1/dm/name": "cryptdata",
        "/sys/class/block/dm-1/dm/uuid": "CRYPT-LUKS2-1",
        "/sys/class/block/dm-1/holders/dm-4/dev": "",
        "/sys/class/block/dm-4/dm/name": "vg0-osd",
        "/sys/class/block/dm-4/dm/uuid": "LVM-2",
    }
    assert refusals(files) == "sdq2 is held by crypt cryptdata (under lvm vg0-osd)"


@pytest.mark.truth("C1", "an owner that claims nothing is found by what the kernel shows of him")
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/sys/block/sdq/sdq2/bcache/label", "sdq2 is registered with bcache"),
        ("/sys/block/md126/slaves/sdq2/size", "sdq2 is held by md126"),
        ("/sys/fs/btrfs/1-2/devices/sdq/size", "sdq belongs to the mounted btrfs 1-2"),
    ],
)
def test_what_is_built_on_the_disk_is_named(path: str, reason: str) -> None:
    assert refusals({path: ""}) == reason
