"""What to scan, as people write it, to places to ask: lazily, so that a /8 costs no memory.

10.0.0.0/24   10.0.0.5-10.0.0.40   10.0.0.5-40   10.0.0.7   bmc7.example.net   https://10.0.0.7:8443
nodes.csv     the column `bmc`                  rack7.yaml  the addresses of a manifest of expected machines
ssdp:         whoever answers a search on the segment; ssdp:10.0.0.2 names our own address there
"""

from __future__ import annotations

import csv
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from metalctl.bmc.discovery.nodes_csv import text_of
from metalctl.bmc.endpoint import Endpoint, parse_endpoint
from metalctl.bmc.errors import BadEndpoint, BadTarget
from metalctl.model.errors import why_unreadable

LARGEST = 2**24
SSDP = "ssdp:"
_EXAMPLE = (
    "write it like 10.0.0.0/24, 10.0.0.5-40, bmc7.example.net, https://10.0.0.7:8443, nodes.csv, rack7.yaml or ssdp:"
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Targets:
    """Everything to scan, each place once and without those to be left alone: `len` of them, iterated lazily.

    names: names, and single addresses out of a file. segments: our own addresses for SSDP, "" is the default route's.
    """

    networks: tuple[Network, ...]
    endpoints: tuple[Endpoint, ...]
    names: tuple[str, ...]
    excluded: tuple[Network, ...]
    segments: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.addresses + len(self.endpoints) + len(self.names)

    @property
    def addresses(self) -> int:
        """How many addresses of networks and ranges will be asked."""
        return sum(network.num_addresses for network in self.networks)

    def __iter__(self) -> Iterator[Endpoint | str]:
        """An Endpoint is asked on its own port and protocol only; an address or name on the usual ones."""
        yield from self.endpoints
        yield from self.names
        for network in self.networks:
            yield from map(str, network)

    def excludes(self, text: str) -> bool:
        """Whether an address is to be left alone; a name is known only by the address that it resolves to."""
        return _within(text, self.excluded)


def _within(text: str, networks: Iterable[Network]) -> bool:
    """Whether it is an address of these; a name is not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)


def _disjoint(networks: Iterable[Network], excluded: Iterable[Network]) -> list[Network]:
    """The networks without those excluded, and each without what was named before it."""
    left, found = list(excluded), list[Network]()
    for network in networks:
        parts = [network]
        for other in left:
            parts = [part for one in parts for part in _without(one, other)]
        found += parts
        left.append(network)
    return found


def _without(network: Network, other: Network) -> list[Network]:
    """What is left of a network, in order."""
    if network.version != other.version or not network.overlaps(other):
        return [network]
    inside = int(other[0]) <= int(network[0]) and int(network[-1]) <= int(other[-1])
    return [] if inside else sorted(network.address_exclude(other))  # type: ignore[arg-type]


def parse_targets(targets: Iterable[str], exclude: Iterable[str] = ()) -> Targets:
    """Raises BadTarget (or BadEndpoint) for the first that cannot be read."""
    networks: list[Network] = []
    endpoints: list[Endpoint] = []
    names: list[str] = []
    segments: list[str] = []
    for text in targets:
        if text.endswith(".csv"):
            endpoints += _from_csv(Path(text))
        elif text.endswith((".yaml", ".yml")):
            names += _from_manifest(Path(text))
        elif text.startswith(SSDP):
            segments.append(_own(text.removeprefix(SSDP)))
        elif (found := _networks(text)) is not None:
            networks += found
        elif ":" in text:
            endpoints.append(parse_endpoint(text))
        else:
            names.append(_name(text))
    if (asked := sum(network.num_addresses for network in networks)) > LARGEST:
        raise BadTarget(f"{asked} addresses are too many to scan", hint="name the networks that the BMCs are in")
    return _each_once(networks, endpoints, names, segments, _exclusions(exclude))


def _each_once(
    networks: list[Network],
    endpoints: Iterable[Endpoint],
    names: Iterable[str],
    segments: Iterable[str],
    excluded: tuple[Network, ...],
) -> Targets:
    return Targets(
        tuple(_disjoint(networks, excluded)),
        tuple(one for one in dict.fromkeys(endpoints) if not _within(one.address, excluded)),
        tuple(one for one in dict.fromkeys(names) if not _within(one, (*excluded, *networks))),
        excluded,
        tuple(dict.fromkeys(segments)),
    )


def _own(text: str) -> str:
    """Our own IPv4 address on a segment, "" for the one of the default route."""
    try:
        return str(ipaddress.IPv4Address(text)) if text else ""
    except ValueError:
        raise BadTarget(f"{SSDP}{text} names no address of ours", hint="write ssdp: or ssdp:10.0.0.2") from None


def _exclusions(texts: Iterable[str]) -> tuple[Network, ...]:
    found: list[Network] = []
    for text in texts:
        networks = _networks(text, whole=True)
        if networks is None:
            raise BadTarget(f"{text!r} cannot be excluded", hint="write it like 10.0.0.1, 10.0.0.1-9 or 10.0.0.0/28")
        found += networks
    return tuple(found)


def _networks(text: str, whole: bool = False) -> Iterable[Network] | None:
    """The addresses of a network, range or single address; None when it is none of these.

    whole: with the first and the last address of a network, which no machine has, but a mistake may.
    """
    if "/" in text and "://" not in text:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise BadTarget(f"{text!r} is not a network: {error}", hint=_EXAMPLE) from None
        if whole or network.version == 6 or network.prefixlen > 30:
            return [network]
        return _between(network[1], network[-2])
    first_text, dash, last_text = text.partition("-")
    try:
        first = ipaddress.ip_address(first_text.strip())
    except ValueError:
        return None
    last = _last(first, last_text.strip(), text) if dash else first
    if last.version != first.version or int(last) < int(first):
        raise BadTarget(f"{text!r}: the range ends before it begins", hint=_EXAMPLE)
    return _between(first, last)


def _between(first: _Address, last: _Address) -> Iterable[Network]:
    return ipaddress.summarize_address_range(first, last)


def _last(first: _Address, end: str, text: str) -> _Address:
    if end.isdigit() and first.version == 4:
        end = str(first).rpartition(".")[0] + "." + end
    try:
        return ipaddress.ip_address(end)
    except ValueError:  # what begins with an address is no name
        raise BadTarget(f"{text!r}: the range ends at no address", hint=_EXAMPLE) from None


def _name(text: str) -> str:
    try:
        return parse_endpoint(text).address
    except BadEndpoint:
        raise BadTarget(f"{text!r} is nothing that can be scanned", hint=_EXAMPLE) from None


def _from_manifest(path: Path) -> list[str]:
    from metalctl.bmc.discovery.manifest import read_manifest

    found = [machine.address for machine in read_manifest(path) if machine.address]
    if not found:
        raise BadTarget(f"{path} names no address", hint="give a network to scan, and the file with --expected")
    return found


def _from_csv(path: Path) -> list[Endpoint]:
    """The `bmc` column alone: a list that is not complete yet can be scanned all the same."""
    try:
        rows = [row for row in csv.DictReader(text_of(path).splitlines(keepends=True)) if row.get("bmc")]
    except (OSError, ValueError, csv.Error) as error:
        raise BadTarget(f"{path}: {why_unreadable(error)}", hint="give a CSV file with a column `bmc`") from None
    if not rows:
        raise BadTarget(f"{path} names no BMC", hint="give a CSV file with a column `bmc`")
    return [parse_endpoint(str(row["bmc"])) for row in rows]
