"""The trusted platform module: /sys/class/tpm, or else the firmware's ACPI table that announces one."""

from __future__ import annotations

import re

from metalctl.model.inventory import Tpm
from metalctl.node.inspect.host import Host

_TPM, _ACPI = "/sys/class/tpm", "/sys/firmware/acpi/tables"
_ANNOUNCED = {"TPM2": "2.0", "TCPA": "1.2"}
_VERSIONS = {"2": "2.0", "1": "1.2"}
_MANUFACTURER = re.compile(r"Manufacturer:\s*0x([0-9a-fA-F]{8})")


def collect(host: Host) -> Tpm | None:
    """The first module; present is False when neither driver nor firmware knows one, None unread."""
    names = [n for n in host.names(_TPM) if re.fullmatch(r"tpm\d+", n)]
    if names:
        base = f"{_TPM}/{names[0]}"
        host.source("tpm", base)
        return Tpm(True, version(host, base), vendor(host.text(f"{base}/caps") or host.text(f"{base}/device/caps")))
    tables = host.names(_ACPI)
    if announced := [v for name, v in _ANNOUNCED.items() if name in tables]:
        host.unreadable("tpm.vendor", f"the firmware announces a TPM, and {_TPM} has no driver for it")
        host.source("tpm", _ACPI)
        return Tpm(True, announced[0])
    if not tables:
        host.unreadable("tpm", f"neither {_TPM} nor {_ACPI} can be read")
        return None
    host.source("tpm", f"{_TPM}, {_ACPI}")
    return Tpm(False)


def version(host: Host, base: str) -> str:
    """ "2.0", "1.2" or "" when the kernel does not state it."""
    stated = _VERSIONS.get(host.text(f"{base}/tpm_version_major"), "")
    # Kernels before 5.6 have no such file; only a 1.2 module has capabilities there.
    return stated or ("1.2" if _MANUFACTURER.search(host.text(f"{base}/device/caps")) else "")


def vendor(caps: str) -> str:
    """The maker's four letters of a 1.2 module's capabilities; "" for anything else."""
    match = _MANUFACTURER.search(caps)
    letters = bytes.fromhex(match.group(1)).decode("ascii", errors="replace").strip(" \0") if match else ""
    return letters if letters.isprintable() else ""
