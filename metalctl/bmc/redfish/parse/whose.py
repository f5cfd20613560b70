"""Whether an answer is the resource that was asked: a body with HTTP 200 may be an error, or another's. No I/O.

A resource names itself in `@odata.id` (DSP0266, 6.4.2). That may differ from the address that was asked in what is no
other place: a trailing slash, the host in front, the case, a query, a fragment, an escape. Where a BMC leaves it
out, `Id` is the last part of the address, and so is the type of what is there once ("Power", "Bios").
"""

from __future__ import annotations

import re
from typing import Any

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import is_whole, path_of, plain
from metalctl.bmc.redfish.schema.values import items

_NAMES = ("@odata.id", "Id", "MemberId")
_OWN_WORD = re.compile(r"#?(\w+)\.")


def identity(path: str, found: Resource) -> tuple[str, str]:
    """Which resource was found at `path`, and why it is not the one that was asked, "" when it is."""
    if fault := fault_of(found):
        return "", fault
    own, asked = path_of(found).strip(), plain(path)
    if not own:
        return asked, _nameless(asked.rpartition("/")[2], found)
    stated = plain(own)
    if stated == asked or _alias(asked, stated):
        return stated, ""
    if stated.rpartition("/")[0] == asked.rpartition("/")[0] and _ids(found) == [asked.rpartition("/")[2]]:
        return asked, ""  # its neighbour's address was copied with the rest: DMTF's own mockup has one
    return stated, f"an answer that is {own[:200]}"


def fault_of(found: Resource) -> str:
    """What the error object says that stands where a resource should (DSP0266, 8.6); "" for a resource."""
    error = found.get("error")
    if not isinstance(error, dict):
        return ""
    rows = error.get("@Message.ExtendedInfo")
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    said = next((v for v in (first.get("MessageId"), error.get("code")) if isinstance(v, str) and v), "")
    return f"an error with HTTP 200 ({said[:100]})" if said else "an error with HTTP 200"


def named(found: Resource) -> bool:
    """Whether a resource that stands inside a list, or another resource, says which one it is."""
    return any(isinstance(found.get(name), (str, int)) and found[name] != "" for name in _NAMES)


def _alias(asked: str, own: str) -> bool:
    """Another address of the same thing: Storage/Drives/X for Storage/R1/Drives/X.

    Of one system, chassis or manager only, and the list and the name in it must agree.
    """
    ours, theirs = asked.split("/"), own.split("/")
    return len(ours) > 6 and len(theirs) > 6 and ours[:5] == theirs[:5] and ours[-2:] == theirs[-2:]


def _nameless(last: str, found: Resource) -> str:
    if ids := _ids(found):
        return "" if last in ids else f"an answer that calls itself {ids[0][:100]}"
    if isinstance(found.get("Members"), list) or _type(found).lower() == last:
        return ""
    return "an answer that does not say what it is"


def _ids(found: Resource) -> list[str]:
    stated = (found.get(name) for name in ("Id", "MemberId"))
    return [plain(f"/{one}")[1:] for one in stated if isinstance(one, (str, int)) and one != ""]


def _type(found: Resource) -> str:
    """The resource's type without its version, "" when it is not stated."""
    stated: Any = found.get("@odata.type")
    match = _OWN_WORD.match(stated) if isinstance(stated, str) else None
    return match.group(1) if match else ""


class Owners:
    """Which address each resource of one reading was read at: two addresses of one list are not the same part."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self._kinds: dict[str, str] = {}

    def expect(self, collection: Resource) -> None:
        """What a collection says of which type its members are: "#MemoryCollection" has Memory."""
        kind = _type(collection)
        if kind.endswith("Collection"):
            kind = kind.removesuffix("Collection").lower().rstrip("s")
            for member in items(collection, "Members"):
                self._kinds.setdefault(plain(path_of(member)), kind)

    def stranger(self, found: Resource, path: str, moved: str = "") -> str:
        """Why what was found at `path` is not a resource of its own; "" when it is the one that was asked.

        moved: where a redirect has led to: the resource may have that address, too.
        """
        own, odd = identity(path, found)
        if odd and moved:
            own, odd = identity(moved, found)
        if odd := odd or self._other_kind(plain(path), found):
            return odd
        first = self._read_at(own, plain(path))
        return f"the same resource as {first}" if first else ""

    def is_good(self, where: Resource | str) -> bool:
        """Whether it is the resource itself, which came along, and not only a link or an error in its place."""
        if isinstance(where, str) or not is_whole(where) or fault_of(where) or not named(where):
            return False
        own = plain(path_of(where))
        return not own or not (self._other_kind(own, where) or self._read_at(own, own))

    def _other_kind(self, path: str, found: Resource) -> str:
        """A maker's own type may have the standard's in its name, or the other way round."""
        stated, wanted = _type(found), self._kinds.get(path, "")
        if not stated or not wanted or wanted in stated.lower() or stated.lower() in wanted:
            return ""
        return f"of type {stated}, which the list does not hold"

    def _read_at(self, own: str, asked: str) -> str:
        """The other address that it was read at, "" when this is the first."""
        first = self._first.setdefault(own, asked)
        return "" if first == asked else first
