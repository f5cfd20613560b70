"""IPMI bytes as a board's maker writes them: FRU inventories and sensor data records."""

from __future__ import annotations


def text(value: str) -> bytes:
    """An 8-bit field with its type/length byte."""
    data = value.encode("latin-1")
    return bytes([0xC0 | len(data)]) + data


def area(head: bytes, fields: list[str]) -> bytes:
    """A FRU area: version, length, head, fields, end, padding, checksum."""
    body = head + b"".join(map(text, fields)) + b"\xc1"
    size = -(-(len(body) + 3) // 8)
    body = (bytes([1, size]) + body).ljust(size * 8 - 1, b"\0")
    return body + bytes([-sum(body) & 0xFF])


def fru(chassis: list[str] | None = None, board: list[str] | None = None, product: list[str] | None = None) -> bytes:
    """A FRU inventory of these areas; None leaves one out."""
    heads = (b"\x17", b"\0\x80\x3f\xc7", b"\0")
    areas = [area(h, f) if f is not None else b"" for h, f in zip(heads, (chassis, board, product), strict=True)]
    header, at = [1, 0], 1
    for one in areas:
        header.append(at if one else 0)
        at += len(one) // 8
    header += [0, 0]
    return bytes([*header, -sum(header) & 0xFF]) + b"".join(areas)


def full(
    number: int,
    name: str,
    sort: int,
    unit: int,
    m: int,
    b: int = 0,
    exponents: tuple[int, int] = (0, 0),
    limits: tuple[int, ...] = (0,) * 6,
    readable: int = 0,
    form: int = 0,
    percent: bool = False,
    linear: int = 0,
    owner: int = 0x20,
) -> bytes:
    """A full sensor record. limits: upper non-recoverable, critical, non-critical, then the lower ones."""
    head = bytes([owner, 0, number, 7, 1, 0x7F, 0x68, sort, 1]) + bytes(4) + bytes([readable, readable])
    head += bytes([form << 6 | percent, unit, 0, linear, m & 0xFF, (m >> 8 & 3) << 6, b & 0xFF, (b >> 8 & 3) << 6, 0])
    r_exp, b_exp = exponents
    head += bytes([(r_exp & 15) << 4 | b_exp & 15, 0, 0, 0, 0, 255, 0, *limits, 0, 0, 0, 0, 0])
    return record(1, head + text(name))


def compact(number: int, name: str, sort: int, code: int = 0x6F) -> bytes:
    """A compact sensor record of a discrete sensor."""
    head = bytes([0x20, 0, number, 10, 1, 0x67, 0x40, sort, code]) + bytes(6) + bytes([0xC0, 0, 0, 1]) + bytes(7)
    return record(2, head + text(name))


def locator(fru_id: int, name: str, entity: int) -> bytes:
    """A FRU device locator record."""
    return record(0x11, bytes([0x20, fru_id, 0x80, 0, 0, 0x10, 0, entity, 1, 0]) + text(name))


def record(kind: int, body: bytes) -> bytes:
    """A sensor data record with its header."""
    return bytes([0, 0, 0x51, kind, len(body)]) + body


def event(sort: int, code: int, data: bytes, number: int = 9, at: int = 0x655E1000, kind: int = 2) -> bytes:
    """A record of the event log."""
    return b"\1\0" + bytes([kind]) + at.to_bytes(4, "little") + bytes([0x20, 0, 4, sort, number, code]) + data


SYSTEM = fru(
    ["CH-PN", "CH-SN7"],
    ["Acme", "Board X", "BRD-SN7", "BRD-PN", "", "custom"],
    ["Acme Corp", "Box 9000", "PN-1", "v2", "SYS-SN7", "TAG-1"],
)
SUPPLY = fru(product=["Acme Power", "AP-1600", "AP-PN", "v1", "PSU-SN7"])
RECORDS = [
    full(1, "CPU1 Temp", 1, 1, 1, limits=(100, 95, 90, 0, 5, 10), readable=0x3F),
    full(2, "FAN1", 4, 18, 100, limits=(0, 0, 0, 3, 5, 7), readable=0x07),
    full(3, "P12V", 2, 4, 63, exponents=(-3, 0)),
    compact(4, "PSU1 Status", 8),
    locator(1, "PSU1 FRU", 10),
]
