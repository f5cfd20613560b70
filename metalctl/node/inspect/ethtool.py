"""What a port's driver tells by ioctl (SIOCETHTOOL): driver and firmware, the speeds it can do, FEC.

`driver` and `read` ask this machine; `speeds` and `fec` are the pure parsers. Numbers: linux/ethtool.h. ioctl and not
ethtool's netlink, because several drivers, and every kernel before 5.6, answer only here.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import socket
import struct
from typing import Any

_SIOCETHTOOL = 0x8946
_GDRVINFO, _GLINKSETTINGS, _GFECPARAM = 0x03, 0x4C, 0x50
_HEAD = 48  # bytes of struct ethtool_link_settings before the masks
_WORDS_AT = 15  # link_mode_masks_nwords
_MAX_WORDS = 127

# Mbit/s → the bits of linux/ethtool.h (enum ethtool_link_mode_bit_indices, as of Linux 7.0) that mean such a mode.
_MODES: dict[int, tuple[int, ...]] = {
    10: (0, 1, 92, *range(99, 103)),
    100: (2, 3, 67, 90, 91),
    1000: (4, 5, 17, 41, 68),
    2500: (15, 47),
    5000: (48,),
    10000: (12, 18, 19, 20, *range(42, 47)),
    20000: (21, 22),
    25000: (31, 32, 33, 125),
    40000: (23, 24, 25, 26),
    50000: (34, 35, 40, *range(52, 57)),
    56000: (27, 28, 29, 30),
    100000: (*range(36, 40), *range(57, 62), *range(75, 80)),
    200000: (*range(62, 67), *range(80, 85), *range(103, 109)),
    400000: (*range(69, 74), *range(85, 90), *range(109, 115)),
    800000: (*range(93, 99), *range(115, 121)),
    1600000: (*range(121, 125),),
}
_SPEED = {bit: megabits * 10**6 for megabits, bits in _MODES.items() for bit in bits}
# Kinds of plug, pause frames, autonegotiation and FEC: bits that are no speed.
_NO_SPEED = frozenset((*range(6, 12), 13, 14, 16, *range(49, 52), 74))
_FEC = {1 << 2: "off", 1 << 3: "rs", 1 << 4: "baser", 1 << 5: "llrs", 1 << 1: "auto"}


def driver(nic: str) -> dict[str, str]:
    """struct ethtool_drvinfo of a port: driver, version, firmware, bus; {} when it does not answer."""
    try:
        info = _ask(nic, struct.pack("I", _GDRVINFO) + bytes(192))
    except OSError:
        return {}
    words = (f.split(b"\0")[0].decode(errors="replace").strip() for f in struct.unpack_from("32s32s32s32s", info, 4))
    return dict(zip(("driver", "version", "firmware", "bus"), words, strict=True))


def read(nic: str) -> dict[str, Any]:
    """{"settings": hex of struct ethtool_link_settings, "fec": active_fec}; what the driver does not tell is absent."""
    found: dict[str, Any] = {}
    try:
        # The first call, with no room for the masks, is answered with the negative number of words they need.
        words = -struct.unpack_from("b", _ask(nic, struct.pack("I", _GLINKSETTINGS) + bytes(_HEAD - 4)), _WORDS_AT)[0]
        if 0 < words <= _MAX_WORDS:
            request = bytearray(_HEAD + 12 * words)
            struct.pack_into("I", request, 0, _GLINKSETTINGS)
            struct.pack_into("b", request, _WORDS_AT, words)
            found["settings"] = _ask(nic, bytes(request)).hex()
    except OSError as refused:
        found["error"] = refused.strerror or str(refused)
    with contextlib.suppress(OSError):  # most ports have no FEC to speak of
        found["fec"] = struct.unpack_from("4I", _ask(nic, struct.pack("4I", _GFECPARAM, 0, 0, 0)))[1]
    return found


def _ask(nic: str, request: bytes) -> bytes:
    room = array.array("B", request)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCETHTOOL, struct.pack("16sP16x", nic.encode()[:15], room.buffer_info()[0]))
    return room.tobytes()


def speeds(settings: str) -> tuple[int, ...]:
    """The speeds in bit/s that the port supports, ascending, from the hex of struct ethtool_link_settings; () when the
    driver names none (a virtual port) or the text is no such structure."""
    mask = _supported(settings)
    return tuple(sorted({speed for bit, speed in _SPEED.items() if mask >> bit & 1}))


def unknown_modes(settings: str) -> tuple[int, ...]:
    """Bits that the port supports and that this table has no speed for: newer than it, and maybe faster."""
    mask = _supported(settings)
    return tuple(b for b in range(mask.bit_length()) if mask >> b & 1 and b not in _SPEED and b not in _NO_SPEED)


def _supported(settings: str) -> int:
    """The mask of supported modes, of as many words as the kernel has; 0 for what is no such structure."""
    try:
        data = bytes.fromhex(settings)
        words = struct.unpack_from("b", data, _WORDS_AT)[0]
        return int.from_bytes(data[_HEAD : _HEAD + 4 * words], "little") if words > 0 else 0
    except (ValueError, struct.error):
        return 0


def fec(active: object) -> str:
    """ "rs", "baser", "off"… from active_fec; "" when not stated or when the link has none to speak of."""
    if not isinstance(active, int):
        return ""
    return " ".join(name for bit, name in _FEC.items() if active & bit)
