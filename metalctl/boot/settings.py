"""Where and how the boot service runs: one value, checked when it is made."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from metalctl.boot.errors import BadScriptValue, BootError

_INTERFACE = re.compile(r"[A-Za-z0-9_.@-]{1,15}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LOADER = re.compile(r"[A-Za-z0-9._-]+")
# The file field of DHCP has 128 bytes with the NUL. With dhcp-no-override dnsmasq cuts what is longer, in silence.
LONGEST_FILE = 127
_LONGEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Host:
    """A fixed address. macs: every port of the node that may ask; they share the address, one at a time."""

    macs: tuple[str, ...]
    address: str
    name: str = ""

    def __post_init__(self) -> None:
        for mac in self.macs:
            _require(_MAC, "MAC address", mac)
        _require_address(self.address)
        if self.name:
            _require(_NAME, "host name", self.name)


@dataclass(frozen=True, slots=True)
class BootSettings:
    """The boot network.

    interface: the only one that DHCP and TFTP are served on. address: ours on it, in numbers (a ramdisk has no
    resolver). network: such as "172.31.0.0/24". http_port: 0 takes a free one.
    dhcp: "authoritative" (we give the addresses), "proxy" (the site's server does, we only add how to boot) or "off".
    first, last: the pool of addresses, the upper half of the network when empty. lease: seconds.
    ping: look whether an address is in use before offering it (costs a new machine up to 3 s; not needed in a lab).
    bios_loader, uefi_loader: file names in `loaders`. hosts: fixed addresses.
    no_router: tell loaders that there is no IPv6 router (see boot.advertise); False where there is one.
    """

    interface: str
    address: str
    network: str
    state_dir: Path
    http_port: int = 8080
    dhcp: str = "authoritative"
    first: str = ""
    last: str = ""
    lease: int = 12 * 3600
    router: str = ""
    ping: bool = True
    loaders: Path = Path("/usr/lib/ipxe")
    bios_loader: str = "undionly.kpxe"
    uefi_loader: str = "snponly.efi"
    hosts: tuple[Host, ...] = ()
    no_router: bool = True

    def __post_init__(self) -> None:
        _require(_INTERFACE, "interface", self.interface)
        _require(_LOADER, "BIOS loader", self.bios_loader)
        _require(_LOADER, "UEFI loader", self.uefi_loader)
        # Outside of the network dnsmasq gives no address, and says so in its log alone.
        given = (self.address, self.first, self.last, self.router, *(host.address for host in self.hosts))
        for address in filter(None, given):
            if _require_address(address) not in self.net:
                raise BootError(f"{address} is not in {self.network}", hint="state the network of the boot interface")
        if self.dhcp not in ("authoritative", "proxy", "off"):
            raise BootError(f"dhcp mode {self.dhcp!r} is not known", hint='use "authoritative", "proxy" or "off"')
        if self.dhcp != "off":
            require_short("bios_loader", self.bios_loader)
            require_short("uefi_loader", self.loader_url(f"http://{self.address}:{self.http_port or _LONGEST_PORT}"))

    def loader_url(self, base_url: str) -> str:
        """Where UEFI HTTP boot finds the loader: the longest name that DHCP has to carry."""
        return f"{base_url}/files/loader/{self.uefi_loader}"

    @property
    def net(self) -> ipaddress.IPv4Network:
        """The network as a value. Raises BootError."""
        try:
            return ipaddress.IPv4Network(self.network)
        except ValueError as wrong:
            raise BootError(f"network {self.network!r}: {wrong}", hint='write it like "172.31.0.0/24"') from None

    @property
    def pool(self) -> tuple[str, str]:
        """First and last address that may be given away."""
        top = int(self.net.broadcast_address)
        first = self.first or str(ipaddress.IPv4Address(top - self.net.num_addresses // 2 + 1))
        return first, self.last or str(ipaddress.IPv4Address(top - 1))


def _require(pattern: re.Pattern[str], field: str, value: str) -> None:
    if not pattern.fullmatch(value):
        raise BadScriptValue(field, value)


def require_short(field: str, name: str) -> None:
    """Raise BootError for a boot file name or URL that does not fit into a DHCP answer."""
    if len(name) > LONGEST_FILE:
        raise BootError(
            f"{field}: the boot file name {name[:60]}… has {len(name)} characters, a DHCP answer carries"
            f" {LONGEST_FILE}",
            hint="shorten the file name, or the URL in the site's own template under pxe/dnsmasq/",
            field=field,
        )


def _require_address(value: str) -> ipaddress.IPv4Address:
    try:
        return ipaddress.IPv4Address(value)
    except ValueError:
        raise BootError(f"{value!r} is not an IPv4 address", hint='write it in numbers, like "172.31.0.1"') from None
