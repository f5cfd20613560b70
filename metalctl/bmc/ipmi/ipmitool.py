"""The fallback: Debian's ipmitool, for BMCs whose session pyghmi does not get established. Power, boot device, FRU and
GUID.

The password goes through the environment of the child (IPMI_PASSWORD with -E), never in an argument.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import Any

from metalctl.bmc import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError, Unreachable, Unsupported

_FIELD = re.compile(r"^\s*([^:]+?)\s*:\s*(.*?)\s*$", re.MULTILINE)
_BOOT = {"pxe": "network", "hard-drive": "hd", "no override": "default"}


class Ipmitool:
    """The same requests as the worker answers, one ipmitool each. Made only when `available()`."""

    def __init__(self, endpoint: Endpoint, address: str, credential: Credential, timeout: float) -> None:
        self._endpoint = endpoint
        self._credential = credential
        self._timeout = timeout
        self._argv = ["ipmitool", "-I", "lanplus", "-H", address, "-p", str(endpoint.effective_port)]
        self._argv += ["-U", credential.username, "-E", "-N", "2", "-R", "2"]

    def ask(self, do: str, **arguments: Any) -> Any:
        """See worker.Session for the names, arguments and values."""
        work = getattr(self, f"_{do}")
        return work(**arguments)

    def close(self) -> None:
        """Nothing is kept open."""

    def _power(self) -> str:
        return "on" if "is on" in self._run("-v", "chassis", "power", "status") else "off"

    def _set_power(self, action: str) -> None:
        self._run("chassis", "power", action)

    def _boot(self) -> dict[str, Any]:
        return parse_boot(self._run("chassis", "bootparam", "get", "5"))

    def _set_boot(self, device: str, persistent: bool, uefi: bool) -> None:
        options = [o for o, on in (("persistent", persistent), ("efiboot", uefi)) if on]
        name = {"network": "pxe", "hd": "disk"}[device]
        self._run("chassis", "bootdev", name, *([f"options={','.join(options)}"] if options else []))

    def _device(self) -> dict[str, Any]:
        found = fields(self._run("mc", "info"))
        numbers = {"device_id": "Device ID", "manufacturer_id": "Manufacturer ID", "product_id": "Product ID"}
        known = {
            key: int(match[0]) for key, name in numbers.items() if (match := re.findall(r"^\d+", found.get(name, "")))
        }
        return {**known, "firmware_version": found.get("Firmware Revision", "")}

    def _guid(self) -> str:
        return fields(self._run("mc", "guid")).get("System GUID", "").lower()

    def _fru(self) -> dict[str, str]:
        return fields(self._run("fru", "print", "0"))

    def _run(self, *command: str) -> str:
        name = str(self._endpoint)
        try:
            done = subprocess.run(
                [*self._argv, *command],
                env={**os.environ, "IPMI_PASSWORD": self._credential.password, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unreachable(
                f"{name} did not answer ipmitool within {self._timeout:g} s",
                hint="is the BMC up, and the network?",
                bmc=name,
            ) from None
        if done.returncode:
            raise self._failure(" ".join((done.stderr or done.stdout).split())[-300:])
        return done.stdout

    def _failure(self, said: str) -> BmcError:
        name = str(self._endpoint)
        if re.search(
            r"RAKP 2 HMAC is invalid|unauthorized name|password invalid|insufficient privilege", said, re.IGNORECASE
        ):
            return lockout.refused(self._endpoint, self._credential, said)
        if "Unable to establish" in said:
            return Unreachable(f"{name}: {said}", hint="is IPMI over LAN enabled for that user?", bmc=name)
        if re.search(r"invalid command|not supported|invalid data field", said, re.IGNORECASE):
            return Unsupported(f"{name} does not know that command", hint="try Redfish, or a newer firmware", bmc=name)
        return BadAnswer(f"{name}: {said}", hint="see the BMC's event log; a reset may mend it", bmc=name)


def available() -> bool:
    """Whether ipmitool is installed here."""
    return shutil.which("ipmitool") is not None


def fields(text: str) -> dict[str, str]:
    """`Name : value` lines, the first of each name."""
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        found.setdefault(name, value)
    return found


def parse_boot(text: str) -> dict[str, Any]:
    """The boot flags that `chassis bootparam get 5` prints."""
    selector = re.search(r"Boot Device Selector\s*:\s*(.+)", text)
    device = selector.group(1).strip().lower().removeprefix("force ") if selector else "no override"
    valid = "Boot Flag Valid" in text
    return {
        "device": next((ours for theirs, ours in _BOOT.items() if theirs in device), device) if valid else "default",
        "persistent": "Options apply to all future boots" in text,
        "uefi": "BIOS EFI boot" in text,
    }
