"""What one simulated BMC tells: what the tree says, and over it what was changed on this one."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from metalctl.lab.bmc.library import CLOCK, Library, is_clock
from metalctl.lab.bmc.message import Response, dump
from metalctl.lab.bmc.query import PLAIN, Query
from metalctl.lab.bmc.settings import FleetSettings
from metalctl.lab.bmc.statistics import Statistics

Later = Callable[[float, Callable[[], None]], object]


class State:
    """The resources of one BMC. later: runs a function after so many seconds."""

    def __init__(
        self, index: int, address: str, library: Library, settings: FleetSettings, statistics: Statistics, later: Later
    ) -> None:
        self.index = index
        self.address = address
        self.library = library
        self.settings = settings
        self.statistics = statistics
        self.later = later
        self.clock_offset = timedelta()
        self._changed: dict[str, dict[str, Any] | None] = {}
        self._recorded = False
        self._version = 0
        self._tokens: list[bytes] | None = None

    def serve(self, tree: dict[str, Any]) -> None:
        """Every resource is read from this tree and written to it, as it is recorded there."""
        self._changed, self._recorded = tree, True

    def get(self, path: str, query: Query = PLAIN) -> tuple[bytes, str] | None:
        """Body and ETag of a GET; None when there is no such resource. Raises BadQuery."""
        if path not in self._changed:
            template = self.library.template(path, query)
            if template is None:
                return None
            if not self._changed or template.touches.isdisjoint(self._changed):
                return template.fill(self._filling(template.live)), template.etag
        resource, _ = self.library.build(self.resource, path, query)
        if resource is None:
            return None
        body = dump(resource)
        tag = resource.get("@odata.etag") if not query.expand else None
        return body, tag if isinstance(tag, str) and tag else f'W/"{zlib.crc32(body):08X}"'

    def resource(self, path: str) -> dict[str, Any] | None:
        """The resource as it is now; do not change it, `put` a new one."""
        if path in self._changed:
            found = self._changed[path]
        else:
            template = self.library.template(path, PLAIN)
            found = json.loads(template.fill(self._filling(template.live))) if template else None
        return {**found, "DateTime": self.clock()} if found and not self._recorded and is_clock(found) else found

    def etag(self, path: str) -> str:
        """The ETag that a GET of the resource shows."""
        found = self.get(path)
        return found[1] if found else ""

    def put(self, path: str, resource: dict[str, Any]) -> None:
        """The resource is this from now on, with another ETag."""
        self._version += 1
        self._changed[path] = {**resource, "@odata.etag": f'W/"{zlib.crc32(path.encode()):08X}-{self._version}"'}

    def update(self, path: str, **values: Any) -> None:
        """Some properties of a resource change; a resource that is not there stays away."""
        found = self.resource(path)
        if found is not None and any(found.get(name) != value for name, value in values.items()):
            self.put(path, {**found, **values})

    def remove(self, path: str) -> None:
        self._changed[path] = None

    def join(self, collection: str, path: str, resource: dict[str, Any]) -> None:
        self.put(path, {"@odata.id": path, **resource})
        self._members(collection, lambda members: [*members, {"@odata.id": path}])

    def leave(self, collection: str, path: str) -> None:
        self.remove(path)
        self._members(collection, lambda members: [m for m in members if m.get("@odata.id", "").rstrip("/") != path])

    def clock(self) -> str:
        """The manager's time as its clock shows it."""
        return self._time(datetime.now(UTC) + self.clock_offset)

    def members(self, path: str) -> list[str]:
        """Paths of a collection's members, [] when there is no such collection."""
        listed = (self.resource(path) or {}).get("Members")
        links = listed if isinstance(listed, list) else []
        return [self.library.canonical(str(link.get("@odata.id", "")).rstrip("/")) for link in links]

    def link(self, *names: str) -> str:
        """Path of the resource that the service root links to, name after name, "" when there is none."""
        found: Any = self.library.root
        path = ""
        for name in names:
            target = found.get(name) if isinstance(found, dict) else None
            path = str(target.get("@odata.id", "")).rstrip("/") if isinstance(target, dict) else ""
            path = self.library.canonical(path)
            found = self.resource(path) if path else None
        return path

    def systems(self) -> list[str]:
        return self.members(self.link("Systems"))

    def forbidden(self, answer: Response) -> Response:
        """Counts an answer that refuses a login."""
        self.statistics.failed_logins += 1
        return answer

    def _members(self, collection: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        found = self.resource(collection) or {"@odata.id": collection, "Name": collection.rsplit("/", 1)[-1]}
        members = change(list(found.get("Members", [])))
        self.put(collection, {**found, "Members": members, "Members@odata.count": len(members)})

    def _filling(self, live: bool) -> list[bytes]:
        if self._tokens is None:
            self._tokens = [token.encode() for token in self.library.tokens.of(self.index)] + [CLOCK.encode()]
        if live:
            self._tokens[-1] = self.clock().encode()
        return self._tokens

    def _time(self, moment: datetime) -> str:
        offset = self.library.clock_offset
        if offset == "Z":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        sign = -1 if offset[0] == "-" else 1
        zone = timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6])))
        return moment.astimezone(zone).isoformat(timespec="seconds")
