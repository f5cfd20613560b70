"""A target that is being asked: what it still waits for, and what answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from metalctl.bmc.endpoint import DEFAULT_PORTS, Endpoint
from metalctl.bmc.protocol import Probe


@dataclass(frozen=True, slots=True)
class Wish:
    """How to scan. rate: packets a second, 0 is unpaced; timeout: seconds; ports: of Redfish; protocols: which.

    authorities: PEM file of the CAs that must have signed the certificates, None where that is not compared.
    """

    rate: float
    timeout: float
    ports: tuple[int, ...]
    ipmi_port: int
    protocols: tuple[str, ...]
    authorities: Path | None = None


@dataclass(slots=True, eq=False)
class Place:
    """One address or endpoint. waiting: questions that are still open; it is done when there are none."""

    tcp: tuple[Endpoint, ...]
    udp: Endpoint | None
    waiting: int = 0
    answers: list[Probe] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The address or name to ask."""
        return (self.udp or self.tcp[0]).address

    def row(self) -> Probe | None:
        """One row a machine; None when nothing answered."""
        return joined(self.answers) if self.answers else None


def asked_of(target: Endpoint | str, wish: Wish) -> Place | None:
    """What to ask of a target, with the questions it then waits for; None when that is nothing."""
    if isinstance(target, Endpoint):
        endpoints: dict[str, tuple[Endpoint, ...]] = {target.protocol: (target,)}
    else:
        ports = {"redfish": wish.ports, "ipmi": (wish.ipmi_port,)}
        endpoints = {
            name: tuple(Endpoint(target, name, None if port == DEFAULT_PORTS[name] else port) for port in listed)
            for name, listed in ports.items()
        }
    tcp, udp = (endpoints.get(name, ()) if name in wish.protocols else () for name in ("redfish", "ipmi"))
    return Place(tcp, next(iter(udp), None), len(tcp) + len(udp)) if tcp or udp else None


def joined(rows: Sequence[Probe]) -> Probe:
    """One row of what one machine answered: Redfish first, and what the others tell beside it."""
    first, *others = sorted(rows, key=lambda row: row.protocol != "redfish")
    protocols = dict.fromkeys(name for row in (first, *others) for name in (row.protocol, *row.also))
    by_mac = next((row for row in (first, *others) if row.mac), first)
    return replace(
        first,
        also=tuple(name for name in protocols if name != first.protocol),
        uuid=next((row.uuid for row in (first, *others) if row.uuid), ""),
        serial=next((row.serial for row in (first, *others) if row.serial), ""),
        mac=by_mac.mac,
        mac_from=by_mac.mac_from,
    )
