"""The networks around a provisioner and the ports on them; every number is read from the code."""

from __future__ import annotations

from docs._pictures import _svg
from metalctl.bmc.endpoint import DEFAULT_PORTS
from metalctl.boot.dnsmasq import DHCP, PROXY, TFTP
from metalctl.engine.pipeline.cohort import PORT as PAIR
from metalctl.engine.reach.remote import PORT as SSH
from metalctl.engine.settings import Boot, Web

WIDTH, HEIGHT = 1000.0, 390.0


def _device(x: float, y: float, width: float, name: str, lines: list[str], fill: str = "#eef3f8") -> list[str]:
    height = 30 + 16 * len(lines)
    return [
        _svg.box(x, y, width, height, fill=fill),
        _svg.text(x + 10, y + 21, name, size=14, weight="600"),
        *(_svg.text(x + 10, y + 40 + 16 * n, line, size=12, ink=_svg.GREY) for n, line in enumerate(lines)),
    ]


def _wire(y: float, x1: float, x2: float, name: str) -> list[str]:
    return [
        f"<line x1='{x1:g}' y1='{y:g}' x2='{x2:g}' y2='{y:g}' stroke='#5b7fa6' stroke-width='4'/>",
        _svg.text(x1, y - 9, name, weight="600"),
    ]


def _drop(x: float, y1: float, y2: float) -> str:
    return f"<line x1='{x:g}' y1='{y1:g}' x2='{x:g}' y2='{y2:g}' stroke='#5b7fa6' stroke-width='2'/>"


def draw() -> str:
    """The drawing."""
    boot, web = Boot(), Web()
    provisioner = [
        f"to BMCs: TCP {DEFAULT_PORTS['redfish']} (Redfish), UDP {DEFAULT_PORTS['ipmi']} (IPMI)",
        f"serves: UDP {DHCP} (DHCP), UDP {PROXY} (proxy DHCP),",
        f"UDP {TFTP} (TFTP), TCP {boot.http_port} (HTTP)",
        f"to nodes: TCP {SSH} (SSH)",
        f"pages on {web.host}: TCP {web.port} (HTTP)",
    ]
    parts = [
        *_wire(40, 40, 960, "BMC network"),
        *_wire(280, 40, 960, "boot network"),
        _drop(200, 40, 90),
        _drop(200, 200, 280),
        *_device(40, 90, 320, "provisioner: metalctl serve", provisioner),
    ]
    for number in range(3):
        x = 400 + 190 * number
        parts += [_drop(x + 85, 40, 90), _drop(x + 85, 168, 280)]
        server = ["BMC", "NICs: boot, then bond", f"in pairs: TCP {PAIR}"]
        parts += _device(x, 90, 170, f"server {number + 1}", server)
    switch = ["LACP with fallback to a single port, so that a port of a bond can boot; LLDP on"]
    parts += [_drop(675, 280, 320), *_device(400, 320, 550, "top-of-rack switch", switch, "#e6efe6")]
    return _svg.drawing(WIDTH, HEIGHT, "The BMC network and the boot network, with their ports", parts)
