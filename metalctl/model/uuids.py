"""A UUID in the byte orders in which tools tell it: the one place where UUIDs are compared.

The firmware's table (SMBIOS) holds the first three groups with their bytes swapped. A BMC answers Get System GUID so,
or in IPMI's own order (all bytes reversed), or in that of RFC 4122; and who prints it assumes one of them. So one UUID
is told in several ways, and two texts contradict only when none of these makes one of the other.
"""

from __future__ import annotations

import re
from functools import lru_cache

_DIGITS = re.compile(r"[0-9a-f]{32}")
_SWAPPED = (3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15)


def written(stated: str) -> str:
    """The UUID in lower case with dashes, however it was written; "" when it is none."""
    bare = stated.strip().lower().removeprefix("urn:uuid:")
    digits = re.sub(r"[-{}\s]", "", bare)
    return _dashed(bytes.fromhex(digits)) if _DIGITS.fullmatch(digits) else ""


@lru_cache(maxsize=4096)
def orders(uuid: str) -> frozenset[str]:
    """The UUID as each tool may tell it; {} for what is none. The same set for each of them."""
    found: set[str] = set()
    todo = [plain] if (plain := written(uuid)) else []
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            raw = bytes.fromhex(one.replace("-", ""))
            todo += [_dashed(raw[::-1]), _dashed(bytes(raw[i] for i in _SWAPPED))]
    return frozenset(found)


def same_uuid(a: str, b: str) -> bool:
    """Whether both may be told of one UUID; False when either is none."""
    return written(a) in orders(b) if written(a) else False


def key(uuid: str) -> str:
    """One text for all the orders of a UUID; "" for what is none."""
    return min(orders(uuid), default="")


def _dashed(raw: bytes) -> str:
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
