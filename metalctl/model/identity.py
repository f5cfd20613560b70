"""Who a machine is: a fingerprint of several fields, none of which is trusted alone."""

from __future__ import annotations

from dataclasses import dataclass, field

# Serials that boards carry when nobody burned one in (field notes: xcat#5428 and many DMI tables).
BOGUS_SERIALS = frozenset(
    {"", "0", "1234567890", "0123456789", "123456789", "none", "n/a", "not specified", "default string", "unknown",
     "to be filled by o.e.m.", "system serial number", "chassis serial number", "xxxxxxxxxx"}
)  # fmt: skip
BOGUS_UUIDS = frozenset({"", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                         "03000200-0400-0500-0006-000700080009"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """serial, uuid: of the system (DMI type 1). macs: permanent addresses, lower case, sorted."""

    serial: str = ""
    uuid: str = ""
    macs: tuple[str, ...] = ()
    manufacturer: str = ""
    product: str = ""
    chassis_serial: str = ""
    extra: dict[str, str] = field(default_factory=dict)


def usable_serial(serial: str) -> str:
    """The serial, or "" when it is one that means nothing."""
    return "" if serial.strip().lower() in BOGUS_SERIALS else serial.strip()


def usable_uuid(uuid: str) -> str:
    """The UUID in lower case, or "" when it is one that means nothing."""
    lowered = uuid.strip().lower()
    return "" if lowered in BOGUS_UUIDS else lowered


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
    if set(a.macs) & set(b.macs):
        agreed.append("macs")
    return agreed
