"""The in-band inventory: `python3 -m metalctl.node inspect` prints it as JSON (metalctl.model.codec).

One collector a file, each a thin reader of a `Host` and pure parsers. What cannot be read is in `unreadable` with the
reason, never guessed; `sources` says where each part was read. Ports that are down are set up first, because only a
link has a speed; lldpd gets 33 s from its start to hear the switches. Without root it works too, with more facts
unreadable. Tools run: dmidecode and lldpcli once, ipmitool twice where there is a BMC, nvme four times an NVMe disk,
smartctl once a SATA or SAS disk; each has a deadline.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from metalctl.model.codec import encode
from metalctl.model.inventory import Inventory
from metalctl.node.inspect import (
    behind,
    bmc,
    bonds,
    controllers,
    cpu,
    disks,
    lldp,
    memory,
    nics,
    numa,
    pcie,
    power,
    sensors,
    settle,
    system,
    tpm,
    volumes,
)
from metalctl.node.inspect.host import Host, LocalHost

__all__ = ["Host", "LocalHost", "collect", "main"]

_LLDPD = ("/run/lldpd.socket", "/run/lldpd/lldpd.socket", "/var/run/lldpd.socket")


def collect(host: Host | None = None, *, change_links: bool = True, wait: bool = True) -> Inventory:
    """The inventory of this machine.

    change_links: ports that are down may be set up. wait: give udev, carriers and LLDP their time.
    """
    host = host or LocalHost()
    pending = settle.wait(host) if wait else ""
    if change_links:
        nics.bring_up(host, wait=6.0 if wait else 0.0)
    linked = [n for n in nics.physical(host) if host.text(f"/sys/class/net/{n}/carrier") == "1"]
    functions = pcie.functions(host)
    ports = nics.collect(host, lldp.collect(host, linked, _lldpd_age() if wait else None), functions)
    slots = {address.rpartition(".")[0]: f.slot for address, f in functions.items() if f.slot}
    found = disks.details(host, disks.collect(host), slots)
    storage, manager = controllers.judged(host, controllers.collect(host, functions)), bmc.collect(host)
    arrays = volumes.told(host, storage)
    found = behind.with_words(host, volumes.judged(host, found, arrays), storage)
    mode = system.boot_mode(host)
    return Inventory(
        source="in-band",
        identity=system.identity(host, ports),
        taken=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        boot_id=host.text("/proc/sys/kernel/random/boot_id", "boot_id"),
        boot_mode=mode,
        secure_boot=system.secure_boot(host, mode),
        os=system.os_kind(host),
        kernel=host.text("/proc/sys/kernel/osrelease"),
        cpu=settle.doubted(host, cpu.collect(host), pending),
        numa=numa.collect(host),
        memory=memory.collect(host),
        disks=found,
        volumes=volumes.collect(host, found, arrays),
        controllers=storage,
        nics=ports,
        bonds=bonds.collect(host),
        pcie=pcie.collect(host, functions),
        power_supplies=power.collect(host),
        sensors=sensors.collect(host),
        tpm=tpm.collect(host),
        manager=manager,
        firmware=system.firmware(host, ports, found, manager, storage),
        bmc_address=manager.address if manager else "",
        power="on",
        emulated=cpu.emulated(host),
        raid_disks=behind.collect(host, found, storage),
        # Evaluated last: everything above adds to them.
        unreadable=tuple(host.notes),
        sources=dict(sorted(host.sources.items())),
    )


def _lldpd_age() -> float | None:
    """Seconds since lldpd made its socket; None when it does not run."""
    for path in _LLDPD:
        try:
            return max(0.0, time.time() - Path(path).stat().st_mtime)
        except OSError:
            continue
    return None


def main(argv: Sequence[str]) -> int:
    """`inspect [--no-wait] [--keep-links]`: print the inventory as one JSON object."""
    unknown = sorted(set(argv) - {"--no-wait", "--keep-links"})
    if unknown:
        sys.stderr.write(f"inspect: unknown option {unknown[0]}; known: --no-wait, --keep-links\n")
        return 2
    taken = collect(change_links="--keep-links" not in argv and os.geteuid() == 0, wait="--no-wait" not in argv)
    sys.stdout.write(json.dumps(encode(taken)) + "\n")
    return 0
