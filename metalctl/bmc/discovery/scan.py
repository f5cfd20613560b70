"""Finds BMCs: asks every target over Redfish (TCP, then the service root) and IPMI (one UDP socket), without
credentials.

One address is one row: what answers on several ports of it is merged, Redfish first. `merged` then joins the rows
that are one machine. Memory is bounded by what is under way, whatever the size of the network; packets go out at
`rate` a second at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from metalctl.bmc.discovery import ssdp
from metalctl.bmc.discovery.loop import Progress, Scan
from metalctl.bmc.discovery.merge import merged
from metalctl.bmc.discovery.places import Wish
from metalctl.bmc.discovery.targets import Targets, parse_targets
from metalctl.bmc.endpoint import DEFAULT_PORTS, Endpoint
from metalctl.bmc.protocol import Probe

__all__ = ["IPMI_PORT", "PROTOCOLS", "RATE", "REDFISH_PORTS", "Progress", "discover", "merged"]

RATE = 2000.0
REDFISH_PORTS = (443,)
IPMI_PORT = 623
PROTOCOLS = ("redfish", "ipmi")


def discover(
    targets: Iterable[str],
    *,
    rate: float = RATE,
    exclude: Iterable[str] = (),
    timeout: float = 2.0,
    ports: tuple[int, ...] = REDFISH_PORTS,
    ipmi_port: int | None = None,
    protocols: tuple[str, ...] = PROTOCOLS,
    progress: Callable[[Progress], None] = lambda _: None,
    warn: Callable[[str], None] = lambda _: None,
    authorities: Path | None = None,
) -> Iterator[Probe]:
    """Every address where a BMC answers, as it answers.

    rate: packets a second, 0 is as fast as it goes. timeout: seconds to wait for a silent one. ports: TCP, of Redfish.
    warn: told what was refused, such as an announcement for another host, and which name has no address.
    authorities: PEM file of the CAs that are asked to vouch for certificates (Probe.vouched, and a note of who is not).
    Raises BadTarget, BadEndpoint or ManifestErrors before anything is sent.
    """
    parsed = parse_targets(targets, exclude)
    wish = Wish(rate, timeout, ports, ipmi_port or DEFAULT_PORTS["ipmi"], protocols, authorities)
    return _drive(parsed, wish, progress, warn)


def _drive(
    targets: Targets, wish: Wish, progress: Callable[[Progress], None], warn: Callable[[str], None]
) -> Iterator[Probe]:
    if targets.segments:
        targets = replace(targets, endpoints=(*targets.endpoints, *_announced(targets, warn)))
    scan = Scan(targets, wish, progress, warn)
    with asyncio.Runner() as runner:
        try:
            while found := runner.run(scan.following()):
                yield found
        finally:
            runner.run(scan.close())


def _announced(targets: Targets, warn: Callable[[str], None]) -> Iterator[Endpoint]:
    """Where somebody on our segments says that there is a service; it is asked like any other."""
    known = set(targets.endpoints)
    for local in targets.segments:
        for one in ssdp.search(local):
            if one.endpoint is None:
                warn(one.refused)
            elif one.endpoint not in known:
                known.add(one.endpoint)
                yield one.endpoint
