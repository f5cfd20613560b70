"""installed: the image goes to the root disk once, is read back, and the system on it phones home from that disk.

Evidence: the writer's own record on the disk, the hash of what was read back, and a phone-home with a new boot id from
a system whose root disk has the serial that was written.
"""

from __future__ import annotations

from typing import Any

from metalctl.engine.errors import EngineError
from metalctl.engine.pipeline import check_runs, layout, power, seed
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.model.boot import PhoneHome
from metalctl.model.codec import decode
from metalctl.model.dossier import Installation
from metalctl.model.finding import Finding
from metalctl.model.inventory import Disk
from metalctl.model.run import InstallSpec
from metalctl.model.verdict import Verdict


def tick(ctx: Context) -> Done | Wait:
    """Write and verify, then boot from disk, then compare who called."""
    disk = layout.root_disk(ctx)
    row = check_runs.follow(ctx, run_id(ctx), lambda: _spec(ctx, disk), "ramdisk", "install")
    if row.state == "running":
        return check_runs.still_running(ctx, row, row.progress or "the installer is starting")
    findings = check_runs.conclude([row])
    installation = installation_of(row.final)
    _require_verified(installation, disk)
    boot = ctx.boot("installed")
    if boot is None:
        return power.boot_into(ctx, "installed")
    ctx.services.places.release(ctx.enrollment.id)
    findings += _booted_from(disk, boot.report) + power.findings(ctx, "installed")
    if any(f.blocks for f in findings):
        raise StageFailed(findings, boot_id=boot.boot_id)
    return Done({"installation": row.final, "boot_id": boot.boot_id, "address": boot.address}, findings)


def run_id(ctx: Context) -> str:
    """The one installation of this attempt."""
    return f"{ctx.enrollment.id}-installed-{ctx.enrollment.attempt}"


def installation_of(final: dict[str, Any] | None) -> Installation:
    """What the writer said at its end; EngineError when it said nothing."""
    data = (final or {}).get("installation")
    if not isinstance(data, dict):
        raise EngineError("the installer ended without saying what it wrote", hint="see the run's journal on the node")
    return decode(Installation, data)


def _spec(ctx: Context, disk: Disk) -> InstallSpec:
    image = ctx.services.images.get(ctx.profile.install.os)
    if image is None:
        there = ", ".join(sorted(ctx.services.images)) or "none"
        raise EngineError(
            f"no image {ctx.profile.install.os!r} is served", hint=f"set install.os of the profile to one of: {there}"
        )
    boot = ctx.boot("ramdisk")
    return InstallSpec(
        run_id=run_id(ctx),
        node=ctx.node.name,
        enrollment=ctx.enrollment.id,
        disk_serial=disk.key,
        disk_size=disk.size or 0,
        base_url=image.url,
        manifest=image.manifest,
        seed=seed.render(ctx),
        armed=layout.arm(ctx, disk, "install"),
        boot_id=boot.boot_id if boot else "",
    )


def _require_verified(installation: Installation, disk: Disk) -> None:
    if installation.verified and installation.disk_serial == disk.key:
        return
    finding = Finding(
        "install.verified", Verdict.FAIL, f"the image read back from {disk.key} as it was written",
        f"verified={installation.verified} on {installation.disk_serial}", disk.label, "in-band",
        "the disk returned other data than was written: replace it",
    )  # fmt: skip
    raise StageFailed((finding,))


def _booted_from(disk: Disk, report: PhoneHome) -> tuple[Finding, ...]:
    expected = f"the installed system runs from disk serial {disk.key}"
    got, same = _runs_from(disk, report)
    if same:
        return (Finding("install.booted", Verdict.PASS, expected, f"serial {got}", disk.label, "phone-home"),)
    return (
        Finding(
            "install.booted", Verdict.FAIL, expected, f"serial {got or 'not stated'}", disk.label, "phone-home",
            "another disk is first in the boot order: set the firmware to boot from the disk named",
        ),
    )  # fmt: skip


def _runs_from(disk: Disk, report: PhoneHome) -> tuple[str, bool]:
    """The disk that the system says it runs from, and whether it is this one: of several units the one so named."""
    unit = report.extra.get("root_disk.wwn", "").lower()
    serial = report.root_disk_serial
    got = f"{serial}/{unit or '?'}" if disk.unit else serial
    return got, got == disk.key
