"""What a Redfish service root says of the machine to anybody, without a login: who it is, as far as it tells.

Some makers state the serial and the BMC's MAC address below `Oem`, each at a place of its own. They are found by the
name of the property, whoever the maker is; of two different values neither is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metalctl.bmc.redfish.schema.values import inside
from metalctl.model.identity import usable_mac, usable_serial, usable_uuid

_SERIALS = frozenset({"ServiceTag", "SystemSerialNumber", "SerialNumber", "ServerSerialNumber"})
_MACS = frozenset({"ManagerMACAddress", "BMCMACAddress", "BmcMacAddress"})
_MOST = 5000


@dataclass(frozen=True, slots=True)
class Told:
    """serial: of the system; uuid: of the service; mac: of the BMC. "" when not told, or bogus."""

    serial: str = ""
    uuid: str = ""
    mac: str = ""


def told(root: dict[str, Any]) -> Told:
    """What the service root tells. Never raises, whatever the JSON holds."""
    serials, macs = set(), set()
    for name, value in inside(root.get("Oem"), _MOST):
        if isinstance(value, str) and name in _SERIALS:
            serials.add(usable_serial(value[:200]))
        elif isinstance(value, str) and name in _MACS:
            macs.add(usable_mac(value[:200]))
    uuid = root.get("UUID")
    return Told(_only(serials), usable_uuid(uuid) if isinstance(uuid, str) else "", _only(macs))


def _only(values: set[str]) -> str:
    known = values - {""}
    return known.pop() if len(known) == 1 else ""
