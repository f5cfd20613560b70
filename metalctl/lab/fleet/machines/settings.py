"""How the simulated machines behave: whom they ask for a boot script, and how long everything takes."""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.lab.bmc.settings import loopback

TIMES = ("firmware", "ramdisk", "disk", "check", "install")


@dataclass(frozen=True, slots=True)
class MachineSettings:
    """boot_url: of the boot service, "http://127.0.0.1:8080". base: address of the first machine, in 127.0.0.0/8.

    Seconds: firmware (power-on to the boot script), ramdisk (script to phone-home), disk (power-on to the phone-home of
    the installed system), check (a whole run of checks), install. jitter: share by which each varies. ssh_port: 22, but
    for a test that may not have that.
    """

    boot_url: str
    base: str = "127.78.0.1"
    firmware: float = 1.0
    ramdisk: float = 1.0
    disk: float = 1.0
    check: float = 2.0
    install: float = 2.0
    jitter: float = 0.1
    ssh_port: int = 22

    def addresses(self, count: int) -> list[str]:
        """One a machine, ascending; raises FleetError outside 127.0.0.0/8."""
        return loopback(self.base, count, "machines")
