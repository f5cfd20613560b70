"""Which port of an adapter each of its device functions uses: the host sees the function, the cable is in the port."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import last, place_of
from metalctl.bmc.redfish.schema.network import DeviceFunction, NetworkAdapter, Port
from metalctl.bmc.redfish.schema.values import mac

ETHERNET = frozenset({"ethernet", ""})
# "NIC.1-2" has the function "NIC.1-2-1", "eth0" has "eth0f1".
_BELONGS = r"{}(?:$|[-_.: ]|f\d)"
Homes = dict[int, list[DeviceFunction]]


def homes(
    adapter: NetworkAdapter, ports: Sequence[Port], functions: Sequence[DeviceFunction]
) -> tuple[Homes, list[DeviceFunction]]:
    """Index of a port → its Ethernet functions, in their order; and those whose port nobody can tell."""
    of_port: Homes = defaultdict(list)
    alone = []
    ethernet = [one for one in functions if one.mac and one.kind in ETHERNET]
    for one in sorted(ethernet, key=lambda f: [(len(part), part) for part in re.split(r"(\d+)", f.id)]):
        home = next((found for found in _guesses(adapter, ports, one) if found is not None), None)
        if home is not None:
            of_port[home].append(one)
        elif not ports or any(port.technology in ETHERNET for port in ports):
            alone.append(one)
    return dict(of_port), alone


def _guesses(adapter: NetworkAdapter, ports: Sequence[Port], one: DeviceFunction) -> Iterator[int | None]:
    """The ports that it may use, the surest first: as it says, as a port says, by address, as the only one, by id."""
    said = [path for path in [_path(one.port), *map(_path, one.may_use[:2])] if path]
    if _path(one.port) or len(said) == 1:
        yield _only(ports, lambda port: _path(port.json) == said[0])
        # A service with both models links one and lists the other.
        yield _only(ports, lambda port: last(_path(port.json)) == last(said[0]))
    yield _only(ports, lambda port: _path(one.json) in _used_by(port))
    yield _only(ports, lambda port: one.mac in map(mac, port.addresses))
    if not said:
        yield _only(ports, lambda _: True)
    yield _only(ports, lambda port: _path(port.json) in _of_its_controller(adapter, one))
    yield _only(ports, lambda port: bool(port.id) and re.match(_BELONGS.format(re.escape(port.id)), one.id) is not None)


def _only(ports: Sequence[Port], fits: Callable[[Port], bool]) -> int | None:
    """The port that fits, if there is exactly one."""
    found = [i for i, port in enumerate(ports) if fits(port)]
    return found[0] if len(found) == 1 else None


def _used_by(port: Port) -> set[str]:
    """The functions that have a share of the port, as it says."""
    shares = [*port.most_shares, *port.least_shares, *port.new_most_shares, *port.new_least_shares]
    return {path for share in shares if (path := _path(share.function))}


def _of_its_controller(adapter: NetworkAdapter, one: DeviceFunction) -> set[str]:
    """The ports of the controller that has this function; none where several have it."""
    found = [c for c in adapter.controllers if _path(one.json) in map(_path, c.functions)]
    return set(map(_path, found[0].ports)) if len(found) == 1 and _path(one.json) else set()


def _path(link: Resource) -> str:
    return place_of(link).lower()
