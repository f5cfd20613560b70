"""A Redfish tree of a synthetic server, put together from its parts. Ids are the board's own, never guessable."""

from __future__ import annotations

from typing import Any

from metalctl.lab.bmc.capture import Tree
from metalctl.lab.fleet.trees._servers import Server

ROOT = "/redfish/v1"
SYSTEM = f"{ROOT}/Systems/Node-0"
CHASSIS = f"{ROOT}/Chassis/Tray-0"
MANAGER = f"{ROOT}/Managers/Bmc-0"
OK = {"Health": "OK", "State": "Enabled"}


class Builder:
    """A tree under construction."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.tree: Tree = {}
        self._serials = 0

    def add(self, path: str, kind: str, name: str, **properties: Any) -> dict[str, str]:
        """A resource; kind like "Drive.v1_17_0". Gives the link to it."""
        family = kind.partition(".")[0]
        head = {"@odata.id": path, "@odata.type": f"#{kind}.{family}", "Id": path.rsplit("/", 1)[-1], "Name": name}
        self.tree[path] = {**head, **properties}
        return link(path)

    def collect(self, path: str, kind: str, *paths: str) -> dict[str, str]:
        """A collection; gives the link to it."""
        name = f"{kind} Collection"
        head = {"@odata.id": path, "@odata.type": f"#{kind}Collection.{kind}Collection", "Name": name}
        self.tree[path] = {**head, "Members": [link(p) for p in paths], "Members@odata.count": len(paths)}
        return link(path)

    def serial(self, prefix: str) -> str:
        """A serial number of this tree's own."""
        self._serials += 1
        return f"{prefix}{self.server.role[:2].upper()}{self._serials:06d}"


def link(path: str) -> dict[str, str]:
    return {"@odata.id": path}


def mac(block: int, number: int) -> str:
    """A MAC address of the locally administered range."""
    return f"02:00:5E:{block:02X}:01:{number:02X}"
