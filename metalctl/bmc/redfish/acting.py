"""The acting half of a Redfish BMC: every method looks, acts, reads again, and is audited; see protocol.py."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from metalctl.bmc import audit
from metalctl.bmc.audit import Change, audited
from metalctl.bmc.power import Powered, Switch
from metalctl.bmc.quirks import Quirks, quirks_of
from metalctl.bmc.redfish.act import bios, boot, clocks, led, logs, manager, media, secure_boot
from metalctl.bmc.redfish.act.power import reset
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.timing import REAL, Clock

if TYPE_CHECKING:
    from metalctl.bmc.redfish.probe_report import Report

BOOTS_WITHIN = 1200.0


class Acting(Powered):
    """Mixed into RedfishBmc, which gives the attributes below and reads the power state."""

    audit: audit.Audit = staticmethod(audit.log)
    clock: Clock = REAL
    _root: Resource
    _known: Quirks | None = None

    def _switch(self) -> Switch:
        quirks = self._wire().quirks
        return Switch(
            str(self.endpoint),
            self.power,
            lambda action: reset(self._wire(), action),
            quirks.power_poll,
            quirks.power_reads,
            quirks.off_settles,
            self.clock,
        )

    def boot(self) -> str:
        return boot.current(self._wire()).device

    @audited("boot")
    def set_boot(self, device: str, mode: str | None = None, persistent: bool = False) -> Change:
        before, after = boot.set_override(self._wire(), device, mode, persistent)
        note = "this BMC reports no boot mode, so none was set" if mode and not after.mode else ""
        return Change(str(before), str(after), note)

    def bios(self) -> dict[str, Any]:
        """All BIOS settings as they are now."""
        return bios.read(self._wire())

    @audited("bios")
    def set_bios(self, wanted: Mapping[str, Any], reboot: bool = True, timeout: float = BOOTS_WITHIN) -> Change:
        """Make these settings so; with `reboot` they read so when it returns, else NotApplied or TaskFailed."""
        wire = self._wire()
        pending = bios.write(wire, wanted)
        if not pending.differing:
            note = "a change that was pending was taken back" if pending.taken_back else ""
            return Change(pending.before, pending.before if pending.before else dict(wanted), note)
        if not reboot:
            return Change(pending.before, pending.before, f"pending until a reboot: {', '.join(pending.differing)}")
        self._restart(timeout)
        return Change(pending.before, bios.wait(wire, wanted, pending.task, timeout))

    def secure_boot(self) -> bool | None:
        """Whether the machine booted with secure boot; None when the BMC knows only what the next boot will be."""
        return secure_boot.read(self._wire())[0]

    @audited("secure-boot")
    def set_secure_boot(self, on: bool, reboot: bool = True, timeout: float = BOOTS_WITHIN) -> Change:
        """The same for secure boot."""
        wire = self._wire()
        before, _ = secure_boot.read(wire)
        written = secure_boot.write(wire, on)
        if before == on:
            return Change(before, before, "a change that was pending was taken back" if written else "")
        if not reboot:
            return Change(before, before, "pending until a reboot")
        self._restart(timeout)
        secure_boot.wait(wire, on, timeout)
        return Change(before, on)

    def _restart(self, timeout: float) -> None:
        """Boot the machine once; one that was off is on then."""
        self._power("cycle" if self.power() == "on" else "on", min(timeout, 300.0))

    def media(self) -> list[dict[str, Any]]:
        """The virtual drives: name, kinds ("cd", "usb"), inserted, image."""
        return [asdict(slot) for slot in media.slots(self._wire())]

    @audited("media-insert")
    def insert_media(self, url: str, kind: str = "cd") -> Change:
        """Show the image at `url`; raises NotApplied unless it reads as inserted."""
        before, after = media.insert(self._wire(), url, kind)
        return Change(before.image, after.image or url)

    @audited("media-eject")
    def eject_media(self, kind: str = "cd") -> Change:
        """Take it out; raises NotApplied unless it reads as empty."""
        before, after = media.eject(self._wire(), kind)
        return Change(before.image if before.inserted else "", after.image)

    def locator(self) -> bool:
        return led.read(self._wire())

    @audited("locator")
    def set_locator(self, on: bool) -> Change:
        return Change(*led.write(self._wire(), on))

    @audited("log-clear")
    def clear_log(self) -> Change:
        return Change(*logs.clear(self._wire()))

    def clock_ahead(self) -> float:
        return clocks.read(self._wire())

    @audited("clock")
    def set_clock(self) -> Change:
        before, after = clocks.write(self._wire())
        return Change(round(before, 1), round(after, 1))

    @audited("bmc-reset")
    def reset_bmc(self) -> Change:
        return Change("serving", f"served again after {manager.reset(self._wire()):.0f} s")

    def examine(self) -> Report:
        """What this BMC can do, and the quirks that apply; read only."""
        from metalctl.bmc.redfish.probe_report import examine

        return examine(self._wire(), self._root)

    @abstractmethod
    def _wired(self) -> Wire:
        """What actions speak through."""

    def _wire(self) -> Wire:
        """The same, once the quirks are known: also what only the manager tells. Read once a connection."""
        wire = self._wired()
        if self._known is None:
            self._known = quirks_of(root=self._root, system=wire.system(), manager=wire.manager())
        wire.quirks = self._known
        return wire
