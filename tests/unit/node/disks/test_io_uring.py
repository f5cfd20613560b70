"""A disk that is registered with an io_uring is in use, also when its descriptor was closed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from metalctl.node import guard
from metalctl.node.guard import processes
from metalctl.node.guard.target import Target, Unseen
from metalctl.node.inspect.host import Host
from tests.unit.node.disks.conftest import Make, alias, python, running
from tests.unit.node.inspect.recorded import Recorded

# io_uring_setup and io_uring_register of files, by number; where the kernel refuses rings the disk stays open.
REGISTERED = """
import ctypes
libc = ctypes.CDLL(None)
ring = libc.syscall(425, 4, ctypes.create_string_buffer(120))
f = os.open(sys.argv[1], os.O_RDWR)
if ring >= 0 and libc.syscall(427, ring, 2, (ctypes.c_int * 1)(f), 1) == 0:
    os.close(f)
"""


@pytest.mark.truth("C1", "a disk that is registered with an io_uring is in use, though no descriptor shows it")
def test_a_registered_disk_is_in_use(loop_disk: Make, tmp_path: Path) -> None:
    disk = loop_disk()
    with running(*python(REGISTERED, alias(disk, tmp_path / "a node"))) as pid:
        said = "; ".join(guard.refusals(disk))
        assert f"{disk.name} is open for writing in" in said
        assert f"(pid {pid})" in said
    assert guard.refusals(disk) == []


def listed(fdinfo: str) -> list[str]:
    """What of the disk sda a ring with this fdinfo has."""
    case: dict[str, Any] = {"links": {"/proc/9/root/dev/other": "/dev/sda"}}
    target = Target({"sda": "/sys/block/sda"}, {}, {})
    return list(processes._registered(Host(Recorded(case)), target, "/proc/9", fdinfo))


def test_a_last_name_alone_is_compared_by_name() -> None:
    assert listed("SqMask:\t0x3\nUserFiles:\t3\n    0: <none>\n    1: sdb\n    2: sda\nUserBufs:\t0\n") == ["sda"]
    assert listed("UserFiles:\t1\n    0: /dev/other\nUserBufs:\t1\n    0: sda\n") == ["sda"]
    assert listed("UserFiles:\t1\n    0: sdb\nUserBufs:\t1\n    0: sda\n") == []


@pytest.mark.parametrize("fdinfo", ["pos:\t0\nflags:\t02\n", "UserFiles:\t2\nUserBufs:\t0\n"])
def test_a_ring_that_does_not_list_its_files_is_unseen(fdinfo: str) -> None:
    with pytest.raises(Unseen):
        listed(fdinfo)
