"""What the boot service is told about a machine, and what a booted system tells it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BootIntent:
    """What the next network boot of a node shall do.

    action: "ramdisk" (boot the live system), "local" (boot from disk), "wait" (stay in the loader and ask again).
    token: fresh one-time token to put on the kernel command line (only its hash is remembered), "" unless ramdisk.
    """

    node: str
    action: str
    token: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PhoneHome:
    """A booted system's report. kind: "ramdisk" or "installed". ssh_host_keys: lines as in *.pub files."""

    token: str
    node: str
    kind: str
    boot_id: str
    uuid: str = ""
    serial: str = ""
    macs: tuple[str, ...] = ()
    address: str = ""
    ssh_host_keys: tuple[str, ...] = ()
    root_disk_serial: str = ""
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to a phone-home: who may log in. time: the controller's clock, epoch seconds, for the ramdisk's."""

    authorized_keys: tuple[str, ...]
    hostname: str
    time: float = 0.0
