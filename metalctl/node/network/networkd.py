"""systemd-networkd, where it runs, is told to let a bond's members be and to renew the bond's lease.

Without `KeepMaster` networkd takes a port out of a bond that it did not make; without DHCP on the bond nobody would
renew the lease of the address that moved there. The files live in /run and are gone with the boot.
"""

from __future__ import annotations

from pathlib import Path

from metalctl.model.run import BondSpec
from metalctl.node import tool

DIRECTORY = Path("/run/systemd/network")
_RUNNING = Path("/run/systemd/netif")

_MEMBERS = """[Match]
PermanentMACAddress={macs}

[Link]
RequiredForOnline=no

[Network]
KeepMaster=yes
LinkLocalAddressing=no
IPv6AcceptRA=no
"""

_BOND = """[Match]
Name={name}

[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
KeepConfiguration=static
"""

_LEASE = """DHCP=ipv4

[DHCPv4]
ClientIdentifier=mac
UseHostname=no
UseDomains=no
SendRelease=no
"""


def files(spec: BondSpec, *, lease: bool) -> dict[str, str]:
    """The network files of a bond; lease: its address came by DHCP, so it is renewed."""
    return {
        f"00-metalctl-{spec.name}-members.network": _MEMBERS.format(macs=" ".join(spec.members)),
        f"00-metalctl-{spec.name}.network": _BOND.format(name=spec.name) + (_LEASE if lease else ""),
    }


def tell(spec: BondSpec, *, lease: bool) -> None:
    """Write the files and have them read; nothing where networkd does not run."""
    if not _RUNNING.exists():
        return
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, text in files(spec, lease=lease).items():
        (DIRECTORY / name).write_text(text)
    _reload()


def forget(spec: BondSpec) -> None:
    there = [p for name in files(spec, lease=False) if (p := DIRECTORY / name).exists()]
    for path in there:
        path.unlink()
    if there:
        _reload()


def _reload() -> None:
    """Have the files read: over D-Bus, or by a restart (which keeps addresses and leases) where there is no D-Bus."""
    if tool.run(["networkctl", "reload"], 30).code != 0:
        tool.run(["systemctl", "restart", "systemd-networkd.service"], 60).require()
