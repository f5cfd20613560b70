"""Whether a machine is what its profile asks for: pure functions from an inventory and a profile.

`match` gives at least one `Finding` for each requirement: PASS, FAIL with the part and the remedy, UNKNOWN when the
inventory does not state the fact (and why not), SKIP when it is not asked of this machine. UNKNOWN is never PASS. One
cause gives one finding: a requirement that another one explains is left out or skipped.

`disk_roles` and `bonds` choose by what a part is (kind, size, serial, permanent MAC), never by its kernel name, and the
same inventory always gives the same choice. A disk serves one role at most, a port one bond.
"""

from __future__ import annotations

from datetime import date

from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.match import (
    _cabling,
    _cpu,
    _disks,
    _firmware,
    _health,
    _memory,
    _network,
    _platform,
    _ports,
    _quality,
    _rank,
    _settle,
    _site,
)
from metalctl.model.profile import Profile, Requires
from metalctl.model.run import BondSpec

__all__ = ["Ranked", "asked", "bonds", "disk_roles", "match", "rank", "satisfies", "waive"]

Ranked = _rank.Ranked
satisfies = _firmware.satisfies
asked = _quality.asked
waive = _settle.waived


def match(
    inventory: Inventory, profile: Profile, beside: Inventory | None = None, today: date | None = None
) -> tuple[Finding, ...]:
    """The findings in the order of the profile: cpu, memory, disks, network, platform, firmware, cabling, and
    what the site added.

    beside: the inventory of the other side (the BMC's, for an in-band one): it answers where `inventory` is silent, and
    its word stands beside ours where we fail. today: the day for which waivers count.
    """
    needs = profile.requires_of(_identity(inventory, beside))
    found = _all(inventory, profile, needs)
    if beside is not None:
        found = _settle.both(found, _all(beside, profile, needs), inventory, beside)
    found += _site.findings(inventory, needs.site, beside)
    return _settle.waived(found, profile, today)


def rank(
    inventory: Inventory, profiles: list[Profile], beside: Inventory | None = None, today: date | None = None
) -> list[Ranked]:
    """The profiles, best fit first, each with its findings."""
    return _rank.ranked([Ranked(p, match(inventory, p, beside, today), _rank.use(inventory, p)) for p in profiles])


def _identity(inventory: Inventory, beside: Inventory | None) -> Identity:
    """Whose vendor and model decide on the variant: the first side that states a product."""
    return inventory.identity if inventory.identity.product or beside is None else beside.identity


def _all(inventory: Inventory, profile: Profile, needs: Requires) -> list[Finding]:
    found = [
        *_cpu.findings(inventory, needs.cpu),
        *_memory.findings(inventory, needs.memory),
        *_disks.findings(inventory, _of_disks(profile, needs)),
        *_network.findings(inventory, needs.bonds, needs.nics),
        *_platform.findings(inventory, needs),
        *_firmware.findings(inventory, needs.firmware),
        *_cabling.findings(inventory, needs.cabling),
    ]
    found += _health.findings(inventory, needs, tuple(found))
    return [*found, *_health.machine(inventory, needs, found)]


def disk_roles(inventory: Inventory, profile: Profile) -> dict[str, tuple[Disk, ...]]:
    """Role → the disks that serve it; a role for which nothing fits is an empty tuple.

    Each role gets as many as it asks for at least; what is left over goes, in the profile's order, to roles that accept
    more, except to the root disk's: an unused disk is never written. Removable disks and disks without a serial serve
    nothing.
    """
    return _disks.assign(inventory, _of_disks(profile, profile.requires_of(inventory.identity)))


def _of_disks(profile: Profile, needs: Requires) -> _disks.Wanted:
    return _disks.Wanted(needs.disks, profile.install.root_disk, profile.drives, needs.disk_health)


def bonds(inventory: Inventory, profile: Profile) -> tuple[BondSpec, ...]:
    """The bonds to make, members by permanent MAC; one without enough fit ports is left out (`match` says why)."""
    needs = profile.requires_of(inventory.identity).bonds
    return tuple(choice.spec for choice in _ports.choose(inventory, needs) if choice.complete)
