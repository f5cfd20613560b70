"""Whether a port can be had, and who has it: read from /proc/net and /proc/*/fd of this network namespace."""

from __future__ import annotations

import errno
import re
import socket
from pathlib import Path

from metalctl.boot.errors import BootError, PortTaken

_LISTEN = "0A"


def require_udp(port: int, address: str, interface: str) -> None:
    """Raise PortTaken unless UDP `port` is free on that interface and address ("" for any).

    dnsmasq itself would not notice: it lets several of its kind share the DHCP port.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            if not address:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
            trial.bind((address, port))
        except OSError as failed:
            raise explain(failed, "udp", address or interface, port, interface) from None


def listen_tcp(address: str, port: int) -> socket.socket:
    """A listening socket. Raises PortTaken, or BootError when the address is not ours or we may not."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(512)
    except OSError as failed:
        listener.close()
        raise explain(failed, "tcp", address, port) from None
    return listener


def explain(failed: OSError, protocol: str, address: str, port: int, interface: str = "") -> BootError:
    """The error of a bind() as a person understands it."""
    match failed.errno:
        case errno.EADDRINUSE:
            return PortTaken(protocol.upper(), address, port, holder(protocol, port))
        case errno.EADDRNOTAVAIL:
            return BootError(f"no interface has the address {address}", hint="ip -brief address shows what there is")
        case errno.ENODEV:
            return BootError(f"there is no interface {interface}", hint="ip -brief link shows what there is")
        case errno.EACCES | errno.EPERM:
            return BootError(f"not allowed to listen on {protocol.upper()} port {port}", hint="run metalctl as root")
    return BootError(f"cannot listen on {address} {protocol.upper()} port {port}: {failed.strerror}")


def holder(protocol: str, port: int) -> str:
    """Who has the port, as "dnsmasq (pid 123)", several joined by commas; "" when it cannot be told."""
    wanted = {f"socket:[{inode}]" for inode in inodes(Path(f"/proc/net/{protocol}").read_text(), protocol, port)}
    found = [f"{_name(process)} (pid {process.name})" for process in _processes() if wanted & _sockets(process)]
    return ", ".join(found)


def inodes(table: str, protocol: str, port: int) -> set[str]:
    """The inodes of the sockets on that local port in the text of /proc/net/udp or /proc/net/tcp."""
    rows = (line.split() for line in table.splitlines()[1:])
    return {
        row[9]
        for row in rows
        if len(row) > 9 and int(row[1].rpartition(":")[2], 16) == port and (protocol == "udp" or row[3] == _LISTEN)
    }


def _processes() -> list[Path]:
    return [path for path in Path("/proc").iterdir() if re.fullmatch(r"\d+", path.name)]


def _sockets(process: Path) -> set[str]:
    try:
        links = list((process / "fd").iterdir())
    except OSError:  # it ended meanwhile, or is not ours to look at
        return set()
    return {target for link in links if (target := _target(link))}


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # closed since it was listed
        return ""


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a process that just ended"
