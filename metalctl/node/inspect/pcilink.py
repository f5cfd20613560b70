"""PCIe links from /sys: what a function's link runs at, and what both of its ends could.

The upstream port's limit counts too: an x16 card in an x8 slot is not a fault of the card.
"""

from __future__ import annotations

import re

from metalctl.model.inventory import PcieLink
from metalctl.node.inspect.host import Host

ADDRESS = re.compile(r"[0-9a-f]{4,5}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
_SPEED = re.compile(r"(\d{1,4}(?:\.\d{1,3})?) GT/s")
_NO_LANES = 63  # what the kernel shows for a width that the device does not state


def address(path: str) -> str:
    """The PCI address of the innermost function in a path below /sys/devices, "" without one."""
    return next(iter(reversed(ADDRESS.findall(path))), "")


def function(path: str) -> str:
    """The path as far as the innermost function in it, "" without one."""
    pci = address(path)
    return path[: path.rindex(pci) + len(pci)] if pci else ""


def collect(host: Host, device: str) -> PcieLink | None:
    """The link of the function at a path below /sys; None when it has none (an integrated function, a virtual one)."""
    base = host.real(device)
    now_speed = speed(host.text(f"{base}/current_link_speed"))
    now_width = width(host.text(f"{base}/current_link_width"))
    if now_speed is None and now_width is None:
        return None
    ends = [base, base.rpartition("/")[0]]
    return PcieLink(
        speed=now_speed,
        width=now_width,
        max_speed=min((s for e in ends if (s := speed(host.text(f"{e}/max_link_speed")))), default=None),
        max_width=min((w for e in ends if (w := width(host.text(f"{e}/max_link_width")))), default=None),
    )


def speed(text: str) -> float | None:
    """GT/s of "8.0 GT/s PCIe"; None for "Unknown"."""
    match = _SPEED.match(text)
    return float(match.group(1)) if match else None


def width(text: str) -> int | None:
    """Lanes; None for 0 and for what is no number."""
    lanes = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
    return lanes if 0 < lanes < _NO_LANES else None
