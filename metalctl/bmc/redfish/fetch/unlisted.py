"""Parts that only another resource names: a volume its drives, a module its processor. They are there, and not read.

What was read is kept by kind (`Notes.saw`); at the end every link of one kind to another is held against the list of
that other kind. One that is in no list opens it: nobody knows what that part is. No request is sent for it. A link is
the listed part's own where the last step of its address is: BMCs show one part at several addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metalctl.bmc.redfish.fetch.notes import Notes
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import path_of, plain
from metalctl.bmc.redfish.schema.values import child, items

# Who names, by which property (DSP8010), parts of which kind, and whose list they are missing in.
_NAMED = (
    ("volume", "Links.Drives", "drive", "disks"),
    ("volume", "Links.SpareDrives", "drive", "disks"),
    ("volume", "Links.DedicatedSpareDrives", "drive", "disks"),
    ("chassis", "Links.Storage", "unit", "disks"),
    ("chassis", "Links.Processors", "processor", "cpu"),
    ("memory", "Links.Processors", "processor", "cpu"),
    ("processor", "Links.ConnectedProcessors", "processor", "cpu"),
    ("processor", "Links.Memory", "memory", "memory.dimms"),
    ("adapter controller", "Links.Ports", "port", "nics"),
    ("adapter controller", "Links.NetworkPorts", "port", "nics"),
    ("function", "Links.PhysicalNetworkPortAssignment", "port", "nics"),
    ("function", "Links.PhysicalPortAssignment", "port", "nics"),
    ("function", "PhysicalPortAssignment", "port", "nics"),
    ("redundancy", "RedundancySet", "supply", "power_supplies"),
)


def told(notes: Notes, others: Iterable[str]) -> None:
    """Note what is named and not listed. others: addresses of the BMC's other systems, whose parts are not ours."""
    foreign = tuple(f"{plain(path)}/" for path in others if path)
    for who, way, kind, fact in _NAMED:
        known = {step for one in notes.seen.get(kind, ()) for step in _steps(one)}
        if not known and fact in notes.notes:
            continue  # the list itself could not be read: that is told
        for one, address in _links(notes.seen.get(who, ()), way):
            if _last(address) not in known and not plain(address).startswith(foreign):
                by = path_of(one) or f"a {who}"
                notes.note(fact, f"{notes.name}: {by} names {address}, which is in no list", address)


def _links(resources: Iterable[Resource], way: str) -> Iterator[tuple[Resource, str]]:
    *path, last = way.split(".")
    for one in resources:
        for link in items(child(one, *path), last):
            if address := path_of(link):
                yield one, address


def _steps(part: Resource) -> Iterator[str]:
    """The last step of its address, and its id: some answer to both."""
    yield _last(path_of(part))
    yield from (str(part[name]).lower() for name in ("Id", "MemberId") if isinstance(part.get(name), (str, int)))


def _last(address: str) -> str:
    """Of "…/Power#/PowerSupplies/1" it is "1"."""
    return address.rstrip("/").rpartition("/")[2].lower() if "#" in address else plain(address).rpartition("/")[2]
