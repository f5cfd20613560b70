"""Who a machine is: a weighted fingerprint of several fields, none of which is trusted alone.

A serial or UUID that nobody burned in ("To be filled by O.E.M.") is shared by thousands of boards: it counts nothing.
Boards are swapped and cards move, so two readings of one machine need not agree in everything: `similarity` weighs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

# Serials that boards carry when nobody burned one in (field notes: xcat#5428 and many DMI tables).
BOGUS_SERIALS = frozenset(
    {"", "0123456789", "0987654321", "none", "null", "n/a", "na", "not specified", "not available", "not applicable",
     "not present", "no asset tag", "default string", "unknown", "invalid", "empty", "serial", "serial number",
     "to be filled by o.e.m.", "to be filled by o.e.m", "tobefilledbyo.e.m.", "o.e.m.", "oem", "system serial number",
     "chassis serial number", "base board serial number", "board serial number", "system manufacturer",
     "sys-1234567890", "ssn12345678901234567", "bssn-0123456789", "0123456789abcdef", "abcdefghij"}
)  # fmt: skip
BOGUS_UUIDS = frozenset({"", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                         "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009",
                         "12345678-1234-5678-90ab-cddeefaabbcc", "4c4c4544-0000-2010-8020-80c04f202020"})  # fmt: skip
_BLANK = re.compile(r"0|(.)\1+|[\W_]*", re.DOTALL)  # one character over and over, or nothing but signs
_COUNTED = "12345678901234567890"

# How much it says that a field is equal on both sides. A chassis outlives its board; cards and DIMMs move one by one.
WEIGHTS = {"serial": 4.0, "uuid": 4.0, "macs": 3.0, "dimms": 3.0, "chassis_serial": 2.0}
ENOUGH = WEIGHTS["macs"]  # less than this, stated by both sides, tells nothing
SAME, CHANGED = 0.6, 0.25


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
    plain = " ".join(serial.split())
    lowered = plain.lower()
    counted = len(lowered) >= 3 and _COUNTED.startswith(lowered)
    return "" if counted or lowered in BOGUS_SERIALS or _BLANK.fullmatch(lowered) else plain


def usable_uuid(uuid: str) -> str:
    """The UUID in lower case, or "" when it is one that means nothing."""
    lowered = uuid.strip().lower()
    digits = lowered.replace("-", "")
    repeated = len(set(digits)) == 1 or (len(digits) == 32 and digits == digits[:2] * 16)
    return "" if repeated or lowered in BOGUS_UUIDS else lowered


def usable_macs(macs: Iterable[str]) -> frozenset[str]:
    """The addresses that can belong to one port only: neither all zeroes nor all ones."""
    return frozenset(macs) - {"", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"}


def usable_mac(text: str) -> str:
    """A MAC address as people and firmware write it, lower case with colons; "" when it cannot be that of one port."""
    digits = re.sub(r"[:.-]", "", text.strip().lower())
    if not re.fullmatch(r"[0-9a-f]{12}", digits) or not int(digits, 16) or int(digits[1], 16) & 1:
        return ""
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def dimm_id(manufacturer: str, part_number: str, serial: str) -> str:
    """What tells one memory module from any other, "" without a serial that means something."""
    known = usable_serial(serial)
    return "/".join(" ".join(t.split()).lower() for t in (manufacturer, part_number, known)) if known else ""


def swapped_uuid(uuid: str) -> str:
    """The same UUID with its first three groups byte-swapped: SMBIOS before 2.6 and several BMCs disagree on it."""
    parts = uuid.split("-")
    if len(parts) != 5:
        return uuid
    swapped = ["".join(reversed([p[i : i + 2] for i in range(0, len(p), 2)])) for p in parts[:3]]
    return "-".join([*swapped, *parts[3:]])


def contradictions(a: Identity, b: Identity) -> list[str]:
    """What both sides state and disagree on, as sentences; empty when nothing contradicts."""
    found = []
    if (sa := usable_serial(a.serial)) and (sb := usable_serial(b.serial)) and sa != sb:
        found.append(f"serial {sa} is not {sb}")
    if (ua := usable_uuid(a.uuid)) and (ub := usable_uuid(b.uuid)) and ub not in (ua, swapped_uuid(ua)):
        found.append(f"UUID {ua} is not {ub}")
    if a.macs and b.macs and not set(a.macs) & set(b.macs):
        found.append(f"no MAC address in common: {', '.join(a.macs)} and {', '.join(b.macs)}")
    return found


def agreements(a: Identity, b: Identity) -> list[str]:
    """The fields that both sides state and agree on: names of `serial`, `uuid`, `macs`."""
    agreed = []
    if (sa := usable_serial(a.serial)) and sa == usable_serial(b.serial):
        agreed.append("serial")
    if (ua := usable_uuid(a.uuid)) and usable_uuid(b.uuid) in (ua, swapped_uuid(ua)):
        agreed.append("uuid")
    if usable_macs(a.macs) & usable_macs(b.macs):
        agreed.append("macs")
    return agreed


def similarity(a: Identity, b: Identity) -> float:
    """How much of what both sides state is equal, by weight: 0.0 (nothing, or nothing to compare) to 1.0 (all).

    MAC addresses and memory modules count by the share of the smaller set that both have.
    """
    compared = shares(a, b)
    stated = sum(WEIGHTS[name] for name in compared)
    return sum(WEIGHTS[name] * share for name, share in compared.items()) / stated if stated else 0.0


def likeness(a: Identity, b: Identity) -> str:
    """One of "same", "changed" (a board or several parts were swapped: ask), "different" and "unknown" (too little)."""
    if sum(WEIGHTS[name] for name in shares(a, b)) < ENOUGH:
        return "unknown"
    found = similarity(a, b)
    return "same" if found >= SAME else "changed" if found >= CHANGED else "different"


def shares(a: Identity, b: Identity) -> dict[str, float]:
    """Name of WEIGHTS → share that is equal, 0.0 to 1.0, of the fields that both sides state."""
    found = {}
    for name in ("serial", "chassis_serial"):
        if (one := usable_serial(getattr(a, name))) and (other := usable_serial(getattr(b, name))):
            found[name] = float(one == other)
    if (one := usable_uuid(a.uuid)) and (other := usable_uuid(b.uuid)):
        found["uuid"] = float(other in (one, swapped_uuid(one)))
    sets = {"macs": (usable_macs(a.macs), usable_macs(b.macs)), "dimms": (_serials(a.dimms), _serials(b.dimms))}
    for name, (ours, theirs) in sets.items():
        if ours and theirs:
            found[name] = len(ours & theirs) / min(len(ours), len(theirs))
    return found


def _serials(dimms: Iterable[str]) -> frozenset[str]:
    """The modules by their serials alone: firmware and BMC write makers and part numbers each in its own way."""
    return frozenset(d.rpartition("/")[2].removeprefix("0x").lstrip("0") for d in dimms) - {""}
