"""What LLDP says is at the other end of each port, from the lldpd that runs on the node (`lldpcli -f json0`).

A switch speaks every 30 s: when lldpd started a moment ago, `wait` gives it its time, for the ports that have a link.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from metalctl.model.inventory import Neighbour
from metalctl.node.inspect import values
from metalctl.node.inspect.host import Host

# What is at the other end of a port: one, or all that were heard where they are several.
Heard = Neighbour | tuple[Neighbour, ...]

SETTLE = 33.0
_COMMAND = ("lldpcli", "-f", "json0", "show", "neighbors", "details")


def collect(host: Host, linked: Iterable[str] = (), age: float | None = None,
            sleep: Callable[[float], None] = time.sleep) -> dict[str, Heard]:  # fmt: skip
    """Neighbours by kernel name. linked: ports that have a carrier; age: seconds since lldpd started, None: do not
    wait."""
    wanted, left = set(linked), 0.0 if age is None else SETTLE - age
    found = parse(host.tool(*_COMMAND, fact="nics.neighbour"))
    while left > 0 and wanted - set(found) and not host.notes_of("nics.neighbour"):
        sleep(2.0)
        left -= 2.0
        found = parse(host.tool(*_COMMAND, fact="nics.neighbour"))
    if not host.notes_of("nics.neighbour"):
        for name in sorted(wanted - set(found)):
            host.unreadable(f"nics.{name}.neighbour", "no LLDP frame was heard on this port")
    for name, heard in sorted(found.items()):
        if isinstance(heard, tuple):
            both = " and ".join(map(str, heard))
            host.unreadable(f"nics.{name}.neighbour", f"{len(heard)} neighbours were heard on this port: {both}")
    return found


def parse(text: str) -> dict[str, Heard]:
    """json0 is the form of lldpcli's JSON in which everything is a list.

    LLDP proper is believed before other protocols, whose frames a switch that does not speak them lets through.
    """
    blocks = values.objects(values.parsed(text).get("lldp"))
    heard: dict[str, list[dict[str, Any]]] = {}
    for interface in (i for block in blocks for i in values.objects(block.get("interface"))):
        if name := values.text(interface.get("name")):
            heard.setdefault(name, []).append(interface)
    return {name: _believed(interfaces) for name, interfaces in heard.items()}


def _believed(interfaces: list[dict[str, Any]]) -> Heard:
    proper = [i for i in interfaces if i.get("via") == "LLDP"] or interfaces
    # The same port of the same switch may be heard twice, over two of LLDP's addresses.
    found: dict[tuple[str, str], Neighbour] = {}
    for neighbour in map(_neighbour, proper):
        found.setdefault((neighbour.identity or neighbour.switch, neighbour.port), neighbour)
    return next(iter(found.values())) if len(found) == 1 else tuple(found.values())


def _neighbour(interface: dict[str, Any]) -> Neighbour:
    chassis, port = _first(interface, "chassis"), _first(interface, "port")
    chassis_id, port_id = _first(chassis, "id"), _first(port, "id")
    named, is_mac = values.text(chassis_id.get("value")), chassis_id.get("type") == "mac"
    vlans = [v for v in values.objects(interface.get("vlan")) if v.get("pvid") in (True, "yes")]
    return Neighbour(
        switch=_value(chassis, "name") or named,
        port=values.text(port_id.get("value")) if port_id.get("type") != "mac" else _value(port, "descr"),
        switch_mac=named.lower() if is_mac else "",
        port_description=_value(port, "descr"),
        vlan=values.whole(vlans[0].get("vlan-id")) if vlans else None,
        chassis=named.lower() if is_mac else named,
    )


def _first(item: dict[str, Any], key: str) -> dict[str, Any]:
    return next(iter(values.objects(item.get(key))), {})


def _value(item: dict[str, Any], key: str) -> str:
    return values.text(_first(item, key).get("value"))
