"""The BMC as seen from inside, by ipmitool over the kernel's IPMI device: model, firmware, address and MAC.

ipmitool is asked only when the device is there; it finds the first LAN channel by itself.
"""

from __future__ import annotations

from metalctl.model.inventory import Manager
from metalctl.node.inspect.host import Host

_DEVICES = ("/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0")
_NO_ADDRESS = frozenset({"", "0.0.0.0"})  # noqa: S104 - "no address", nothing is bound
_TIMEOUT = 20.0


def collect(host: Host) -> Manager | None:
    """What it tells; None, with unreadable facts, when there is no IPMI device or it does not answer."""
    if not any(host.exists(path) for path in _DEVICES):
        host.unreadable("bmc_address", "there is no IPMI device (/dev/ipmi0)")
        return None
    info = fields(host.tool("ipmitool", "mc", "info", fact="firmware.bmc", timeout=_TIMEOUT))
    if not info:
        # A BMC that does not answer costs one timeout, not two.
        host.unreadable("bmc_address", "the BMC does not answer over /dev/ipmi0")
        return None
    lan = fields(host.tool("ipmitool", "lan", "print", fact="bmc_address", timeout=_TIMEOUT))
    address = lan.get("IP Address", "")
    if lan and address in _NO_ADDRESS:
        host.unreadable("bmc_address", "the BMC states no IPv4 address")
    host.source("manager", "ipmitool mc info, lan print")
    words = info.get("Manufacturer Name", ""), info.get("Product Name", "")
    return Manager(
        model=" ".join(w for w in words if w and not w.startswith("Unknown")),
        firmware=info.get("Firmware Revision", ""),
        mac=lan.get("MAC Address", "").lower(),
        address="" if address in _NO_ADDRESS else address,
    )


def fields(text: str) -> dict[str, str]:
    """`Name : value` lines, the first of each name; continuation lines (an empty name) are left out."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip():
            found.setdefault(name.strip(), value.strip())
    return found
