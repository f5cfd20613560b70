"""The requests that both ends of IPMI answer (worker.py over pyghmi, ipmitool.py), over one raw request each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from metalctl.bmc.ipmi import walk
from metalctl.bmc.ipmi.errors import RESERVATION_LOST, CompletionCode, Lost
from metalctl.bmc.ipmi.patience import STORAGE, Raw, patient
from metalctl.bmc.ipmi.rmcp import guid
from metalctl.bmc.ipmi.walk import answered

CHASSIS, APP, TRANSPORT = 0x00, 0x06, 0x0C
_CONTROL = {"off": 0, "on": 1, "reset": 3, "nmi": 4}
BOOT_DEVICES = {"none": 0, "pxe": 1, "disk": 2, "cd": 5, "setup": 6}
_LOCKED = _VALID = 0x80
_PERSISTENT, _UEFI = 0x40, 0x20
_THIS_CHANNEL = 0x0E
_SURE = b"CLR"
_RESERVATIONS = 3


class Commands(ABC):
    """Each public method is one request; the values are plain JSON, bytes as hex."""

    @abstractmethod
    def raw(self, netfn: int, command: int, data: bytes = b"") -> bytes:
        """The data of the answer; raises CompletionCode for a completion code."""

    @property
    def patient(self) -> Raw:
        """The same for what only reads: asked again while the BMC refuses it for the moment."""
        return patient(self.raw)

    @property
    def command(self) -> Raw:
        """The same for what acts: asked again only where the BMC has not begun."""
        return patient(self.raw, acts=True)

    def power(self) -> str:
        """ "on" or "off"."""
        return "on" if answered(self.patient(CHASSIS, 0x01, b""), 1)[0] & 1 else "off"

    def set_power(self, action: str) -> None:
        """Chassis Control: "off", "on", "reset" or "nmi"; the state is not awaited."""
        self.command(CHASSIS, 0x02, bytes((_CONTROL[action],)))

    def boot(self) -> dict[str, Any]:
        """The boot flags (28.13, parameter 5): device as in BOOT_DEVICES, or its number as text; persistent, uefi."""
        _, parameter, flags, device = answered(self.patient(CHASSIS, 0x09, b"\5\0\0"), 4)[:4]
        if parameter & _LOCKED or not flags & _VALID:
            return {"device": "none", "persistent": True, "uefi": False}
        number = device >> 2 & 0xF
        name = next((name for name, known in BOOT_DEVICES.items() if known == number), f"device {number}")
        return {"device": name, "persistent": bool(flags & _PERSISTENT), "uefi": bool(flags & _UEFI)}

    def set_boot(self, device: str, persistent: bool, uefi: bool) -> None:
        """The same for the next boot, or for all of them."""
        self.command(CHASSIS, 0x08, b"\3\x08")  # the flags stay, however long it takes until the machine is reset
        flags = (_VALID | persistent * _PERSISTENT | uefi * _UEFI) if device != "none" else 0
        self.command(CHASSIS, 0x08, bytes((5, flags, BOOT_DEVICES[device] << 2, 0, 0, 0)))

    def device(self) -> dict[str, Any]:
        """Get Device ID (20.1)."""
        d = answered(self.patient(APP, 0x01, b""), 11)
        return {
            "device_id": d[0],
            "firmware_version": f"{d[2] & 0x7F}.{d[3]:02x}",
            "manufacturer_id": int.from_bytes(d[6:9], "little"),
            "product_id": int.from_bytes(d[9:11], "little"),
        }

    def guid(self) -> str:
        """Get System GUID (22.14), as SMBIOS writes it; "" when it means nothing."""
        return guid(answered(self.patient(APP, 0x37, b""), 16))

    def fru(self, fru_id: int = 0) -> str:
        """The bytes of a FRU inventory."""
        return walk.read_fru(self.patient, fru_id).hex()

    def sdr(self) -> dict[str, Any]:
        """Every sensor data record; "lost": those that the BMC refused, each with its type where its head was told."""
        lost: list[Lost] = []
        return told(walk.read_sdr(self.patient, lost), lost)

    def readings(self, numbers: list[int]) -> list[str | int | None]:
        """Get Sensor Reading of each sensor; None for one that there is not, a completion code for one refused."""
        raw = self.patient
        return [self._reading(raw, number) for number in numbers]

    def _reading(self, raw: Raw, number: int) -> str | int | None:
        try:
            return raw(walk.SENSOR_EVENT, 0x2D, bytes((number,))).hex()
        except CompletionCode as refused:
            return None if refused.unsupported else refused.code

    def sel(self, most: int) -> dict[str, Any]:
        """The newest records of the event log, oldest first; "lost": those that the BMC refused."""
        lost: list[Lost] = []
        return told(walk.read_sel(self.patient, most, lost), lost)

    def sel_count(self) -> int:
        """How many records it holds."""
        return walk.sel_count(self.patient)

    def clear_sel(self) -> None:
        """Begins to empty the event log (31.9). An event that comes in between costs the reservation: a new one."""
        for left in reversed(range(_RESERVATIONS)):
            reservation = answered(self.patient(STORAGE, 0x42, b""), 2)[:2]
            try:
                self.command(STORAGE, 0x47, reservation + _SURE + b"\xaa")
                return
            except CompletionCode as refused:
                if refused.code != RESERVATION_LOST or not left:
                    raise

    def clock(self) -> int:
        """Seconds since 1970 by the clock of the event log."""
        return int.from_bytes(answered(self.patient(STORAGE, 0x48, b""), 4)[:4], "little")

    def set_clock(self, seconds: int) -> None:
        """Set it."""
        self.command(STORAGE, 0x49, seconds.to_bytes(4, "little"))

    def lan(self) -> dict[str, str]:
        """Address and MAC address of the channel that we came in on (23.2)."""
        raw = self.patient
        try:
            channel = answered(raw(APP, 0x42, bytes((_THIS_CHANNEL,))), 1)[0] & 0x0F
        except CompletionCode:
            channel = _THIS_CHANNEL
        address = answered(raw(TRANSPORT, 0x02, bytes((channel, 3, 0, 0))), 5)[1:5]
        mac = answered(raw(TRANSPORT, 0x02, bytes((channel, 5, 0, 0))), 7)[1:7]
        return {"address": ".".join(map(str, address)), "mac": mac.hex(":")}

    def identified(self) -> bool | None:
        """Whether the locator LED is on; None when the BMC does not tell."""
        status = self.patient(CHASSIS, 0x01, b"")
        return bool(status[2] & 0x30) if len(status) > 2 and status[2] & 0x40 else None

    def identify(self, on: bool) -> None:
        """The locator LED: on until it is told otherwise, or off."""
        self.command(CHASSIS, 0x04, b"\0\x01" if on else b"\0")

    def cold_reset(self) -> None:
        """Restart the BMC; the session is lost with it."""
        self.command(APP, 0x02, b"")


def told(records: list[bytes], lost: list[Lost]) -> dict[str, Any]:
    """Records as plain JSON: {"records": [hex], "lost": [{"why", "kind"}]}."""
    return {"records": [r.hex() for r in records], "lost": [{"why": str(one), "kind": one.kind} for one in lost]}
