"""Pure functions: several views of a machine's ports as one list, each port once with all that is said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, replace

from metalctl.bmc.redfish.parse.network import View
from metalctl.model.inventory import Nic


def joined(interfaces: Iterable[View], of_adapters: Iterable[View]) -> list[View]:
    """The ports by name, each fact from the first view that states it, the system's own interfaces first.

    Joined are views of one address, and those that link to one another. Several interfaces of one port, as a
    partitioned card has them, are one port with several addresses of the host.
    """
    ports = _once(of_adapters)
    taken: dict[int, list[View]] = {}
    alone = []
    for one in _once(interfaces):
        found = _port_of(one, ports)
        if found is None:
            alone.append(one)
        else:
            taken.setdefault(found, []).append(one)
    whole = [_with(port, taken.get(i, [])) for i, port in enumerate(ports)]
    # Without an address an interface is only shown where no adapter shows its ports: it may be any of those.
    alone = [one for one in alone if one.nic.mac or not ports]
    return _named(sorted([*alone, *whole], key=lambda view: (view.nic.name, view.nic.mac)))


def _once(views: Iterable[View]) -> list[View]:
    """The views of one list: one address, one port."""
    found: dict[object, View] = {}
    for i, one in enumerate(views):
        key = one.nic.mac or i
        found[key] = _joined(found[key], one) if key in found else one
    return list(found.values())


def _port_of(one: View, ports: list[View]) -> int | None:
    """The port that it is a view of: by link, else by an address that only one has."""
    fits = [i for i, port in enumerate(ports) if one.paths & port.paths]
    for addresses in (_own, _every):
        if not fits and one.nic.mac:
            fits = [i for i, port in enumerate(ports) if one.nic.mac in addresses(port.nic)]
    return fits[0] if len(fits) == 1 else None


def _own(nic: Nic) -> tuple[str, ...]:
    return (nic.mac,)


def _every(nic: Nic) -> tuple[str, ...]:
    return (nic.mac, *nic.host_macs)


def _with(port: View, interfaces: list[View]) -> View:
    """A port with its interfaces. One alone gives it its name; of several none is the port's."""
    if not interfaces:
        return port
    first, *rest = interfaces
    name = port.nic.name if rest else first.nic.name
    for other in rest:
        first = _joined(first, other)
    # The permanent address is the port's own, where it has one: what the host sees may be a partition's.
    address = port.nic.mac or first.nic.mac
    whole = _joined(first, port)
    hosts = tuple(dict.fromkeys(m for m in (*_every(port.nic), *_every(first.nic)) if m and m != address))
    return replace(whole, nic=replace(whole.nic, name=name, mac=address, host_macs=hosts))


def _joined(known: View, other: View) -> View:
    hosts = dict.fromkeys(m for m in (*known.nic.host_macs, *_every(other.nic)) if m and m != known.nic.mac)
    missing = {
        f.name: getattr(other.nic, f.name)
        for f in fields(Nic)
        if getattr(known.nic, f.name) in (None, "", ()) and getattr(other.nic, f.name) not in (None, "", ())
    }
    nic = replace(known.nic, **missing)
    nic = replace(nic, host_macs=tuple(m for m in hosts if m != nic.mac))
    return View(nic, known.paths | other.paths, tuple(dict.fromkeys((*known.doubts, *other.doubts))))


def _named(views: list[View]) -> list[View]:
    """Each with a name of its own: adapters count their ports anew."""
    count = Counter(view.nic.name for view in views)
    return [
        replace(view, nic=replace(view.nic, name=f"{view.nic.slot} {view.nic.name}".strip()))
        if count[view.nic.name] > 1
        else view
        for view in views
    ]
