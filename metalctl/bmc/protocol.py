"""What speaking to a BMC looks like to the other rooms, whatever the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from metalctl.bmc.audit import Change
from metalctl.bmc.endpoint import Endpoint
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Probe:
    """A BMC that answered, without any credential.

    product: as it calls itself, "" when it does not say. uuid: of the service (not of the system), often "".
    fingerprint: SHA-256 of its TLS certificate, hex, "" over IPMI. also: further protocols of the same machine.
    serial: of the system, where the BMC tells it to anybody. mac: of the BMC; mac_from: "bmc" when it says so itself,
    "arp" when seen on the segment. at: further endpoints of the same machine. notes: what is odd, as sentences.
    vouched: the endpoint's authorities have signed the certificate. equipment: what a Redfish service without systems
    manages instead (an enclosure, a switch, a PDU), "" for a server's BMC.
    """

    endpoint: Endpoint
    protocol: str
    product: str = ""
    uuid: str = ""
    fingerprint: str = ""
    also: tuple[str, ...] = ()
    serial: str = ""
    mac: str = ""
    mac_from: str = ""
    at: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    vouched: bool = False
    equipment: str = ""


class Bmc(Protocol):
    """One system behind one BMC, logged in. Use it as a context manager; every method blocks."""

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint, with the fingerprint of the certificate it showed."""

    def identity(self) -> Identity:
        """Who the system is, as the BMC tells."""

    def inventory(self) -> Inventory:
        """All that the BMC tells; what it cannot tell is listed in `unreadable`."""

    def power(self) -> str:
        """The power state read now: "on" or "off"."""

    def set_power(self, wanted: str, timeout: float = 120) -> None:
        """`wanted`: "on", "off", "cycle", "reset" or "nmi". Returns once the state read is so, else PowerNotReached."""

    def boot(self) -> str:
        """The boot device asked for: "pxe", "disk", "none" or the BMC's own word for another, in lower case."""

    def set_boot(self, device: str, mode: str | None = None, persistent: bool = False) -> Change:
        """`device`: "pxe" or "disk" (Redfish: also "cd", "usb", "http", "setup", "none"). Re-read, else BootNotSet.

        `mode`: "uefi", "bios" or None (leave it). A BMC that knows no mode is not asked for one, which the note says.
        """

    def close(self) -> None:
        """Log out and let go of everything."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@runtime_checkable
class Service(Protocol):
    """What a technician does with a BMC. Each is read again: NotApplied when it is not so."""

    def locator(self) -> bool:
        """Whether the locator LED shows."""

    def set_locator(self, on: bool) -> Change:
        """Light it, or put it out."""

    def clear_log(self) -> Change:
        """Empty the event log; before and after are numbers of entries."""

    def clock_ahead(self) -> float:
        """Seconds by which the BMC's clock is ahead of ours."""

    def set_clock(self) -> Change:
        """Set it to now, UTC; before and after are seconds ahead."""

    def reset_bmc(self) -> Change:
        """Restart the BMC and return once it serves again; minutes are normal."""
