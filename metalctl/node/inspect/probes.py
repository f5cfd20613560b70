"""What no file tells: ioctls, netlink and libraries, each asked of this machine. Shapes are those of `Host`.

Every answer is made of JSON values (bytes as hex), so that a recorded case can hold it, and no probe raises.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IFMT, S_ISBLK, S_ISCHR
from typing import Any

from metalctl.node import kmsg
from metalctl.node.inspect import ethtool

Answer = Any

_KVM_GET_API_VERSION = 0xAE00
_KERNEL_LOG = "/dev/kmsg"
_LOOP_GET_STATUS64, _LOOP_INFO64 = 0x4C05, 232  # linux/loop.h: struct loop_info64 begins with device, inode, rdevice


@contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    fd = os.open(path, flags | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def kvm(_: str = "") -> tuple[bool | None, str]:
    """Whether /dev/kvm opens and reports API 12. Reading an inventory makes no VM: that is the KVM checks' part.

    A VM switches the CPUs into their hypervisor mode, and an inventory is taken of nodes that will never need it.
    """
    what = "/dev/kvm: {}"
    try:
        with _opened("/dev/kvm", os.O_RDWR) as fd:
            what = "/dev/kvm opens but does not answer: {}"
            version = fcntl.ioctl(fd, _KVM_GET_API_VERSION, 0)
    except OSError as error:
        return False, what.format(error.strerror)
    return (True, "") if version == 12 else (False, f"/dev/kvm has API version {version}, not 12")


def udev(name: str) -> dict[str, str]:
    """Properties of a block device from udev's database; empty without libudev or udevd."""
    try:
        import pyudev

        device = pyudev.Devices.from_name(pyudev.Context(), "block", name)
    except (ImportError, OSError, LookupError):
        return {}
    return dict(device.properties)


def links(_: str = "") -> dict[str, Any]:
    """Over netlink, by interface name: {"permanent": MAC or "", "max_mtu": bytes or None}; {"": reason} when not."""
    try:
        from pyroute2 import IPRoute

        with IPRoute() as netlink:
            return {str(link.get("ifname")): _link(link) for link in netlink.get_links()}
    except (ImportError, OSError) as failed:
        return {"": f"netlink (pyroute2): {failed}"}
    except Exception as failed:  # noqa: BLE001 - pyroute2 has no root of its errors, and an inventory goes on
        return {"": f"netlink (pyroute2): {type(failed).__name__}: {failed}"}


def _link(link: Any) -> dict[str, Any]:
    return {"permanent": str(link.get("perm_address") or ""), "max_mtu": link.get("max_mtu") or None}


def msr(name: str) -> dict[str, Any]:
    """{"value": n} of "CPU REGISTER" (both numbers; the register in hex), {"error": reason} when it cannot be read."""
    cpu, _, register = name.partition(" ")
    what = f"/dev/cpu/{cpu}/msr"
    try:
        with _opened(f"/dev/cpu/{int(cpu)}/msr", os.O_RDONLY) as fd:
            what = f"MSR {register}"
            return {"value": int.from_bytes(os.pread(fd, 8, int(register, 16)), "little")}
    except OSError as error:
        return {"error": f"{what}: {error.strerror}"}


def kernel_log(_: str = "") -> dict[str, Any]:
    """{"text": the kernel's log since boot, as far as its ring holds it} or {"error": reason}."""
    try:
        records = kmsg.records(Path(_KERNEL_LOG))
    except OSError as error:
        return {"error": f"{_KERNEL_LOG}: {error.strerror}"}
    return {"text": "\n".join(text for _, text in records)}


def stat(path: str) -> dict[str, Any]:
    """What a path leads to: {"kind": "block", "char", "file" or "anonymous", "number": "8:0" of a device, "link": mode
    of the path}.

    {"errno": n, "error": reason} when that cannot be told.
    """
    try:
        seen, link = os.stat(path), os.lstat(path)  # noqa: PTH116 - a path of /proc must not be made anew
    except OSError as error:
        return {"errno": error.errno, "error": f"{path}: {error.strerror}"}
    kind = "block" if S_ISBLK(seen.st_mode) else "char" if S_ISCHR(seen.st_mode) else "file"
    kind = kind if S_IFMT(seen.st_mode) else "anonymous"
    return {"kind": kind, "number": _number(seen.st_rdev), "link": link.st_mode}


def loop(name: str) -> dict[str, Any]:
    """{"number": the device number of what a loop device is made of, "0:0" of a file} or {"error": reason}."""
    opened = False
    try:
        with _opened(f"/dev/{name}", os.O_RDONLY) as fd:
            opened = True
            if _number(os.fstat(fd).st_rdev) != Path(f"/sys/class/block/{name}/dev").read_text().strip():
                return {"error": f"/dev/{name} is another device"}
            status = fcntl.ioctl(fd, _LOOP_GET_STATUS64, bytes(_LOOP_INFO64))
    except OSError as error:
        # Set free while we looked: it is made of nothing.
        free = opened and error.errno == errno.ENXIO
        return {"number": "0:0"} if free else {"error": f"/dev/{name}: {error.strerror}"}
    return {"number": _number(struct.unpack_from("=QQQ", status)[2])}


def _number(device: int) -> str:
    return f"{os.major(device)}:{os.minor(device)}"


def architecture(_: str = "") -> dict[str, Any]:
    """{"machine": what `uname -m` prints}."""
    return {"machine": os.uname().machine}


ALL: dict[str, Callable[[str], Answer]] = {
    "kvm": kvm,
    "driver": ethtool.driver,
    "ethtool": ethtool.read,
    "udev": udev,
    "links": links,
    "msr": msr,
    "kernel-log": kernel_log,
    "stat": stat,
    "loop": loop,
    "architecture": architecture,
}
