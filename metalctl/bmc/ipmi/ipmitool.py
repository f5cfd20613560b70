"""The fallback: Debian's ipmitool, for BMCs whose session pyghmi does not get established.

Each run of it is a session of its own, so what takes many requests is done by its own dumps, or many in one run. The
password goes through the environment of the child (IPMI_PASSWORD with -E), never in an argument.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError, Unreachable, Unsupported
from metalctl.bmc.ipmi import walk
from metalctl.bmc.ipmi.client import LONG
from metalctl.bmc.ipmi.commands import Commands, told
from metalctl.bmc.ipmi.errors import CompletionCode, failure


class Ipmitool(Commands):
    """The same requests as the worker answers. Made only when `available()`."""

    def __init__(self, endpoint: Endpoint, address: str, credential: Credential, timeout: float) -> None:
        self._endpoint = endpoint
        self._credential = credential
        self._timeout = timeout
        self._argv = ["ipmitool", "-I", "lanplus", "-H", address, "-p", str(endpoint.effective_port)]
        self._argv += ["-U", credential.username, "-E", "-N", "2", "-R", "2"]

    def ask(self, do: str, **arguments: Any) -> Any:
        """See Commands for the names, arguments and values; raises errors of the room."""
        try:
            return getattr(self, do)(**arguments)
        except CompletionCode as refused:
            raise failure(self._endpoint, str(refused), refused.unsupported) from None

    def close(self) -> None:
        """Nothing is kept open."""

    def raw(self, netfn: int, command: int, data: bytes = b"") -> bytes:
        return bytes.fromhex(self._run("raw", *(f"0x{b:02x}" for b in (netfn, command, *data))))

    def power(self) -> str:
        """See Commands. It is the first request: with -v a refused password is told from a BMC that is not there."""
        return "on" if "is on" in self._run("-v", "chassis", "power", "status") else "off"

    def fru(self, fru_id: int = 0) -> str:
        return self._dumped("fru", "read", str(fru_id)).hex()

    def sdr(self) -> dict[str, Any]:
        """See Commands. The tool leaves records out that it cannot read: they are missed by their number."""
        found = split_sdr(self._dumped("sdr", "dump"))
        return told(found, walk.missed(len(found), walk.stated(self.patient), "SDR repository"))

    def sel(self, most: int) -> dict[str, Any]:
        """See Commands. As for `sdr`."""
        count = self.sel_count()
        data = self._dumped("sel", "writeraw") if count else b""
        found = [data[at : at + 16] for at in range(0, len(data) - 15, 16)]
        return told(found[-most:], walk.missed(len(found), count, "event log"))

    def readings(self, numbers: list[int]) -> list[str | int | None]:
        """See Commands. Many in one run; where one is refused its line is missing, so the run is halved to find it."""
        if not numbers:
            return []
        with tempfile.TemporaryDirectory(prefix="metalctl-") as folder:
            script = Path(folder, "commands")
            script.write_text("".join(f"raw 0x04 0x2d 0x{number:02x}\n" for number in numbers))
            try:
                lines = self._run("exec", str(script)).split("\n")
            except (CompletionCode, BadAnswer, Unsupported):
                lines = []
        found = [bytes.fromhex(line).hex() for line in lines if line.strip()]
        if len(found) == len(numbers):
            return list(found)
        if len(numbers) == 1:
            return super().readings(numbers)  # which tells why
        half = len(numbers) // 2
        return [*self.readings(numbers[:half]), *self.readings(numbers[half:])]

    def _dumped(self, *command: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="metalctl-") as folder:
            file = Path(folder, "dump")
            self._run(*command, str(file))
            return file.read_bytes() if file.exists() else b""

    def _run(self, *command: str) -> str:
        name = str(self._endpoint)
        limit = max(self._timeout, LONG.get("readings" if command[0] == "exec" else command[0], 0.0))
        try:
            done = subprocess.run(
                [*self._argv, *command],
                env={**os.environ, "IPMI_PASSWORD": self._credential.password, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unreachable(f"{name} did not answer ipmitool within {limit:g} s") from None
        if done.returncode:
            raise self._failure(" ".join((done.stderr or done.stdout).split())[-300:])
        return done.stdout

    def _failure(self, said: str) -> BmcError | CompletionCode:
        name = str(self._endpoint)
        if code := re.search(r"rsp=0x([0-9a-f]{1,2})\b", said):
            return CompletionCode(int(code[1], 16), said)
        if re.search(
            r"RAKP 2 HMAC is invalid|unauthorized name|password invalid|insufficient privilege", said, re.IGNORECASE
        ):
            return lockout.refused(self._endpoint, self._credential, said)
        if "Unable to establish" in said:
            return Unreachable(f"{name}: {said}", hint="enable IPMI over LAN for that user")
        unknown = re.search(r"invalid command|not supported|invalid data field", said, re.IGNORECASE)
        return failure(self._endpoint, said, unknown is not None)


def available() -> bool:
    """Whether ipmitool is installed here."""
    return shutil.which("ipmitool") is not None


def split_sdr(data: bytes) -> list[bytes]:
    """The records of `sdr dump`: each has its length in its fifth byte. What is cut off at the end is left out."""
    found, at = [], 0
    while at + 5 <= len(data) and at + 5 + data[at + 4] <= len(data):
        found.append(data[at : at + 5 + data[at + 4]])
        at += 5 + data[at + 4]
    return found
