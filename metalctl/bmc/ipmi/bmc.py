"""One system behind an IPMI 2.0 BMC: power, boot device, identity from FRU and GUID. IPMI tells nothing of CPUs or
disks.

Order at connect: an unauthenticated ping first; only an endpoint that answers as IPMI 2.0 is sent a login. That
login proves both sides know the password, without sending it (RAKP).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, Self

from metalctl.bmc import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError, BootNotSet, Unsupported
from metalctl.bmc.ipmi import ipmitool, ping
from metalctl.bmc.ipmi.client import Worker
from metalctl.bmc.power import Switch, set_power
from metalctl.bmc.quirks import quirks_of
from metalctl.model.identity import Identity
from metalctl.model.inventory import Firmware, Inventory, Unreadable

_DEVICES = {"network": "pxe", "hd": "disk", "default": "none"}
_ASKED = {"pxe": "network", "disk": "hd"}
PING = 5.0
BOOT_SETTLES = 5.0


class Session(Protocol):
    """What worker and ipmitool have in common."""

    def ask(self, do: str, **arguments: Any) -> Any:
        """The value of one request."""

    def close(self) -> None:
        """Log out."""


class IpmiBmc:
    """Made by `connect`; see protocol.Bmc."""

    def __init__(self, endpoint: Endpoint, credential: Credential, timeout: float = 30.0) -> None:
        lockout.check(endpoint, credential)
        self.endpoint = endpoint
        asyncio.run(ping.probe(endpoint, min(timeout, PING)))
        _, address = asyncio.run(ping.resolve(endpoint.address, endpoint.effective_port))
        self._session: Session = _open(endpoint, address, credential, timeout)

    def identity(self) -> Identity:
        """See protocol.Bmc."""
        return self._identity(lambda fact, why: None)

    def inventory(self) -> Inventory:
        """See protocol.Bmc."""
        broken: list[Unreadable] = []
        identity = self._identity(lambda fact, why: broken.append(Unreadable(fact, why)))
        device = self._try("firmware.bmc", "device", {}, lambda fact, why: broken.append(Unreadable(fact, why)))
        version = str(device.get("firmware_version", ""))
        return Inventory(
            source="out-of-band",
            identity=identity,
            taken=datetime.now(UTC).isoformat(timespec="seconds"),
            firmware=(Firmware("bmc", version),) if version else (),
            bmc_address=self.endpoint.address,
            power=self.power(),
            emulated=quirks_of(device=device).emulated,
            unreadable=tuple(broken),
        )

    def power(self) -> str:
        """See protocol.Bmc."""
        return str(self._session.ask("power"))

    def set_power(self, wanted: str, timeout: float = 120) -> None:
        """See protocol.Bmc."""
        switch = Switch(str(self.endpoint), self.power, lambda action: self._session.ask("set_power", action=action))
        set_power(switch, wanted, timeout)

    def boot(self) -> str:
        """See protocol.Bmc."""
        found = str(self._session.ask("boot")["device"]).lower()
        return _DEVICES.get(found, found)

    def set_boot(self, device: str, mode: str | None = None, persistent: bool = False) -> None:
        """See protocol.Bmc. IPMI has no "leave the mode": without one, UEFI is not asked for."""
        if device not in _ASKED or mode not in ("uefi", "bios", None):
            raise Unsupported(f"no boot device {device!r} in mode {mode!r}", hint="use pxe or disk, uefi or bios")
        wanted = {"device": _ASKED[device], "persistent": persistent, "uefi": mode == "uefi"}
        if self._session.ask("boot") == wanted:
            return
        self._session.ask("set_boot", **wanted)
        deadline = time.monotonic() + BOOT_SETTLES
        while not _is_set(got := self._session.ask("boot"), wanted):
            if time.monotonic() > deadline:
                raise BootNotSet(
                    f"{self.endpoint}: the boot device should be {wanted}, but reads {got}",
                    hint="this BMC may not keep the mode or the persistence over IPMI; leave them out, or use Redfish",
                    bmc=str(self.endpoint),
                    wanted=wanted,
                    got=got,
                )
            time.sleep(1.0)

    def close(self) -> None:
        """Log out."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _identity(self, note: Callable[[str, str], None]) -> Identity:
        fru = self._try("identity.serial", "fru", {}, note)
        return Identity(
            serial=str(fru.get("Serial Number") or fru.get("Product Serial") or "").strip(),
            uuid=str(self._try("identity.uuid", "guid", "", note)),
            manufacturer=str(fru.get("Manufacturer") or fru.get("Product Manufacturer") or "").strip(),
            product=str(fru.get("Product name") or fru.get("Product Name") or "").strip(),
            chassis_serial=str(fru.get("Chassis serial number") or fru.get("Chassis Serial") or "").strip(),
        )

    def _try(self, fact: str, do: str, otherwise: Any, note: Callable[[str, str], None]) -> Any:
        """The answer; what the BMC does not know is not stated, what breaks is noted."""
        try:
            return self._session.ask(do)
        except Unsupported:
            return otherwise
        except BadAnswer as error:
            note(fact, error.message)
            return otherwise


def _open(endpoint: Endpoint, address: str, credential: Credential, timeout: float) -> Session:
    try:
        return Worker(endpoint, address, credential, timeout)
    except (BadAnswer, Unsupported) as error:
        # Not the password and not the network: the session itself. ipmitool knows more cipher suites.
        if not ipmitool.available():
            raise BmcError(
                error.message, hint="install ipmitool: it is tried next (apt-get install ipmitool)"
            ) from None
        fallback = ipmitool.Ipmitool(endpoint, address, credential, timeout)
        fallback.ask("power")
        return fallback


def _is_set(read: dict[str, Any], wanted: dict[str, Any]) -> bool:
    lasting = bool(read["persistent"]) or not wanted["persistent"]
    return read["device"] == wanted["device"] and lasting and (not wanted["uefi"] or bool(read["uefi"]))
