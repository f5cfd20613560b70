"""Text as IPMI packs it: the type/length byte of FRU fields and SDR names (FRU Storage Definition 13; IPMI 43.15)."""

from __future__ import annotations

BINARY, BCD, SIXBIT, TEXT = range(4)
_BCD = "0123456789 -.???"
ENGLISH = (0, 25)


def unpack(kind: int, data: bytes, language: int = 0) -> str:
    """The text of a field, without blanks around and without characters that do not print. Never raises."""
    if kind == BINARY:
        return data.hex()
    if kind == BCD:
        text = "".join(_BCD[b >> 4] + _BCD[b & 15] for b in data)
    elif kind == SIXBIT:
        text = _sixbit(data)
    elif language not in ENGLISH and len(data) > 1:
        text = data.decode("utf-16-le", "replace")
    else:
        text = data.decode("latin-1")
    return " ".join("".join(c if c.isprintable() else " " for c in text.partition("\0")[0]).split())


def _sixbit(data: bytes) -> str:
    """Four characters in three bytes, the first in the low bits."""
    bits = int.from_bytes(data, "little")
    return "".join(chr(0x20 + (bits >> at & 0x3F)) for at in range(0, len(data) * 8 - 5, 6))
