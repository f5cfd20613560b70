"""Ports: physical network interfaces, by permanent MAC address (a bond's members share the bond's).

A port is physical when /sys/class/net/NAME/device is there; virtual functions and the USB port to the BMC are not
counted. Speed is known only with a link, so `bring_up` sets every port up first and waits a little for the carrier.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

from metalctl.model.inventory import Neighbour, Nic
from metalctl.node.inspect.host import Host

_NET = "/sys/class/net"
_PCI = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
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
    text = host.text(f"{_NET}/{name}/flags")
    return int(text, 16) if text else 0


def collect(host: Host, neighbours: dict[str, Neighbour]) -> tuple[Nic, ...]:
    """Every physical port; `neighbours` by kernel name."""
    links = parse_links(host.tool("ip", "-d", "-j", "link", "show", fact="nics.mac"))
    models = parse_models(host.tool("lspci", "-Dmm"))
    return tuple(_nic(host, n, links.get(n, {}), models, neighbours.get(n)) for n in physical(host))


def parse_links(text: str) -> dict[str, dict[str, Any]]:
    """`ip -d -j link show` by interface name."""
    return {link["ifname"]: link for link in json.loads(text or "[]") if "ifname" in link}


def parse_models(text: str) -> dict[str, str]:
    """`lspci -Dmm`: PCI address → vendor and device."""
    rows = (re.findall(r'"([^"]*)"|(\S+)', line) for line in text.splitlines())
    return {row[0][1]: f"{row[2][0]} {row[3][0]}".strip() for row in rows if len(row) > 3}


def _nic(host: Host, name: str, link: dict[str, Any], models: dict[str, str], neighbour: Neighbour | None) -> Nic:
    base = f"{_NET}/{name}"
    where = host.real(f"{base}/device")
    pci = next(iter(reversed(_PCI.findall(where))), "")
    carrier = {"0": False, "1": True}.get(host.text(f"{base}/carrier"))
    # Reading `carrier` of a port that is administratively down is an error.
    up = bool(_flags(host, name) & _UP)
    driver = host.driver(name)
    return Nic(
        name=name,
        mac=str(link.get("permaddr") or host.text(f"{base}/address", f"nics.{name}.mac")).lower(),
        speed=_speed(host, name, bool(carrier)),
        duplex=host.text(f"{base}/duplex") if carrier else "",
        link=carrier if up else False,
        driver=driver.get("driver") or host.real(f"{base}/device/driver").rpartition("/")[2],
        firmware=driver.get("firmware", "").removeprefix("N/A"),
        pci=pci,
        model=models.get(pci, ""),
        mtu=host.number(f"{base}/mtu"),
        max_mtu=link.get("max_mtu") or None,
        neighbour=neighbour,
        numa_node=_numa(host.number(f"{base}/device/numa_node")),
    )


def _speed(host: Host, name: str, carrier: bool) -> int | None:
    megabits = host.number(f"{_NET}/{name}/speed") if carrier else None
    if megabits is None or megabits <= 0:
        host.unreadable(f"nics.{name}.speed", "the driver states no speed" if carrier else "the port has no link")
        return None
    return megabits * 10**6


def _numa(node: int | None) -> int | None:
    return node if node is not None and node >= 0 else None
