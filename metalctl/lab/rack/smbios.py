"""The firmware's tables of a node's memory: SMBIOS 16 (the array, its error correction) and 17 (a slot each).

QEMU makes such tables itself, of modules that always fit the memory there is. A rack that declares `dimms` states them
as a server's firmware would, so that a module can be listed and not be there, and a slot can be empty. QEMU takes one
structure a file. Source: DMTF DSP0134, 7.17 and 7.18.
"""

from __future__ import annotations

import struct

from metalctl.lab.spec import MIB, Node

_ARRAY = 0x1000
"""QEMU's own table of mapped addresses (19) refers to the array by this handle."""
_MODULE = 0x1100
_NO_ERRORS = 0xFFFE
_MULTI_BIT, _NO_ECC = 0x06, 0x03
_SPEED_MTS = 3200
_MILLIVOLTS = 1200
_EXTENDED = 0x7FFF
"""In the old size field: see the extended one."""


def structures(node: Node, serial: str) -> list[bytes]:
    """Every structure, the array first; none for a node that declares no modules. serial: the machine's."""
    if not node.dimms:
        return []
    slots = [_slot(node, number, size, serial) for number, size in enumerate(node.dimms)]
    return [_array(node), *slots]


def _array(node: Node) -> bytes:
    board, system_memory, see_extended = 3, 3, 0x80000000
    correction = _MULTI_BIT if node.ecc else _NO_ECC
    slots = len(node.dimms)
    capacity = slots * max(node.dimms)
    body = struct.pack("<BBBIHHQ", board, system_memory, correction, see_extended, _NO_ERRORS, slots, capacity)
    return _structure(16, _ARRAY, body, [])


def _slot(node: Node, number: int, size: int, serial: str) -> bytes:
    channel = chr(ord("A") + number)
    locator, bank = f"DIMM {channel}1", f"P0 CHANNEL {channel}"
    if not size:
        return _module(node, number, 0, [locator, bank])
    texts = [locator, bank, "metalctl", f"{serial[-6:]}{number:02d}", f"EMULATED-{size // MIB}M"]
    return _module(node, number, size, texts)


def _module(node: Node, number: int, size: int, texts: list[str]) -> bytes:
    dimm, ddr4, synchronous, registered = 0x09, 0x1A, 1 << 7, 1 << 13
    mib = size // MIB
    old, extended = (mib, 0) if mib < _EXTENDED else (_EXTENDED, mib)
    maker, module, asset, part = (3, 4, 0, 5) if size else (0, 0, 0, 0)
    rank, speed, voltage = (2, _SPEED_MTS, _MILLIVOLTS) if size else (0, 0, 0)
    body = struct.pack(
        "<HHHHHBBBBBHHBBBBBIHHHH",
        *(_ARRAY, _NO_ERRORS, 72 if node.ecc else 64, 64, old, dimm, 0, 1, 2, ddr4, synchronous | registered, speed),
        *(maker, module, asset, part, rank, extended, speed, voltage, voltage, voltage),
    )
    return _structure(17, _MODULE + number, body, texts)


def _structure(kind: int, handle: int, body: bytes, texts: list[str]) -> bytes:
    """Header, formatted area, strings; two zero bytes end it."""
    strings = b"".join(text.encode("ascii") + b"\0" for text in texts) or b"\0"
    return struct.pack("<BBH", kind, 4 + len(body), handle) + body + strings + b"\0"
