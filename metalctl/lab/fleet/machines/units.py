"""What a machine runs detached: checks, an installation, bonds, a look at the disks. One task of the loop each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

from metalctl.lab.fleet.machines.booted import Booted
from metalctl.lab.fleet.machines.journal import Journal, results
from metalctl.model.codec import decode, encode
from metalctl.model.dossier import Installation
from metalctl.model.run import BEAT, RUN_DIR, BondSpec, InstallSpec, RunSpec


class Units:
    """The units of one booted system, as systemd has them."""

    def __init__(self, system: Booted) -> None:
        self._system = system
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, words: list[str]) -> str:
        """Run `metalctl.node WORDS`; "" or why not, as systemd-run says it."""
        if self.active(name):
            return f"Failed to start transient service unit: Unit {name}.service was already loaded"
        work = {"run": self._run, "install": self._install, "network": self._network, "disks": self._disks}
        self._tasks[name] = asyncio.get_running_loop().create_task(_quietly(work[words[0]](words[1:])))
        return ""

    def active(self, name: str) -> bool:
        task = self._tasks.get(name)
        return task is not None and not task.done()

    def stop(self, name: str) -> None:
        if task := self._tasks.get(name):
            task.cancel()

    def kill(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    def _journal(self, spec: RunSpec | InstallSpec) -> Journal | None:
        """None for a run that was started before: the runner refuses it."""
        system = self._system
        if system.files.exists(f"{RUN_DIR}/{spec.run_id}/journal.jsonl"):
            system.machine.counts["runs refused"] += 1
            return None
        system.machine.counts["runs"] += 1
        return Journal(system.files, spec.run_id, system.boot_id, spec.herald, system.machine.post)

    async def _run(self, words: list[str]) -> None:
        system = self._system
        spec = decode(RunSpec, json.loads(system.files.read(words[0])))
        journal = self._journal(spec)
        if journal is None:
            return
        found = list(results(spec, system.inventory()))
        pause = system.machine.spread(system.machine.settings.check) / max(1, len(spec.checks))
        journal.write("run-started", run_id=spec.run_id, kind=spec.kind, level=spec.level, checks=list(spec.checks))
        await journal.tell()
        for name in spec.checks:
            for result in (r for r in found if r.check == name):
                journal.write("check-started", check=name, part=result.part, estimate=pause)
                journal.write("check-finished", result=result)
            await _beat(journal, pause, system.machine.nudged)
        counts = {"PASS": sum(r.verdict == "PASS" for r in found), "SKIP": sum(r.verdict == "SKIP" for r in found)}
        journal.write("run-finished", verdict="PASS", results=len(found), counts=counts)
        await journal.tell()

    async def _install(self, words: list[str]) -> None:
        system = self._system
        spec = decode(InstallSpec, json.loads(system.files.read(words[0])))
        journal = self._journal(spec)
        if journal is None:
            return
        journal.write("run-started", run_id=spec.run_id, kind="install", node=spec.node)
        await journal.tell()
        disk = next((d for d in system.machine.disks if d.serial == spec.disk_serial), None)
        if disk is None or spec.armed.serial != disk.serial or spec.armed.boot_id != system.boot_id:
            journal.write("error", message="no write permit for this disk", hint="", kind="Refused")
            await journal.tell()
            return
        if disk.run != spec.run_id:
            disk.installs += 1
            disk.run, disk.seed = "", {}
            await _beat(journal, system.machine.spread(system.machine.settings.install), system.machine.nudged)
            disk.run, disk.seed = spec.run_id, dict(spec.seed)
        os, version, digest = (str(spec.manifest.get(name, "")) for name in ("os", "version", "sha256"))
        done = Installation(
            os, version, digest,
            disk.serial, 2**30, True, disk.installs, system.boot_id, disk.serial,
        )  # fmt: skip
        journal.write("run-finished", verdict="PASS", installation=done, findings=[])
        await journal.tell()

    async def _network(self, words: list[str]) -> None:
        files, result = self._system.files, words[words.index("--result") + 1]
        wanted = [decode(BondSpec, bond) for bond in json.loads(files.read(words[0]))["bonds"]]
        made = [{**encode(bond), "partner_mac": "02:00:00:00:00:01"} for bond in wanted]
        files.put(result, json.dumps({"bonds": made}).encode())

    async def _disks(self, words: list[str]) -> None:
        result = words[words.index("--result") + 1]
        keys = words[words.index("--") + 1 :]
        self._system.files.put(result, json.dumps(self._system.look(keys)).encode())


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except asyncio.CancelledError:
        return


async def _beat(journal: Journal, seconds: float, nudged: asyncio.Event) -> None:
    """Wait, and call once a while as a run does that has nothing to tell. A nudge ends the wait."""
    while seconds > 0:
        await journal.tell()
        try:
            async with asyncio.timeout(min(seconds, BEAT)):
                await nudged.wait()
        except TimeoutError:
            seconds -= BEAT
        else:
            nudged.clear()
            return
