"""A PCI device's vital product data: part and serial number as the maker burned them in (PCI 3.0, appendix I).

Read only from a device that lists it; root only. `parse` is pure and takes anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.node.inspect.host import Host

_STRING, _READ_ONLY, _END = 0x02, 0x10, 0x0F


@dataclass(frozen=True, slots=True)
class Vpd:
    """name: the identifier string; part_number, serial: fields PN and SN; each "" when absent."""

    name: str = ""
    part_number: str = ""
    serial: str = ""


def read(host: Host, device: str) -> Vpd:
    """Of the device at a path below /sys; empty when it has none."""
    return parse(host.data(f"{device}/vpd")) if host.exists(f"{device}/vpd") else Vpd()


def parse(data: bytes) -> Vpd:
    """The fields of a VPD image, as far as it is whole."""
    name, fields, at = "", dict[str, str](), 0
    while at < len(data):
        tag = data[at]
        if tag & 0x80:  # a large resource: the item's number, then its length in two bytes
            item, size, start = tag & 0x7F, int.from_bytes(data[at + 1 : at + 3], "little"), at + 3
        else:
            item, size, start = tag >> 3 & 0x0F, tag & 0x07, at + 1
            if item == _END:
                break
        body = data[start : start + size]
        if tag & 0x80 and item == _STRING:
            name = _text(body)
        elif tag & 0x80 and item == _READ_ONLY:
            fields |= _keywords(body)
        at = start + size
    return Vpd(name, fields.get("PN", ""), fields.get("SN", ""))


def _keywords(body: bytes) -> dict[str, str]:
    found, at = dict[str, str](), 0
    while at + 3 <= len(body):
        key, size = body[at : at + 2].decode("latin-1"), body[at + 2]
        found.setdefault(key, _text(body[at + 3 : at + 3 + size]))
        at += 3 + size
    return found


def _text(body: bytes) -> str:
    text = body.split(b"\0")[0].decode("ascii", errors="replace").strip()
    return "".join(c for c in text if c.isprintable())
