"""The journal of a simulated run, its signed calls, and the results that it makes up: all PASS."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from metalctl.lab.fleet.machines.files import Files
from metalctl.model.codec import encode
from metalctl.model.inventory import Inventory
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.run import RUN_DIR, Entry, Herald, News, RunSpec
from metalctl.model.verdict import Verdict

Send = Callable[[str, bytes], Awaitable[bool]]
# What each check runs on; the others run on the whole machine.
_ON = {
    "bond": "bond",
    "disk-health": "disk",
    "hdd-randread": "hdd",
    "hdd-seqread": "hdd",
    "link-speed": "nic",
    "nvme-health": "nvme",
    "nvme-randread": "nvme",
    "nvme-seqread": "nvme",
    "wal-fsync": "wal",
}


class Journal:
    """One run's, in the files of its machine."""

    def __init__(self, files: Files, run_id: str, boot_id: str, herald: Herald | None, send: Send) -> None:
        self.path = f"{RUN_DIR}/{run_id}/journal.jsonl"
        self._files, self._run, self._boot_id, self._herald, self._send = files, run_id, boot_id, herald, send
        self._seq = self._calls = 0
        files.put(self.path)

    def write(self, event: str, **data: Any) -> None:
        entry = Entry(self._seq, now(), self._boot_id, event, encode(data))
        self._files.append(self.path, json.dumps(encode(entry), separators=(",", ":")).encode() + b"\n")
        self._seq += 1

    async def tell(self) -> None:
        """Say how far the journal is. A call that fails is not made again before the next."""
        if self._herald is not None:
            self._calls += 1
            news = News(self._run, self._seq - 1, self._calls).signed(self._herald.key)
            await self._send(self._herald.url, json.dumps(encode(news)).encode())


def now() -> str:
    """ISO 8601 UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def results(spec: RunSpec, inventory: Inventory) -> Iterator[CheckResult]:
    """What each check that was asked comes to, part by part."""
    for name, limits in spec.checks.items():
        for part in _parts(name, spec, inventory):
            measured = tuple(_measurement(key, limit) for key, limit in limits.items() if key[:4] in ("min_", "max_"))
            yield CheckResult(
                name,
                Verdict.PASS if part is not None else Verdict.SKIP,
                part or "",
                reason="" if part is not None else "the machine has no such part",
                measurements=measured if part is not None else (),
                started=now(),
                boot_id=spec.boot_id,
            )


def _parts(name: str, spec: RunSpec, inventory: Inventory) -> list[str | None]:
    kind = _ON.get(name)
    if kind is None:
        return [""]
    if kind == "bond":
        found = [f"bond {bond.name}" for bond in spec.bonds]
    elif kind == "nic":
        found = [nic.label for nic in inventory.nics]
    elif kind == "wal":
        found = [d.label for d in inventory.disks if d.key in spec.roles.get("wal", ())]
    else:
        found = [d.label for d in inventory.disks if kind in ("disk", d.kind)]
    return list(found) or [None]


def _measurement(key: str, limit: float | str | bool) -> Measurement:
    """A value a little better than its limit; base units are not told in a run's order."""
    bound = float(limit) if isinstance(limit, (int, float)) else 0.0
    if key.startswith("min_"):
        return Measurement(key[4:], bound * 1.2, at_least=bound)
    return Measurement(key[4:], bound * 0.8, at_most=bound)
