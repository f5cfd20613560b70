"""The same machine seen twice (two addresses, two protocols) is one row.

Evidence is weighed as everywhere (metalctl.model.identity): a UUID, a serial, a MAC address that the BMC states itself;
a MAC address seen on the segment and an equal certificate are worth half of a stated one. As much as a stated one is
needed, and nothing may contradict. A half alone does not do: a factory certificate is on every board of a series, and a
router may answer ARP for many. What a whole group of machines shares is no identity at all. A row is never dropped on a
guess: two rows for one machine are found out at the login.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from metalctl.bmc.discovery.places import joined
from metalctl.bmc.protocol import Probe
from metalctl.model import uuids
from metalctl.model.identity import ENOUGH, WEIGHTS, usable_mac, usable_serial, usable_uuid

MOST = 4  # addresses that one BMC can plausibly have
HALF = WEIGHTS["macs"] / 2
NEEDED = ENOUGH
_FACTS = {"uuid": "UUID", "mac": "MAC address", "fingerprint": "certificate", "serial": "serial"}


def merged(probes: Iterable[Probe]) -> list[Probe]:
    """One row a machine, in the order of the first; `at` holds its further endpoints, `notes` what only looks alike."""
    rows = _once(probes)
    groups = {number: [number] for number in range(len(rows))}
    home = list(range(len(rows)))
    shared = _shared(rows)
    for one, other in sorted(_pairs(shared)):
        if home[one] != home[other] and _same(rows, groups[home[one]], groups[home[other]], (one, other)):
            keep, gone = sorted((home[one], home[other]))
            for number in groups.pop(gone):
                home[number] = keep
                groups[keep].append(number)
    return [_row([rows[n] for n in sorted(groups[h])], _notes(rows, groups[h], home, shared)) for h in sorted(groups)]


def _once(probes: Iterable[Probe]) -> list[Probe]:
    """An endpoint that two targets named is one row; the one that tells more stays."""
    found: dict[tuple[str, str, int | None], Probe] = {}
    for probe in probes:
        key = (probe.protocol, probe.endpoint.address, probe.endpoint.port)
        if key not in found or len(found[key].also) < len(probe.also):
            found[key] = probe
    return list(found.values())


def _keys(probe: Probe) -> Iterator[tuple[str, str]]:
    if uuid := usable_uuid(probe.uuid):
        yield "uuid", uuids.key(uuid)
    if mac := usable_mac(probe.mac):
        yield "mac", mac
    if probe.fingerprint:
        yield "fingerprint", probe.fingerprint
    if serial := usable_serial(probe.serial):
        yield "serial", serial
    if probe.endpoint.port is None:
        yield "address", probe.endpoint.address


def _shared(rows: list[Probe]) -> dict[tuple[str, str], list[int]]:
    """(fact, value) → the rows that have it, of those that more than one has."""
    found = defaultdict(list)
    for number, probe in enumerate(rows):
        for key in _keys(probe):
            found[key].append(number)
    return {key: numbers for key, numbers in found.items() if len(numbers) > 1}


def _pairs(shared: dict[tuple[str, str], list[int]]) -> set[tuple[int, int]]:
    return {pair for numbers in shared.values() if len(numbers) <= MOST for pair in combinations(numbers, 2)}


def _same(rows: list[Probe], ours: list[int], theirs: list[int], pair: tuple[int, int]) -> bool:
    """Whether the pair convinces, and no two of both groups contradict."""
    apart = any(_contradict(rows[a], rows[b]) for a in ours for b in theirs)
    return not apart and len(ours) + len(theirs) <= 2 * MOST and _weight(rows[pair[0]], rows[pair[1]]) >= NEEDED


def _weight(a: Probe, b: Probe) -> float:
    equal = {key[0] for key in set(_keys(a)) & set(_keys(b))}
    stated = a.mac_from == b.mac_from == "bmc"
    mac = WEIGHTS["macs"] if stated else HALF
    worth = {"uuid": WEIGHTS["uuid"], "serial": WEIGHTS["serial"], "mac": mac, "fingerprint": HALF}
    weight = sum(worth.get(name, 0.0) for name in equal)
    if "address" in equal and a.protocol != b.protocol:
        weight += NEEDED  # two protocols on their own ports of one address
    if a.fingerprint and b.fingerprint and a.fingerprint != b.fingerprint:
        weight -= HALF
    return weight


def _contradict(a: Probe, b: Probe) -> bool:
    """Two ports of one address are two BMCs (emulated ones); so are two different serials, UUIDs or stated MACs."""
    if a.endpoint.address == b.endpoint.address and a.protocol == b.protocol:
        return True
    facts_a, facts_b = dict(_keys(a)), dict(_keys(b))
    differ = {name for name in facts_a.keys() & facts_b.keys() if facts_a[name] != facts_b[name]}
    if "serial" in differ or ("mac" in differ and a.mac_from == b.mac_from == "bmc"):
        return True
    # Over two protocols the UUIDs are of two things: the service's, and the system's.
    return "uuid" in differ and a.protocol == b.protocol


def _row(rows: list[Probe], notes: tuple[str, ...]) -> Probe:
    one = joined(rows)
    others = sorted(
        (row for row in rows if row.endpoint is not one.endpoint), key=lambda row: row.protocol != "redfish"
    )
    return replace(one, at=tuple(str(row.endpoint) for row in others), notes=(*one.notes, *notes))


def _notes(
    rows: list[Probe], group: list[int], home: list[int], shared: dict[tuple[str, str], list[int]]
) -> tuple[str, ...]:
    """What this machine has in common with others, and what that means."""
    notes = []
    for number in group:
        for fact, value in _keys(rows[number]):
            others = [n for n in shared.get((fact, value), []) if home[n] != home[number]]
            if others and fact in _FACTS:
                where = f"{len(others)} others" if len(others) > 1 else str(rows[others[0]].endpoint)
                notes.append(f"same {_FACTS[fact]} as {where}, which proves nothing alone")
    return tuple(dict.fromkeys(notes))
