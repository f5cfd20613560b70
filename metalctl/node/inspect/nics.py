"""Ports: physical network interfaces, by permanent MAC address (a bond's members share the bond's).

Permanent addresses come over netlink (pyroute2), speeds and FEC from the driver (ethtool's ioctl), serial and part
number from the adapter's vital product data.

A port is physical when /sys/class/net/NAME/device is there; virtual functions and the USB port to the BMC are not
counted. Speed is known only with a link, so `bring_up` sets every port up first and waits a little for the carrier.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from metalctl.model.inventory import Nic
from metalctl.node.inspect import ethtool, pcilink, values, vpd
from metalctl.node.inspect.host import Host
from metalctl.node.inspect.lldp import Heard
from metalctl.node.inspect.pcie import Function

_NET = "/sys/class/net"
_HOST_TO_BMC = frozenset({"cdc_ether", "cdc_eem", "cdc_ncm", "cdc_subset", "rndis_host"})
_ETHERNET = "1"
_UP = 0x1


def physical(host: Host) -> list[str]:
    """Kernel names of the physical ports."""
    return [n for n in host.names(_NET) if _is_physical(host, n)]


def _is_physical(host: Host, name: str) -> bool:
    device = host.names(f"{_NET}/{name}/device")
    if not device or "physfn" in device or host.text(f"{_NET}/{name}/type") != _ETHERNET:
        return False
    return host.real(f"{_NET}/{name}/device/driver").rpartition("/")[2] not in _HOST_TO_BMC


def bring_up(host: Host, wait: float = 6.0, sleep: Callable[[float], None] = time.sleep) -> list[str]:
    """Set ports that are down up and wait at most `wait` seconds for their carriers; returns the ports set up."""
    down = [n for n in physical(host) if not _flags(host, n) & _UP]
    for name in down:
        host.tool("ip", "link", "set", "dev", name, "up", fact=f"nics.{name}.speed")
    deadline = wait
    while deadline > 0 and any(host.text(f"{_NET}/{n}/carrier") != "1" for n in down):
        sleep(0.25)
        deadline -= 0.25
    return down


def _flags(host: Host, name: str) -> int:
    try:
        return int(host.text(f"{_NET}/{name}/flags"), 16)
    except ValueError:
        return 0


def collect(
    host: Host, neighbours: Mapping[str, Heard], functions: Mapping[str, Function] | None = None
) -> tuple[Nic, ...]:
    """Every physical port; `neighbours` by kernel name, `functions` by PCI address (metalctl.node.inspect.pcie)."""
    links = host.probe("links")
    if reason := links.pop("", ""):
        host.unreadable("nics.mac", f"{reason}: the address of a bond's member may be the bond's")
    if not host.names(_NET):
        host.unreadable("nics", f"{_NET}: the kernel lists no interface, not even lo")
        return ()
    host.source("nics", f"{_NET}, netlink, ethtool's ioctl")
    return tuple(_nic(host, n, links.get(n), functions or {}, neighbours.get(n)) for n in physical(host))


def _nic(host: Host, name: str, link: Any, functions: Mapping[str, Function], heard: Heard | None) -> Nic:
    base = f"{_NET}/{name}"
    where = host.real(f"{base}/device")
    pci, card = pcilink.address(where), pcilink.function(where) or where  # a virtio port is below its function
    carrier = {"0": False, "1": True}.get(host.text(f"{base}/carrier"))
    # Reading `carrier` of a port that is administratively down is an error.
    up = bool(_flags(host, name) & _UP)
    if not up:
        # Nobody knows whether a cable is in it.
        host.unreadable(f"nics.{name}.link", f"the kernel keeps the port switched off: ip link set dev {name} up")
    driver, asked = host.driver(name), host.probe("ethtool", name)
    netlink = link if isinstance(link, dict) else {}
    function, product = functions.get(pci), vpd.read(host, card)
    return Nic(
        name=name,
        mac=str(netlink.get("permanent") or host.text(f"{base}/address", f"nics.{name}.mac")).lower(),
        speed=_speed(host, name, bool(carrier)),
        duplex=_duplex(host, base) if carrier else "",
        link=carrier if up else None,
        driver=driver.get("driver") or host.linked(f"{base}/device/driver"),
        firmware=driver.get("firmware", "").removeprefix("N/A"),
        pci=pci,
        model=f"{function.vendor} {function.model}".strip() if function else product.name,
        mtu=host.number(f"{base}/mtu"),
        max_mtu=netlink.get("max_mtu") or None,
        neighbour=None if isinstance(heard, tuple) else heard,
        neighbours=heard if isinstance(heard, tuple) else (),
        numa_node=host.numa(f"{base}/device"),
        supported=_supported(host, name, asked),
        fec=ethtool.fec(asked.get("fec")),
        sriov=host.number(f"{card}/sriov_totalvfs"),
        link_pcie=pcilink.collect(host, card),
        slot=function.slot if function else "",
        serial=product.serial,
        part_number=product.part_number,
    )


def _supported(host: Host, name: str, asked: Mapping[str, Any]) -> tuple[int, ...]:
    settings = str(asked.get("settings", ""))
    speeds, newer = ethtool.speeds(settings), ethtool.unknown_modes(settings)
    if newer:
        bits = ", ".join(map(str, newer))
        host.unreadable(f"nics.{name}.supported", f"link modes newer than this version (bits {bits}) may be faster")
    elif not speeds:
        why = asked.get("error") or "the driver names no speed that the port supports"
        host.unreadable(f"nics.{name}.supported", str(why))
    return speeds


def _speed(host: Host, name: str, carrier: bool) -> int | None:
    megabits = host.number(f"{_NET}/{name}/speed") if carrier else None
    if megabits is None or megabits <= 0:
        host.unreadable(f"nics.{name}.speed", "the driver states no speed" if carrier else "the port has no link")
        return None
    return values.product(megabits, 10**6)


def _duplex(host: Host, base: str) -> str:
    """ "unknown" is the driver's word for saying nothing."""
    text = host.text(f"{base}/duplex")
    return text if text in ("full", "half") else ""
