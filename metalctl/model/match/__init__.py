"""Whether a machine is what its profile asks for: pure functions from an inventory and a profile.

`match` gives at least one `Finding` for each requirement: PASS, FAIL with the part and the remedy, UNKNOWN when the
inventory does not state the fact (and why not), SKIP when it is not asked of this machine. UNKNOWN is never PASS.

`disk_roles` and `bonds` choose by what a part is (kind, size, serial, permanent MAC), never by its kernel name, and the
same inventory always gives the same choice. A disk serves one role at most, a port one bond.
"""

from __future__ import annotations

from metalctl.model.finding import Finding
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.match import _cpu, _disks, _memory, _network, _platform
from metalctl.model.profile import Profile
from metalctl.model.run import BondSpec

__all__ = ["bonds", "disk_roles", "match"]


def match(inventory: Inventory, profile: Profile) -> tuple[Finding, ...]:
    """The findings in the order of the profile: cpu, memory, disks, network, boot mode, firmware."""
    needs = profile.requires
    return (
        *_cpu.findings(inventory, needs.cpu),
        *_memory.findings(inventory, needs.memory),
        *_disks.findings(inventory, needs.disks, profile.install.root_disk),
        *_network.findings(inventory, needs.bonds, needs.nics),
        *_platform.findings(inventory, needs),
    )


def disk_roles(inventory: Inventory, profile: Profile) -> dict[str, tuple[Disk, ...]]:
    """Role → the disks that serve it; a role for which nothing fits is an empty tuple.

    Each role gets as many as it asks for at least; what is left over goes, in the profile's order, to roles that accept
    more, except to the root disk's: an unused disk is never written. Removable disks and disks without a serial serve
    nothing.
    """
    return _disks.assign(inventory, profile.requires.disks, profile.install.root_disk)


def bonds(inventory: Inventory, profile: Profile) -> tuple[BondSpec, ...]:
    """The bonds to make, members by permanent MAC; one without enough fit ports is left out (`match` says why)."""
    return tuple(choice.spec for choice in _network.choose(inventory, profile.requires.bonds) if choice.complete)
