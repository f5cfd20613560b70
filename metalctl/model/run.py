"""What the controller asks of the runner on a node, and the journal that the runner writes.

The journal is JSON lines, append-only and fsynced, one `Entry` a line, at RUN_DIR/<run_id>/journal.jsonl on the node.
The controller tails it by byte offset. A run is complete only when an entry `run-finished` (or `error`) was read.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from typing import Any

from metalctl.model.inventory import LogEntry
from metalctl.model.watch import Watch

RUN_DIR = "/var/lib/metalctl/runs"
BUNDLE_DIR = "/opt/metalctl"
# Seconds after which a run that has nothing to tell calls all the same.
BEAT = 120.0


@dataclass(frozen=True, slots=True)
class BondSpec:
    """A bond to make or to check: member ports by permanent MAC, lower case."""

    name: str
    members: tuple[str, ...]
    mode: str = "802.3ad"
    mtu: int = 1500
    lacp_rate: str = "fast"
    hash_policy: str = "layer3+4"
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a paired check. side: of this node, "server" or "client"; address, port: where the server
    listens. client: the client's address, by which the server knows its peer among all who call; "" when not known.
    """

    node: str
    side: str
    address: str
    port: int = 5201
    client: str = ""

    @property
    def other(self) -> str:
        """The address of the other end."""
        return self.client if self.side == "server" else self.address


@dataclass(frozen=True, slots=True)
class Armed:
    """Leave to destroy what is on one disk: by serial and size (bytes), for one action, until `expires`.

    expires: seconds of the node's boot (CLOCK_BOOTTIME): wall clocks step. The rest is the disk as it was looked at
    (metalctl.node.hygiene), and holds within that boot only: number is the kernel's device number ("8:0"), diskseq the
    kernel's count of media that came ("" before Linux 5.15), boot_id the boot. "" for wwn and diskseq: the disk and the
    kernel stated none.
    """

    serial: str
    size: int
    action: str
    enrollment: str
    expires: float
    wwn: str = ""
    number: str = ""
    diskseq: str = ""
    boot_id: str = ""


@dataclass(frozen=True, slots=True)
class Herald:
    """Where a run says that its journal grew, and the key (hex) of this run alone with which it signs that."""

    url: str
    key: str


@dataclass(frozen=True, slots=True)
class News:
    """One call of a run: the number of its journal's last entry, and of the call itself; both only ever grow."""

    run: str
    seq: int
    call: int
    signature: str = ""

    def signed(self, key: str) -> News:
        """With what proves that the run made it: HMAC-SHA256 in hex."""
        text = f"{self.run} {self.seq} {self.call}".encode()
        return replace(self, signature=hmac.new(bytes.fromhex(key), text, hashlib.sha256).hexdigest())


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run of checks. kind: "burn-in", "accept" or "peer". checks: name → limits in base units.

    roles: disk role → serials. boot_id: the boot that this run belongs to. errors: what the profile asks of error
    counters, None when no profile says. bmc_log: the BMC's event log as it was read from outside before the run.
    herald: None for a run that tells nobody.
    """

    run_id: str
    node: str
    kind: str
    level: str
    checks: dict[str, dict[str, float | str | bool]]
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bonds: tuple[BondSpec, ...] = ()
    peer: Peer | None = None
    armed: tuple[Armed, ...] = ()
    boot_id: str = ""
    herald: Herald | None = None
    errors: Watch | None = None
    bmc_log: tuple[LogEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class InstallSpec:
    """One installation: which disk (by serial and size, never by kernel name), which image, which seed.

    base_url: where the manifest's stream file is served. manifest: the image's manifest.json as data.
    seed: file name → text of the NoCloud seed. armed: leave to write that disk.
    """

    run_id: str
    node: str
    enrollment: str
    disk_serial: str
    disk_size: int
    base_url: str
    manifest: dict[str, Any]
    seed: dict[str, str]
    armed: Armed
    boot_id: str = ""
    herald: Herald | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal line.

    event: "run-started", "check-started", "check-finished" (data: {"result": CheckResult}), "progress" (data: {"what",
    "done", "total"}), "note", "run-finished" (data: {"verdict", ...}), "error" (data: {"message", "hint"}).
    time: ISO 8601 UTC. seq counts from 0 without gaps.
    """

    seq: int
    time: str
    boot_id: str
    event: str
    data: dict[str, Any] = field(default_factory=dict)
