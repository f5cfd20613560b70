"""One tree, served by many BMCs: each resource is turned into bytes once, and every BMC fills in its own tokens.

A template is a bytes format with a %s for each token (serial, UUID, MAC, the manager's clock). Filling it in costs
some microseconds, so a thousand BMCs need neither a thousand trees in memory nor a JSON encoder a request.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from metalctl.lab.bmc.capture import Tree
from metalctl.lab.bmc.identity import Tokens
from metalctl.lab.bmc.message import dump
from metalctl.lab.bmc.query import BadQuery, Query

CLOCK = "@@metalctl-clock@@"
_REMEMBERED = 8192
_LINK = re.compile(rb'("/redfish[^"]*")')
_MARK = re.compile(rb"\x00(\d+)\x01")

Reader = Callable[[str], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Template:
    """etag: of the representation. touches: every path whose resource is in it. live: it tells the time."""

    form: bytes
    slots: tuple[int, ...]
    etag: str
    touches: frozenset[str]
    live: bool

    def fill(self, tokens: Sequence[bytes]) -> bytes:
        """The body of the BMC with these tokens."""
        return self.form % tuple([tokens[slot] for slot in self.slots])


class Library:
    """The templates of one tree, made when first asked for."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.tokens = Tokens(tree.values())
        self._lower = {path.lower(): path for path in tree}
        self._marks = [token.encode() for token in self.tokens.kinds]
        self._made: dict[tuple[str, Query], Template | None] = {}
        self.clock_offset = _offset(tree)

    @property
    def root(self) -> dict[str, Any]:
        return self.tree.get("/redfish/v1", {})

    def canonical(self, path: str) -> str:
        """The path as the tree spells it: some BMCs link to /bios and mean /Bios."""
        return path if path in self.tree else self._lower.get(path.lower(), path)

    def template(self, path: str, query: Query) -> Template | None:
        """The template of a resource, None when there is no such resource. Raises BadQuery."""
        key = (path, query)
        if key not in self._made:
            if len(self._made) > _REMEMBERED:
                self._made.clear()
            self._made[key] = self._make(path, query)
        return self._made[key]

    def build(self, read: Reader, path: str, query: Query) -> tuple[dict[str, Any] | None, set[str]]:
        """The resource with the query applied, and the paths it was made of. Raises BadQuery."""
        touched = {path}
        resource = read(path)
        if resource is None:
            return None, touched
        members = resource.get("Members")
        if query.only and isinstance(members, list) and len(members) == 1:
            path = self.canonical(str(members[0].get("@odata.id", "")))
            return self.build(read, path, Query(query.expand, query.levels))
        if isinstance(members, list) and (query.skip or query.top is not None):
            resource = _page(resource, path, query)
        if query.expand:
            if query.levels > self.max_levels:
                raise BadQuery(f"$levels={query.levels}")
            resource = self._expanded(read, resource, query, query.levels, touched)
        return resource, touched

    @property
    def max_levels(self) -> int:
        """How deep $expand goes; 0 when it is not advertised."""
        offered = self.root.get("ProtocolFeaturesSupported", {}).get("ExpandQuery", {})
        return int(offered.get("MaxLevels", 1)) if offered.get("NoLinks") or offered.get("ExpandAll") else 0

    def _make(self, path: str, query: Query) -> Template | None:
        resource, touched = self.build(self._read, path, query)
        if resource is None:
            return None
        body = dump(resource)
        tag = resource.get("@odata.etag") if not query.expand else None
        etag = tag if isinstance(tag, str) and tag else f'W/"{zlib.crc32(body):08X}"'
        form, slots = self._cut(body)
        return Template(form, slots, etag, frozenset(touched), len(self._marks) in slots)

    def _read(self, path: str) -> dict[str, Any] | None:
        found = self.tree.get(path)
        return {**found, "DateTime": CLOCK} if found and is_clock(found) else found

    def _cut(self, body: bytes) -> tuple[bytes, tuple[int, ...]]:
        """The body as a format; links keep their words, since paths are the same on every BMC."""
        pieces = _LINK.split(body)
        for at in range(0, len(pieces), 2):
            piece = pieces[at]
            for number, token in enumerate(self._marks):
                if token in piece:
                    piece = piece.replace(token, b"\x00%d\x01" % number)
            pieces[at] = piece.replace(CLOCK.encode(), b"\x00%d\x01" % len(self._marks))
        slots: list[int] = []

        def slot(found: re.Match[bytes]) -> bytes:
            slots.append(int(found[1]))
            return b"%s"

        return _MARK.sub(slot, b"".join(pieces).replace(b"%", b"%%")), tuple(slots)

    def _expanded(
        self, read: Reader, resource: dict[str, Any], query: Query, levels: int, touched: set[str]
    ) -> dict[str, Any]:
        def walk(value: Any, in_links: bool) -> Any:
            if isinstance(value, list):
                return [walk(inner, in_links) for inner in value]
            if not isinstance(value, dict):
                return value
            target = value.get("@odata.id")
            if len(value) == 1 and isinstance(target, str):
                return follow(value, target) if query.expand in ("*", "~" if in_links else ".") else value
            return {name: walk(inner, in_links or name == "Links") for name, inner in value.items()}

        def follow(link: dict[str, Any], target: str) -> dict[str, Any]:
            path = self.canonical(target.rstrip("/"))
            found = read(path) if "#" not in target else None
            if found is None:
                return link
            touched.add(path)
            return self._expanded(read, found, query, levels - 1, touched) if levels > 1 else found

        return {name: walk(inner, name == "Links") for name, inner in resource.items()}


def is_clock(resource: dict[str, Any]) -> bool:
    """Whether the resource is a manager that tells the time."""
    kind = resource.get("@odata.type")
    return isinstance(kind, str) and kind.startswith("#Manager.") and isinstance(resource.get("DateTime"), str)


def _offset(tree: Tree) -> str:
    for resource in tree.values():
        if is_clock(resource):
            found = re.search(r"[+-]\d\d:\d\d$|Z$", resource["DateTime"])
            return found[0] if found else "Z"
    return "Z"


def _page(resource: dict[str, Any], path: str, query: Query) -> dict[str, Any]:
    members = resource["Members"]
    end = len(members) if query.top is None else query.skip + query.top
    page = {**resource, "Members": members[query.skip : end]}
    if end < len(members):
        page["Members@odata.nextLink"] = f"{path}?$skip={end}" + (f"&$top={query.top}" if query.top else "")
    return page
