"""What no file tells: ioctls and libraries, each asked of this machine. Shapes are those of `Host`."""

from __future__ import annotations

import array
import fcntl
import os
import socket
import struct
from collections.abc import Callable
from typing import Any

Answer = Any

_KVM_GET_API_VERSION = 0xAE00
_SIOCETHTOOL = 0x8946
_ETHTOOL_GDRVINFO = 0x00000003


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


def driver(nic: str) -> dict[str, str]:
    """struct ethtool_drvinfo of a port: driver, version, firmware, bus."""
    info = array.array("B", struct.pack("I", _ETHTOOL_GDRVINFO) + bytes(192))
    request = struct.pack("16sP16x", nic.encode(), info.buffer_info()[0])
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            fcntl.ioctl(control, _SIOCETHTOOL, request)
    except OSError:
        return {}
    fields = struct.unpack_from("32s32s32s32s", info.tobytes(), 4)
    words = (f.split(b"\0")[0].decode(errors="replace").strip() for f in fields)
    return dict(zip(("driver", "version", "firmware", "bus"), words, strict=True))


def udev(name: str) -> dict[str, str]:
    """Properties of a block device from udev's database; empty without libudev or udevd."""
    try:
        import pyudev

        device = pyudev.Devices.from_name(pyudev.Context(), "block", name)
    except (ImportError, OSError, LookupError):
        return {}
    return dict(device.properties)


ALL: dict[str, Callable[[str], Answer]] = {"kvm": kvm, "driver": driver, "udev": udev}
