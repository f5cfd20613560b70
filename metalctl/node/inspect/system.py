"""The machine itself: identity (DMI type 1, permanent MACs), firmware, boot mode, Secure Boot, the BMC's address,
which OS."""

from __future__ import annotations

import re
from collections.abc import Iterable

from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Firmware, Nic
from metalctl.node.inspect.host import Host

_DMI = "/sys/class/dmi/id"
_EFI = "/sys/firmware/efi"
_SECURE_BOOT = f"{_EFI}/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_IPMI = ("/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0")
_BMC_ADDRESS = re.compile(r"^IP Address\s*:\s*(\S+)", re.MULTILINE)
_BMC_FIRMWARE = re.compile(r"^Firmware Revision\s*:\s*(\S+)", re.MULTILINE)


def identity(host: Host, nics: Iterable[Nic]) -> Identity:
    """Who this machine says it is; serial and UUID need root."""
    extra = {k: host.text(f"{_DMI}/{k}") for k in ("board_serial", "board_name", "chassis_asset_tag", "product_sku")}
    return Identity(
        serial=host.text(f"{_DMI}/product_serial", "identity.serial"),
        uuid=host.text(f"{_DMI}/product_uuid", "identity.uuid").lower(),
        macs=tuple(sorted(n.mac for n in nics)),
        manufacturer=host.text(f"{_DMI}/sys_vendor"),
        product=host.text(f"{_DMI}/product_name"),
        chassis_serial=host.text(f"{_DMI}/chassis_serial"),
        extra={k: v for k, v in extra.items() if v},
    )


def firmware(host: Host, nics: Iterable[Nic], disks: Iterable[Disk]) -> tuple[Firmware, ...]:
    """BIOS, BMC, ports and disks, as far as each states a version."""
    found = []
    if version := host.text(f"{_DMI}/bios_version", "firmware.bios"):
        vendor, date = host.text(f"{_DMI}/bios_vendor"), host.text(f"{_DMI}/bios_date")
        found.append(Firmware("bios", version, vendor, date))
    if has_ipmi(host) and (bmc := _BMC_FIRMWARE.search(host.tool("ipmitool", "mc", "info", fact="firmware.bmc"))):
        found.append(Firmware("bmc", bmc.group(1)))
    found += [Firmware(f"nic {n.name}", n.firmware) for n in nics if n.firmware]
    found += [Firmware(f"{d.kind} {d.serial or d.name}", d.firmware) for d in disks if d.firmware]
    return tuple(found)


def has_ipmi(host: Host) -> bool:
    """Whether the BMC can be asked from inside."""
    return any(host.exists(path) for path in _IPMI)


def bmc_address(host: Host) -> str:
    """The BMC's IPv4 address as seen in-band, "" without IPMI device or address."""
    if not has_ipmi(host):
        host.unreadable("bmc_address", "there is no IPMI device (/dev/ipmi0)")
        return ""
    match = _BMC_ADDRESS.search(host.tool("ipmitool", "lan", "print", fact="bmc_address"))
    return match.group(1) if match and match.group(1) != "0.0.0.0" else ""  # noqa: S104 - "no address", nothing is bound


def boot_mode(host: Host) -> str:
    """ "uefi", "bios", or "" on a machine that has no such firmware."""
    if host.exists(_EFI):
        return "uefi"
    if host.exists(f"{_DMI}/bios_vendor") or host.exists(f"{_DMI}/bios_version"):
        return "bios"
    host.unreadable("boot_mode", "the machine shows neither EFI nor a BIOS")
    return ""


def secure_boot(host: Host, mode: str) -> bool | None:
    """Whether Secure Boot is enforced; None when it cannot be told. With a legacy BIOS there is none."""
    if mode != "uefi":
        return False if mode == "bios" else None
    # Four bytes of attributes, then the value.
    value = host.data(_SECURE_BOOT)
    return value[4] == 1 if len(value) > 4 else False if host.names(f"{_EFI}/efivars") else None


def os_kind(host: Host) -> str:
    """ "ramdisk" in a live system, else "installed"."""
    live = "boot=live" in host.text("/proc/cmdline").split() or host.exists("/run/live")
    return "ramdisk" if live else "installed"
