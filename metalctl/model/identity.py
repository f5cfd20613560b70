"""Who a machine is: a weighted fingerprint of several fields, none of which is trusted alone.

A serial or UUID that nobody burned in ("To be filled by O.E.M.") is shared by thousands of boards: it counts nothing.
Boards are swapped and cards move, so two readings of one machine need not agree in everything: `similarity` weighs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from metalctl.model import placeholders
from metalctl.model.uuids import same_uuid

# How much it says that a field is equal on both sides. A chassis outlives its board; cards and DIMMs move one by one.
WEIGHTS = {"serial": 4.0, "uuid": 4.0, "macs": 3.0, "dimms": 3.0, "chassis_serial": 2.0}
ENOUGH = WEIGHTS["macs"]  # less than this, stated by both sides, tells nothing
_NAMING = ("serial", "uuid", "macs")  # what names a machine
SAME, CHANGED, HALF = 0.6, 0.25, 0.5


@dataclass(frozen=True, slots=True)
class Identity:
    """serial, uuid: of the system (DMI type 1). macs: permanent addresses, lower case, sorted.

    dimms: what tells one memory module from another (`dimm_id`), sorted; () when not read.
    """

    serial: str = ""
    uuid: str = ""
    macs: tuple[str, ...] = ()
    manufacturer: str = ""
    product: str = ""
    chassis_serial: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    dimms: tuple[str, ...] = ()


def usable_serial(serial: str) -> str:
    """The serial, or "" when it is one that means nothing."""
    return placeholders.number(serial)


def usable_uuid(uuid: str) -> str:
    """The UUID in lower case, or "" when it is one that means nothing."""
    return placeholders.uuid(uuid)


def usable_macs(macs: Iterable[str]) -> frozenset[str]:
    """The addresses that can belong to one port only, as `usable_mac` writes them."""
    return frozenset(map(usable_mac, macs)) - {""}


def usable_mac(text: str) -> str:
    """A MAC address as people and firmware write it, lower case with colons; "" when it cannot be that of one port."""
    return placeholders.mac(text)


def dimm_id(manufacturer: str, part_number: str, serial: str) -> str:
    """What tells one memory module from any other, "" without a serial that means something."""
    known = usable_serial(serial)
    return "/".join(" ".join(t.split()).lower() for t in (manufacturer, part_number, known)) if known else ""


def contradictions(a: Identity, b: Identity) -> list[str]:
    """What both sides state and disagree on, as sentences; empty when nothing contradicts."""
    compared = shares(a, b)
    return [_clash(name, a, b) for name in _NAMING if compared.get(name) == 0]


def _clash(name: str, a: Identity, b: Identity) -> str:
    ours, theirs = (", ".join(sorted(usable_macs(one.macs))) for one in (a, b))
    return {
        "serial": f"serial {usable_serial(a.serial)} is not {usable_serial(b.serial)}",
        "uuid": f"UUID {usable_uuid(a.uuid)} is not {usable_uuid(b.uuid)}",
        "macs": f"no MAC address in common: {ours} and {theirs}",
    }[name]


def agreements(a: Identity, b: Identity) -> list[str]:
    """The fields that both sides state and agree on: names of `serial`, `uuid`, `macs`."""
    compared = shares(a, b)
    return [name for name in _NAMING if compared.get(name)]


def speaks_for(a: Identity, b: Identity) -> list[str]:
    """What two readings agree on, where that is not outvoted: one field that agrees against two that contradict."""
    agreed = agreements(a, b)
    return agreed if len(agreed) >= len(contradictions(a, b)) else []


def similarity(a: Identity, b: Identity) -> float:
    """How much of what both sides state is equal, by weight: 0.0 (nothing, or nothing to compare) to 1.0 (all).

    MAC addresses and memory modules count by the share of the smaller set that both have.
    """
    compared = shares(a, b)
    stated = sum(WEIGHTS[name] for name in compared)
    return sum(WEIGHTS[name] * share for name, share in compared.items()) / stated if stated else 0.0


def likeness(a: Identity, b: Identity) -> str:
    """One of "same", "changed" (a board or several parts were swapped: ask), "different" and "unknown" (too little)."""
    compared = shares(a, b)
    if sum(WEIGHTS[name] for name in compared) < ENOUGH:
        return "unknown"
    found = similarity(a, b)
    if sum(share == 0 for share in compared.values()) >= 2 > sum(share >= HALF for share in compared.values()):
        return "different"  # one field that agrees does not outvote two that contradict, whatever it weighs
    return "same" if found >= SAME else "changed" if found >= CHANGED else "different"


def shares(a: Identity, b: Identity) -> dict[str, float]:
    """Name of WEIGHTS → share that is equal, 0.0 to 1.0, of the fields that both sides state."""
    found = {}
    for name in ("serial", "chassis_serial"):
        if (one := usable_serial(getattr(a, name))) and (other := usable_serial(getattr(b, name))):
            found[name] = float(_same_serial(one, other))
    if (one := usable_uuid(a.uuid)) and (other := usable_uuid(b.uuid)):
        found["uuid"] = float(same_uuid(one, other))
    sets = {"macs": (usable_macs(a.macs), usable_macs(b.macs)), "dimms": (_serials(a.dimms), _serials(b.dimms))}
    for name, (ours, theirs) in sets.items():
        if ours and theirs:
            found[name] = len(ours & theirs) / min(len(ours), len(theirs))
    return found


def _same_serial(one: str, other: str) -> bool:
    """Equal but for case and blanks: a label, a table and a BMC write them each in its own way."""
    return "".join(one.lower().split()) == "".join(other.lower().split())


def _serials(dimms: Iterable[str]) -> frozenset[str]:
    """The modules by their serials alone: firmware and BMC write makers and part numbers each in its own way."""
    return frozenset(d.rpartition("/")[2].removeprefix("0x").lstrip("0") for d in dimms) - {""}
