"""What the profile makes of a node's parts: which disk has which role, which ports form which bond."""

from __future__ import annotations

from metalctl.engine.pipeline import hygiene
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import StageFailed
from metalctl.model.finding import Finding
from metalctl.model.inventory import Disk, LogEntry
from metalctl.model.match import bonds, disk_roles
from metalctl.model.run import Armed, BondSpec
from metalctl.model.verdict import Verdict

ARMED_FOR = 4 * 3600.0


def roles(ctx: Context) -> dict[str, tuple[Disk, ...]]:
    """Disk role → disks, from the in-band inventory."""
    return disk_roles(ctx.require_inventory("in-band"), ctx.profile)


def bond_specs(ctx: Context) -> tuple[BondSpec, ...]:
    """The bonds to make, members by permanent MAC."""
    return bonds(ctx.require_inventory("in-band"), ctx.profile)


def bmc_log(ctx: Context) -> tuple[LogEntry, ...]:
    """The BMC's event log as it was read from outside, for a node that has no way to its BMC from inside."""
    outside = ctx.inventory("out-of-band")
    return outside.log if outside else ()


def root_disk(ctx: Context) -> Disk:
    """The disk to install on: the first of the profile's root role; it must have a serial and a size."""
    role = ctx.profile.install.root_disk
    found = roles(ctx).get(role, ())
    if found and found[0].serial and found[0].size:
        return found[0]
    got = f"{found[0].label} without serial or size" if found else "none"
    raise StageFailed(
        (
            Finding(
                "install.root_disk", Verdict.FAIL, f"a disk of role {role} with a serial number", got, source="in-band",
                remedy="a disk without a serial cannot be identified safely: replace it or give the role another disk",
            ),
        )
    )  # fmt: skip


def arm(ctx: Context, disk: Disk, action: str) -> Armed:
    """Leave to overwrite one disk for one action, for a limited time; written to the audit trail.

    It is for the very disk that was looked at in this boot; StageFailed when none was.
    """
    seen = hygiene.remembered(ctx, disk)
    which = {name: seen[name] for name in ("wwn", "number", "diskseq", "boot_id")}
    armed = Armed(disk.key, disk.size or 0, action, ctx.enrollment.id, _boot_time(ctx) + ARMED_FOR, **which)
    ctx.audit("disk-armed", serial=armed.serial, size=armed.size, for_action=action, expires=armed.expires, **which)
    return armed


def _boot_time(ctx: Context) -> float:
    """The node's clock that nobody sets: seconds since its kernel started."""
    return float(ctx.remote("ramdisk").check("cat", "/proc/uptime").split()[0])
