"""The machine itself: identity (DMI type 1, permanent MACs), firmware, boot mode, Secure Boot, which OS."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from metalctl.model import placeholders
from metalctl.model.identity import Identity
from metalctl.model.inventory import Controller, Disk, Firmware, Manager, Nic
from metalctl.node.inspect.host import Host

_DMI = "/sys/class/dmi/id"
_MEANS: dict[str, Callable[[str], str]] = {
    "product_uuid": placeholders.uuid,
    "sys_vendor": placeholders.text,
    "product_name": placeholders.text,
    "board_name": placeholders.text,
}
_EFI = "/sys/firmware/efi"
_SECURE_BOOT = f"{_EFI}/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


def identity(host: Host, nics: Iterable[Nic]) -> Identity:
    """Who this machine says it is; serial and UUID need root."""
    if host.names(_DMI):
        host.source("identity", _DMI)
    extra = {k: _stated(host, k) for k in ("board_serial", "board_name", "chassis_asset_tag", "product_sku")}
    return Identity(
        serial=_stated(host, "product_serial", "identity.serial"),
        uuid=_stated(host, "product_uuid", "identity.uuid"),
        macs=tuple(sorted(mac for n in nics if (mac := placeholders.mac(n.mac)))),
        manufacturer=_stated(host, "sys_vendor"),
        product=_stated(host, "product_name"),
        chassis_serial=_stated(host, "chassis_serial"),
        extra={k: v for k, v in extra.items() if v},
    )


def _stated(host: Host, name: str, fact: str = "") -> str:
    """What the table says under a name, "" for what nobody filled in; `fact`, when given, is then unreadable."""
    told = host.text(f"{_DMI}/{name}", fact)
    said = _MEANS.get(name, placeholders.number)(told)
    if told and not said and fact:
        host.unreadable(fact, f"{_DMI}/{name} says {told[:60]!r}, which nobody burned in")
    return said


def firmware(
    host: Host,
    nics: Iterable[Nic],
    disks: Iterable[Disk],
    manager: Manager | None = None,
    controllers: Iterable[Controller] = (),
) -> tuple[Firmware, ...]:
    """BIOS, BMC, controllers, ports and disks, as far as each states a version."""
    found = _bios(host)
    if manager and manager.firmware:
        found.append(Firmware("bmc", manager.firmware))
    found += [Firmware(f"controller {c.pci or c.name}", c.firmware) for c in controllers if c.firmware]
    found += [Firmware(f"nic {n.name}", n.firmware) for n in nics if n.firmware]
    found += [Firmware(f"{d.kind} {d.serial or d.name}", d.firmware) for d in disks if d.firmware]
    return tuple(found)


def _bios(host: Host) -> list[Firmware]:
    version = host.text(f"{_DMI}/bios_version", "firmware.bios")
    if not version:
        return []
    release = host.text(f"{_DMI}/bios_release")
    if "." not in version and release and release != "255.255":
        version = f"{version} v{release}"  # HPE's version is the family alone, such as "A43"
    host.source("firmware.bios", _DMI)
    return [Firmware("bios", version, host.text(f"{_DMI}/bios_vendor"), host.text(f"{_DMI}/bios_date"))]


def boot_mode(host: Host) -> str:
    """ "uefi", "bios", or "" on a machine that has no such firmware."""
    if host.exists(_EFI):
        host.source("boot_mode", _EFI)
        return "uefi"
    if host.exists(f"{_DMI}/bios_vendor") or host.exists(f"{_DMI}/bios_version"):
        host.source("boot_mode", f"{_DMI}, without {_EFI}")
        return "bios"
    host.unreadable("boot_mode", "the machine shows neither EFI nor a BIOS")
    return ""


def secure_boot(host: Host, mode: str) -> bool | None:
    """Whether Secure Boot is enforced; None when it cannot be told. With a legacy BIOS there is none."""
    if mode != "uefi":
        return False if mode == "bios" else None
    # Four bytes of attributes, then the value.
    value = host.data(_SECURE_BOOT)
    if len(value) > 4:
        host.source("secure_boot", _SECURE_BOOT)
        return value[4] == 1
    if host.names(f"{_EFI}/efivars"):
        return False
    host.unreadable("secure_boot", f"{_EFI}/efivars is not mounted or not readable")
    return None


def os_kind(host: Host) -> str:
    """ "ramdisk" in a live system, else "installed"."""
    live = "boot=live" in host.text("/proc/cmdline").split() or host.exists("/run/live")
    return "ramdisk" if live else "installed"
