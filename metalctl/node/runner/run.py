"""One run: collects the checks of a RunSpec, runs them, journals every result, and leaves no check unmentioned."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.inventory import Inventory
from metalctl.model.measurement import CheckResult
from metalctl.model.run import RunSpec
from metalctl.model.verdict import Verdict, combine
from metalctl.model.watch import UNASKED
from metalctl.node.counters import Sources
from metalctl.node.errors import NodeError
from metalctl.node.journal import now
from metalctl.node.plugin.parts import missing_serials
from metalctl.node.plugin.session import CheckPlugin
from metalctl.node.runner.interrupted import Interrupted
from metalctl.node.runner.movement import Movement
from metalctl.node.runner.settings import Settings

Append = Callable[..., object]


class Run:
    """A run of checks. append: journal.append, or what prints for a technician."""

    def __init__(self, spec: RunSpec, settings: Settings, append: Append) -> None:
        self.spec, self.settings, self._append = spec, settings, append
        self.results: list[CheckResult] = []
        self._movement: Movement | None = None

    def perform(self, inventory: Inventory) -> Verdict:
        """Run every check of the spec; returns the combined verdict, which is in the journal then."""
        watch = self.spec.errors or UNASKED
        log = [(entry.at, entry.severity, f"{entry.sensor} {entry.message}".strip()) for entry in self.spec.bmc_log]
        sources = Sources(inventory, self.settings.root, watch.history, log)
        self._movement = Movement(inventory, sources.all(), sources.cheap, watch, self._uptime())
        self._lost_disks(inventory)
        found = self._files()
        broken = self._pytest(inventory, [p for p in found.values() if p]) if any(found.values()) else {}
        self._silent(found, broken)
        for result in self._movement.finish(sources.all(), self.spec.boot_id):
            self._emit(result)
        return self._finish()

    def _uptime(self) -> float:
        """Seconds since the boot; 0 when the kernel does not tell, which counts as the first day."""
        try:
            return float((self.settings.root / "proc/uptime").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return 0.0

    def _files(self) -> dict[str, Path | None]:
        """The file of each named check, None where there is none."""
        paths = {name: self.settings.checks / f"{name.replace('-', '_')}.py" for name in self.spec.checks}
        return {name: path if path.is_file() else None for name, path in paths.items()}

    def _pytest(self, inventory: Inventory, files: list[Path]) -> dict[str, str]:
        plugin = CheckPlugin(
            self.spec,
            inventory,
            self.settings.checks,
            emit=self._emit,
            begun=self._begun,
            after=self._after,
            hung=self._hung,
            root=self.settings.root,
        )
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # plugins of the system's Python are not part of a run
        os.environ.pop("PYTEST_ADDOPTS", None)
        options = ["-c", os.devnull, "--rootdir", str(self.settings.checks), "--import-mode=importlib"]
        options += [
            "-o",
            "python_files=*.py",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:terminal",
            "--continue-on-collection-errors",
        ]
        sys.dont_write_bytecode = True  # nothing is left among the checks; the libraries are loaded by now
        code = pytest.main([*options, *map(str, files)], plugins=[plugin])
        if code == pytest.ExitCode.INTERRUPTED:
            raise Interrupted("the runner was ended from outside")
        if code == pytest.ExitCode.INTERNAL_ERROR:
            raise NodeError("pytest broke within itself", hint="see the unit's output: journalctl -u 'metalctl-*'")
        return plugin.broken

    def _begun(self, name: str, part: str, estimate: float) -> None:
        done = len(({r.check for r in self.results} & set(self.spec.checks)) - {name})
        self._append("progress", what="checks", done=done, total=len(self.spec.checks))
        self._append("check-started", check=name, part=part, estimate=estimate)

    def _emit(self, result: CheckResult) -> None:
        self.results.append(result)
        self._append("check-finished", result=result)

    def _after(self, check: str) -> None:
        if self._movement:
            self._movement.after(check)

    def _lost_disks(self, inventory: Inventory) -> None:
        """A disk that has a role and is not there is said, even when no check would have run on it."""
        for role, serial in missing_serials(inventory, self.spec):
            reason = f"the {role} disk with serial {serial} is not among this machine's disks"
            self._emit(self._unknown("disks-present", reason, "reseat or replace the disk", f"disk serial {serial}"))

    def _silent(self, found: dict[str, Path | None], broken: dict[str, str]) -> None:
        """Every check that the profile names and that left no result is UNKNOWN."""
        for name in self.spec.checks:
            if any(r.check == name for r in self.results):
                continue
            if found[name] is None:
                reason, remedy = (
                    f"no check is called {name}",
                    "fix the name in the profile, or add the check's file",
                )
            elif name in broken:
                reason, remedy = f"the check cannot be loaded: {broken[name]}", "fix the check's file"
            else:
                reason, remedy = "the check left no result", "see the runner's output in the journal of systemd"
            self._emit(self._unknown(name, reason, remedy))

    def _unknown(self, check: str, reason: str, remedy: str, part: str = "") -> CheckResult:
        return CheckResult(
            check, Verdict.UNKNOWN, part, reason=reason, remedy=remedy, started=now(), boot_id=self.spec.boot_id
        )

    def _hung(self, result: CheckResult) -> None:
        """A check hangs in the kernel: say so, say that the rest did not run, and end the process."""
        self._emit(result)
        for name in self.spec.checks:
            if not any(r.check == name for r in self.results):
                self._emit(self._unknown(name, f"did not run: {result.check} hangs before it", result.remedy))
        self._finish()
        os._exit(3)

    def _finish(self) -> Verdict:
        verdict = combine(r.verdict for r in self.results)
        counts: dict[str, Any] = {v.value: sum(r.verdict is v for r in self.results) for v in Verdict}
        self._append("run-finished", verdict=verdict, results=len(self.results), counts=counts)
        return verdict
