"""What to scan, as people write it, to places to knock at: lazily, so that a /8 costs no memory.

10.0.0.0/24   10.0.0.5-10.0.0.40   10.0.0.5-40   10.0.0.7   bmc7.example.net   https://10.0.0.7:8443
nodes.csv     the column `bmc`                  rack7.yaml  the addresses of a manifest of expected machines
ssdp:         whoever answers a search on the segment; ssdp:10.0.0.2 names our own address there
"""

from __future__ import annotations

import csv
import ipaddress
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from metalctl.bmc.endpoint import Endpoint, parse_endpoint
from metalctl.bmc.errors import BadEndpoint, BadTarget
from metalctl.model.errors import why_unreadable

LARGEST = 2**24
LARGEST_FILE = 8 << 20
SSDP = "ssdp:"
_EXAMPLE = (
    "write it like 10.0.0.0/24, 10.0.0.5-40, bmc7.example.net, https://10.0.0.7:8443, nodes.csv, rack7.yaml or ssdp:"
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses from `first` to `last`, both included."""

    first: _Address
    last: _Address

    @property
    def size(self) -> int:
        """How many; more than len() could tell."""
        return int(self.last) - int(self.first) + 1

    def __contains__(self, address: _Address) -> bool:
        return address.version == self.first.version and int(self.first) <= int(address) <= int(self.last)


@dataclass(frozen=True, slots=True)
class Targets:
    """Everything to scan: `len` places at most (exclusions are not taken off), iterated lazily.

    names: names, and single addresses out of a file. segments: our own addresses for SSDP, "" is the default route's.
    """

    spans: tuple[Span, ...]
    endpoints: tuple[Endpoint, ...]
    names: tuple[str, ...]
    excluded: tuple[Span, ...]
    segments: tuple[str, ...] = ()

    def __len__(self) -> int:
        return sum(span.size for span in self.spans) + len(self.endpoints) + len(self.names)

    @property
    def addresses(self) -> int:
        """How many addresses of networks and ranges will be asked: each once, without those to be left alone."""
        return sum(_covered(self.spans, self.excluded, version) for version in (4, 6))

    def __iter__(self) -> Iterator[Endpoint | str]:
        """An Endpoint is asked on its own port and protocol only; an address or name on the usual ones."""
        for endpoint in self.endpoints:
            if not self.excludes(endpoint.address):
                yield endpoint
        for name in self.names:
            if not self.excludes(name) and not _within(name, self.spans):
                yield name
        for number, span in enumerate(self.spans):
            same = (s for s in self.spans[:number] + self.excluded if s.first.version == span.first.version)
            earlier = [(int(s.first), int(s.last)) for s in same]
            text = _ipv4 if span.first.version == 4 else _ipv6
            for value in range(int(span.first), int(span.last) + 1):
                if not any(first <= value <= last for first, last in earlier):
                    yield text(value)

    def excludes(self, text: str) -> bool:
        """Whether an address is to be left alone; a name is known only by the address that it resolves to."""
        return _within(text, self.excluded)


def _within(text: str, spans: tuple[Span, ...]) -> bool:
    """Whether it is an address of these; a name is not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in span for span in spans)


def _covered(spans: tuple[Span, ...], excluded: tuple[Span, ...], version: int) -> int:
    """Addresses of one version in the spans and in no excluded one."""
    inside, outside = (
        [(int(s.first), int(s.last)) for s in group if s.first.version == version] for group in (spans, excluded)
    )
    return _union(inside + outside) - _union(outside)


def _union(ranges: list[tuple[int, int]]) -> int:
    """Numbers in any of the ranges."""
    found, reached = 0, -1
    for first, last in sorted(ranges):
        found += max(0, last - max(first - 1, reached))
        reached = max(reached, last)
    return found


def _ipv4(value: int) -> str:
    return socket.inet_ntoa(value.to_bytes(4, "big"))


def _ipv6(value: int) -> str:
    return str(ipaddress.IPv6Address(value))


def parse_targets(targets: Iterable[str], exclude: Iterable[str] = ()) -> Targets:
    """Raises BadTarget (or BadEndpoint) for the first that cannot be read."""
    spans: list[Span] = []
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
        elif (span := _span(text)) is not None:
            spans.append(span)
        elif "://" in text or ":" in text:
            endpoints.append(parse_endpoint(text))
        else:
            names.append(_name(text))
    if (asked := sum(span.size for span in spans)) > LARGEST:
        raise BadTarget(f"{asked} addresses are too many to scan", hint="name the networks that the BMCs are in")
    return Targets(tuple(spans), tuple(dict.fromkeys(endpoints)), tuple(dict.fromkeys(names)), _exclusions(exclude),
                   tuple(dict.fromkeys(segments)))  # fmt: skip


def _own(text: str) -> str:
    """Our own IPv4 address on a segment, "" for the one of the default route."""
    try:
        return str(ipaddress.IPv4Address(text)) if text else ""
    except ValueError:
        raise BadTarget(f"{SSDP}{text} names no address of ours", hint="write ssdp: or ssdp:10.0.0.2") from None


def _exclusions(texts: Iterable[str]) -> tuple[Span, ...]:
    found = []
    for text in texts:
        span = _span(text, whole=True)
        if span is None:
            raise BadTarget(f"{text!r} cannot be excluded", hint="write it like 10.0.0.1, 10.0.0.1-9 or 10.0.0.0/28")
        found.append(span)
    return tuple(found)


def _span(text: str, whole: bool = False) -> Span | None:
    """The addresses of a network, range or single address; None when it is none of these.

    whole: with the first and the last address of a network, which no machine has, but a mistake may.
    """
    try:
        if "/" in text and "://" not in text:
            network = ipaddress.ip_network(text, strict=False)
            trim = 1 if network.version == 4 and network.prefixlen < 31 and not whole else 0
            return Span(network[0] + trim, network[-1] - trim)
        first_text, dash, last_text = text.partition("-")
        first = last = ipaddress.ip_address(first_text.strip())
    except ValueError as error:
        if "/" in text and "://" not in text:
            raise BadTarget(f"{text!r} is not a network: {error}", hint=_EXAMPLE) from None
        return None
    if dash:
        last = _last(first, last_text.strip(), text)
    if last.version != first.version or int(last) < int(first):
        raise BadTarget(f"{text!r}: the range ends before it begins", hint=_EXAMPLE)
    return Span(first, last)


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
        with path.open(encoding="utf-8-sig", newline="") as file:
            text = file.read(LARGEST_FILE + 1)
        if len(text) > LARGEST_FILE:
            raise BadTarget(f"{path} is larger than {LARGEST_FILE >> 20} MiB", hint="is that the nodes file?")
        rows = [row for row in csv.DictReader(text.splitlines(keepends=True)) if row.get("bmc")]
    except (OSError, ValueError, csv.Error) as error:
        raise BadTarget(f"{path}: {why_unreadable(error)}", hint="give a CSV file with a column `bmc`") from None
    if not rows:
        raise BadTarget(f"{path} names no BMC", hint="give a CSV file with a column `bmc`")
    return [parse_endpoint(str(row["bmc"])) for row in rows]
