"""One system behind an IPMI 2.0 BMC: power, boot device, locator LED, event log, clock, and what inventory.py reads.

Order at connect: an unauthenticated ping first; only an endpoint that answers as IPMI 2.0 is sent a login. That
login proves both sides know the password, without sending it (RAKP).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self

from metalctl.bmc.audit import Change, audited, log
from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BootNotSet, Unreachable, Unsupported
from metalctl.bmc.ipmi import ipmitool, ping
from metalctl.bmc.ipmi.acting import Acting, Session
from metalctl.bmc.ipmi.client import Worker
from metalctl.bmc.ipmi.commands import BOOT_DEVICES
from metalctl.bmc.ipmi.inventory import Collector
from metalctl.bmc.quirks import quirks_of
from metalctl.bmc.timing import REAL
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory

PING = 5.0
BOOT_SETTLES = 5.0
SILENCES = 2


class IpmiBmc(Acting):
    """Made by `connect`; see protocol.Bmc."""

    def __init__(self, endpoint: Endpoint, credential: Credential, timeout: float = 30.0) -> None:
        self.endpoint = endpoint
        self.audit = log
        self.clock = REAL
        self._login = partial(_login, endpoint, credential, timeout)
        self._session = self._login()
        self._silences = 0

    def identity(self) -> Identity:
        return Collector(self._asked).identity()

    def inventory(self) -> Inventory:
        reader = Collector(self._asked)
        identity, device = reader.identity(), reader.device()
        records, parts = reader.records()
        sensors, watched = reader.sensors(records)
        firmware = reader.firmware(device)
        supplies, entries = reader.supplies(watched, parts), reader.log(records)
        manager = reader.manager(self.clock.today())
        return Inventory(
            source="out-of-band",
            identity=identity,
            taken=datetime.now(UTC).isoformat(timespec="seconds"),
            firmware=firmware,
            bmc_address=self.endpoint.address,
            power=self.power(),
            emulated=quirks_of(device=device).emulated,
            unreadable=tuple(reader.broken),
            power_supplies=supplies,
            sensors=sensors,
            manager=replace(manager, firmware=firmware[0].version if firmware else ""),
            log=entries,
            sources=reader.sources,
        )

    def _asked(self, do: str, **arguments: Any) -> Any:
        """One fact of an inventory: what gets no answer costs that fact and a new session, as long as the BMC is there.

        Raises Unreachable when it is not, or has been silent too often: each silence takes minutes.
        """
        try:
            return self._session.ask(do, **arguments)
        except Unreachable as error:
            self._silences += 1
            if self._silences > SILENCES:
                raise
            self._session.close()
            self._session = self._login()
            raise BadAnswer(error.message, hint=error.hint) from None

    def boot(self) -> str:
        return str(self._session.ask("boot")["device"])

    @audited("boot")
    def set_boot(self, device: str, mode: str | None = None, persistent: bool = False) -> Change:
        """See protocol.Bmc; also "cd", "setup", "none". IPMI has no "leave the mode": without one, it is not UEFI."""
        if device not in BOOT_DEVICES or mode not in ("uefi", "bios", None):
            known = ", ".join(BOOT_DEVICES)
            raise Unsupported(f"no boot device {device!r} in mode {mode!r}", hint=f"use one of {known}; uefi or bios")
        wanted = {"device": device, "persistent": persistent, "uefi": mode == "uefi"}
        before = self._session.ask("boot")
        if before == wanted:
            return Change(_said(before), _said(before))
        self._session.ask("set_boot", **wanted)
        got = self.clock.until(lambda: self._session.ask("boot"), lambda got: _is_set(got, wanted, mode), BOOT_SETTLES)
        if not _is_set(got, wanted, mode):
            told = f"the boot device should be {_said(wanted)}, but reads {_said(got)}"
            hint = "this BMC may not keep the mode or the persistence over IPMI; leave them out, or use Redfish"
            raise BootNotSet(f"{self.endpoint}: {told}", hint=hint, wanted=wanted, got=got)
        return Change(_said(before), _said(got))

    def close(self) -> None:
        """Log out."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _login(endpoint: Endpoint, credential: Credential, timeout: float) -> Session:
    lockout.check(endpoint, credential)
    asyncio.run(ping.probe(endpoint, min(timeout, PING)))
    _, address = asyncio.run(ping.resolve(endpoint.address, endpoint.effective_port))
    return _open(endpoint, address, credential, timeout)


def _open(endpoint: Endpoint, address: str, credential: Credential, timeout: float) -> Session:
    try:
        return Worker(endpoint, address, credential, timeout)
    except (BadAnswer, Unsupported) as error:
        # Not the password and not the network: the session itself. ipmitool knows more cipher suites.
        if not ipmitool.available():
            raise BadAnswer(
                error.message, hint="install ipmitool: it is tried next (apt-get install ipmitool)"
            ) from None
        fallback = ipmitool.Ipmitool(endpoint, address, credential, timeout)
        fallback.ask("power")
        return fallback


def _is_set(read: dict[str, Any], wanted: dict[str, Any], mode: str | None) -> bool:
    lasting = bool(read["persistent"]) or not wanted["persistent"]
    return read["device"] == wanted["device"] and lasting and (mode is None or bool(read["uefi"]) == wanted["uefi"])


def _said(flags: dict[str, Any]) -> str:
    return " ".join([str(flags["device"]), *(name for name in ("uefi", "persistent") if flags[name])])
