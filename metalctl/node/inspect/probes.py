"""What no file tells: ioctls, netlink and libraries, each asked of this machine. Shapes are those of `Host`.

Every answer is made of JSON values (bytes as hex), so that a recorded case can hold it, and no probe raises.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Callable
from pathlib import Path
from stat import S_IFMT, S_ISBLK, S_ISCHR
from typing import Any

from metalctl.node.inspect import ethtool

Answer = Any

_KVM_GET_API_VERSION = 0xAE00
_KERNEL_LOG = "/dev/kmsg"
_LOOP_GET_STATUS64, _LOOP_INFO64 = 0x4C05, 232  # linux/loop.h: struct loop_info64 begins with device, inode, rdevice
_RECORD = 8192  # no record of the kernel log is longer


def kvm(_: str = "") -> tuple[bool | None, str]:
    """Whether /dev/kvm opens and reports API 12. Reading an inventory makes no VM: that is the KVM checks' part.

    A VM switches the CPUs into their hypervisor mode, and an inventory is taken of nodes that will never need it.
    """
    try:
        fd = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        return False, f"/dev/kvm: {error.strerror}"
    try:
        version = fcntl.ioctl(fd, _KVM_GET_API_VERSION, 0)
        if version != 12:
            return False, f"/dev/kvm has API version {version}, not 12"
    except OSError as error:
        return False, f"/dev/kvm opens but does not answer: {error.strerror}"
    finally:
        os.close(fd)
    return True, ""


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
    try:
        fd = os.open(f"/dev/cpu/{int(cpu)}/msr", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        return {"error": f"/dev/cpu/{cpu}/msr: {error.strerror}"}
    try:
        return {"value": int.from_bytes(os.pread(fd, 8, int(register, 16)), "little")}
    except OSError as error:
        return {"error": f"MSR {register}: {error.strerror}"}
    finally:
        os.close(fd)


def kernel_log(_: str = "") -> dict[str, Any]:
    """{"text": the kernel's log since boot, as far as its ring holds it} or {"error": reason}."""
    try:
        fd = os.open(_KERNEL_LOG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return {"error": f"{_KERNEL_LOG}: {error.strerror}"}
    lines: list[str] = []
    try:
        while True:
            try:
                record = os.read(fd, _RECORD).decode(errors="replace")
            except OSError as error:
                if error.errno == errno.EPIPE:  # overwritten while it was read: go on with the next
                    continue
                break
            if not record:
                break
            lines.append(record.partition(";")[2].partition("\n")[0])
    finally:
        os.close(fd)
    return {"text": "\n".join(lines)}


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
    try:
        fd = os.open(f"/dev/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        return {"error": f"/dev/{name}: {error.strerror}"}
    try:
        if _number(os.fstat(fd).st_rdev) != Path(f"/sys/class/block/{name}/dev").read_text().strip():
            return {"error": f"/dev/{name} is another device"}
        status = fcntl.ioctl(fd, _LOOP_GET_STATUS64, bytes(_LOOP_INFO64))
    except OSError as error:
        # Set free while we looked: it is made of nothing.
        free = error.errno == errno.ENXIO
        return {"number": "0:0"} if free else {"error": f"/dev/{name}: {error.strerror}"}
    finally:
        os.close(fd)
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
