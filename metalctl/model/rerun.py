"""Which checks must run again when a part, or one fact of it, has changed: a table.

`checks_for` gives names of files in checks/; the engine runs those of them that the node's profile asks for. The
longest fact that fits decides; an empty line, such as that of a power supply, says that no check covers the part.
"""

from __future__ import annotations

_MEMORY = ("dimms", "memory", "memory-stress")
_PROCESSOR = ("virtualization", "kvm-guest", "memory", "cpu-stress", "cpu-results", "memory-stress")
_LATENCY = ("disk-fio", "etcd-fdatasync", "wal-fsync")
_HEALTH = ("disk-health",)
_NVME = ("nvme-health", *_HEALTH, "nvme-randread", "nvme-seqread", *_LATENCY)
_HDD = (*_HEALTH, "hdd-randread", "hdd-seqread", "disk-fio")
_DISKS = tuple(dict.fromkeys((*_NVME, *_HDD)))
_NETWORK = ("link-speed", "iperf3", "bond", "mtu")

# (part kind, fact or "" for the whole part) → checks. A disk's kind is its own: "disk nvme".
RERUN: dict[tuple[str, str], tuple[str, ...]] = {
    ("package", ""): _PROCESSOR,
    ("dimm", ""): _MEMORY,
    ("numa node", ""): _MEMORY,
    ("disk nvme", ""): _NVME,
    ("disk nvme", "health"): ("nvme-health", *_HEALTH),
    ("disk hdd", "health"): _HEALTH,
    ("disk ssd", "health"): _HEALTH,
    ("disk volume", "health"): _HEALTH,
    ("raid disk", "health"): _HEALTH,
    ("disk hdd", ""): _HDD,
    ("disk ssd", ""): (*_HEALTH, *_LATENCY),
    ("disk unknown", ""): _DISKS,
    ("nic", ""): _NETWORK,
    ("nic", "numa_node"): ("iperf3",),
    ("bond", ""): ("bond", "mtu", "iperf3"),
    ("controller", ""): _DISKS,
    ("volume", ""): _DISKS,
    ("disk volume", ""): _DISKS,
    ("raid disk", ""): _DISKS,
    ("pcie device", ""): (),  # ports and disks are looked at as such; for other devices there is no check
    ("power supply", ""): (),
    ("sensor", ""): (),
    ("firmware bios", ""): tuple(dict.fromkeys((*_MEMORY, *_PROCESSOR, *_NETWORK, *_DISKS))),
    ("firmware bmc", ""): (),
    ("firmware", ""): (),
    ("machine", ""): (),
    ("machine", "cpu"): _PROCESSOR,
    ("machine", "memory"): _MEMORY,
    ("machine", "settings"): (*_MEMORY, *_PROCESSOR),
    ("machine", "boot_mode"): ("virtualization",),
    ("machine", "secure_boot"): ("virtualization", "kvm-guest"),
}


def checks_for(kind: str, fact: str = "") -> tuple[str, ...]:
    """The checks of a change. kind: as in metalctl.model.parts, "disk" and "firmware" told closer; fact: dotted."""
    while True:
        if (kind, fact) in RERUN:
            return RERUN[kind, fact]
        if not fact:
            return RERUN.get((kind.split(" ")[0], ""), ()) if " " in kind else ()
        fact = fact.rpartition(".")[0]
