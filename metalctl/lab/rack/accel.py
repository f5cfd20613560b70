"""Which accelerator the rack's nodes run under: KVM where a tiny VM really boots under it, TCG otherwise.

/dev/kvm may open, report its API and create a VM that then never gets anywhere, so it is believed only when UEFI
firmware and an EFI program have run under it within a deadline. What was found is kept until the host boots again, in
`$XDG_CACHE_HOME/metalctl/accelerator.json`. `METALCTL_LAB_ACCELERATOR=tcg` (or kvm) takes the choice away.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from metalctl.lab.errors import LabPrerequisiteError
from metalctl.lab.rack.domain import OVMF_CODE

DEADLINE = 20.0
"""Seconds; the same boot takes 4 s under TCG, which is several times slower than KVM."""
_PROGRAM = "/usr/lib/ipxe/ipxe.efi"
_SIGN = b"iPXE"


@dataclass(frozen=True)
class Accelerator:
    """`name` is "kvm" or "tcg"; `reason` says why."""

    name: str
    reason: str


def choose() -> Accelerator:
    """The accelerator for this host, probed at most once a boot."""
    forced = os.environ.get("METALCTL_LAB_ACCELERATOR")
    if forced:
        if forced not in ("kvm", "tcg"):
            raise LabPrerequisiteError(
                f"METALCTL_LAB_ACCELERATOR is {forced!r}", hint="set it to kvm or tcg, or unset it"
            )
        return Accelerator(forced, "set by METALCTL_LAB_ACCELERATOR")
    return _remembered() or _remember(probe())


def probe(device: Path = Path("/dev/kvm"), deadline: float = DEADLINE) -> Accelerator:
    """Boots the tiny VM under KVM; TCG where it does not get there in time."""
    if not device.exists():
        return Accelerator("tcg", f"{device} is not there")
    seconds = boots("kvm", deadline)
    if seconds is None:
        return Accelerator("tcg", f"{device} is there, but a tiny VM did not boot under it within {deadline:.0f} s")
    return Accelerator("kvm", f"a tiny VM booted under it in {seconds:.1f} s")


def boots(accelerator: str, deadline: float = DEADLINE) -> float | None:
    """Seconds that a tiny VM takes to run an EFI program under the accelerator, None where it does not."""
    with tempfile.TemporaryDirectory(prefix="metalctl-probe-") as scratch:
        console = Path(scratch) / "console"
        machine = subprocess.Popen(
            _command(accelerator, console),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            return _watch(machine, console, deadline)
        finally:
            machine.kill()
            machine.wait()


def _command(accelerator: str, console: Path) -> list[str]:
    return [
        *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-net", "none"),
        *("-machine", "q35", "-accel", accelerator, "-m", "256", "-serial", f"file:{console}"),
        *("-drive", f"if=pflash,format=raw,readonly=on,file={OVMF_CODE}", "-kernel", _PROGRAM),
    ]


def _watch(machine: subprocess.Popen[bytes], console: Path, deadline: float) -> float | None:
    began = time.monotonic()
    while machine.poll() is None and time.monotonic() - began < deadline:
        if console.exists() and _SIGN in console.read_bytes():
            return time.monotonic() - began
        time.sleep(0.1)
    return None


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "metalctl" / "accelerator.json"


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _remembered() -> Accelerator | None:
    try:
        kept = json.loads(_cache().read_text())
        return Accelerator(kept["name"], kept["reason"]) if kept["boot_id"] == _boot_id() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # unreadable: it is probed again


def _remember(found: Accelerator) -> Accelerator:
    _cache().parent.mkdir(parents=True, exist_ok=True)
    fresh = _cache().with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps({**asdict(found), "boot_id": _boot_id()}))
    fresh.replace(_cache())
    return found
