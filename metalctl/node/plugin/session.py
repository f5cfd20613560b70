"""The pytest hooks and fixtures of a run of checks. One object a run, made by the runner and given to pytest."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from metalctl.model.inventory import Inventory
from metalctl.model.measurement import CheckResult
from metalctl.model.run import Peer, RunSpec
from metalctl.model.verdict import Verdict
from metalctl.node import tool
from metalctl.node.errors import NodeError, ToolFailed
from metalctl.node.journal import now
from metalctl.node.plugin import telemetry
from metalctl.node.plugin.deadline import deadline
from metalctl.node.plugin.decorator import CheckInfo, info_of
from metalctl.node.plugin.leave import Guard
from metalctl.node.plugin.limits import Limits
from metalctl.node.plugin.measures import Measures
from metalctl.node.plugin.parts import Absent, is_part, label, parts
from metalctl.node.plugin.place import Place
from metalctl.node.plugin.scratch import scratch
from metalctl.node.plugin.verdicts import CheckTimeout, Ending, conclude

Emit = Callable[[CheckResult], None]


class CheckError(NodeError):
    """A file in checks/ is not a check."""


@dataclass(slots=True)
class Doing:
    """The check that runs now."""

    name: str
    info: CheckInfo
    part: object
    started: str
    clock: float
    measures: Measures = field(default_factory=Measures)
    evidence: dict[str, object] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)
    limits: Limits | None = None

    def result(self, ending: Ending, boot_id: str) -> CheckResult:
        """What the journal keeps of it."""
        return CheckResult(
            check=self.name,
            verdict=ending.verdict,
            part=label(self.part),
            component=self.info.component,
            reason=ending.reason,
            remedy=ending.remedy,
            measurements=tuple(self.measures.taken),
            started=self.started,
            duration=round(time.monotonic() - self.clock, 3),
            boot_id=boot_id,
            evidence=self.evidence,
        )


class CheckPlugin:
    """Runs the checks that pytest collects and hands each result out as soon as it is there.

    emit: called with each CheckResult. begun: called with name, part and estimate (s). after: called after each check.
    hung: called from another thread when a check cannot even be interrupted.
    """

    def __init__(
        self,
        spec: RunSpec,
        inventory: Inventory,
        checks: Path,
        *,
        emit: Emit,
        begun: Callable[[str, str, float], None],
        after: Callable[[str], None],
        hung: Callable[[CheckResult], None],
        root: Path = Path("/"),
    ) -> None:
        self.spec, self.inventory, self.checks, self.root = spec, inventory, checks.resolve(), root
        self._emit, self._begun, self._after, self._hung = emit, begun, after, hung
        self._doing: Doing | None = None
        self.broken: dict[str, str] = {}

    @property
    def doing(self) -> Doing:
        """The check that runs now; only while one does."""
        if self._doing is None:
            raise CheckError("no check is running", hint="fixtures of checks are for checks only")
        return self._doing

    # collection

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        if report.failed and isinstance(collector, pytest.Module):
            self.broken[check_name(collector.path)] = _last_line(report.longreprtext)
        return report

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One run a part; with no part, one run that only says why."""
        wanted = [n for n in metafunc.fixturenames if is_part(n)]
        if len(wanted) > 1:
            raise CheckError(f"{metafunc.function.__name__} asks for {' and '.join(wanted)}", hint="ask for one part")
        for name in wanted:
            found = parts(name, self.inventory, self.spec)
            metafunc.parametrize(name, found, ids=[str(i) for i in range(len(found))])

    # one check

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Generator[None, object, object]:
        doing = self._doing = self._start(item)
        given = self.spec.checks.get(doing.name, {})
        self._begun(doing.name, label(doing.part), doing.info.lasts(self.spec.level, given))
        before = telemetry.sample(self.root)
        seconds = doing.info.timeout + 4 * _runtime({**doing.info.at(self.spec.level), **given})
        try:
            with deadline(seconds, lambda: self._hung(self._stuck(doing, seconds))):
                answer = yield
        except CheckTimeout as late:  # it struck between two phases of pytest
            doing.errors.append(late)
            answer = True
        finally:
            self._doing = None
        doing.evidence["telemetry"] = {"before": before, "after": telemetry.sample(self.root)}
        self._emit(doing.result(self._ending(doing), self.spec.boot_id))
        self._after(doing.name)
        return answer

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Function) -> None:
        """Everything that must hold before the check's own code runs."""
        doing = self.doing
        if not isinstance(doing.part, Absent):
            _allowed(doing, self.spec)
            doing.limits = Limits(doing.name, doing.info, self.spec.checks.get(doing.name, {}), self.spec.level)
        elif doing.part.verdict is Verdict.SKIP:
            pytest.skip(doing.part.reason)
        else:
            raise NodeError(doing.part.reason, hint="see whether the part is there and seated, then run again")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        if call.excinfo is not None and self._doing is not None:
            self._doing.errors.append(call.excinfo.value)
        return (yield)

    def _start(self, item: pytest.Function) -> Doing:
        name = check_name(item.path)
        params = getattr(item, "callspec", None)
        part = next(iter(params.params.values()), None) if params else None
        info = info_of(item.function)
        doing = Doing(name, info or CheckInfo("", (), 0), part, now(), time.monotonic())
        if info is None:
            doing.errors.append(CheckError(f"{item.name} has no @check", hint="add the decorator"))
        return doing

    def _ending(self, doing: Doing) -> Ending:
        return conclude(doing.errors, doing.measures, doing.info, doing.name, self.checks)

    def _stuck(self, doing: Doing, seconds: float) -> CheckResult:
        reason = f"the check did not end within {seconds:g} s and hangs in the kernel"
        remedy = "power the node off and on; look at dmesg for the device that hangs"
        return doing.result(Ending(Verdict.UNKNOWN, reason, remedy), self.spec.boot_id)

    # what checks ask for

    @pytest.fixture
    def limits(self) -> Limits | None:
        return self.doing.limits

    @pytest.fixture
    def measure(self) -> Measures:
        return self.doing.measures

    @pytest.fixture
    def evidence(self) -> dict[str, object]:
        return self.doing.evidence

    @pytest.fixture(name="spec")
    def _spec(self) -> RunSpec:
        return self.spec

    @pytest.fixture
    def machine(self) -> Inventory:
        return self.inventory

    @pytest.fixture
    def guard(self) -> Iterator[Guard]:
        with Guard(self.spec) as guard:
            yield guard

    @pytest.fixture
    def scratch(self) -> Iterator[Path]:
        with scratch() as path:
            yield path

    @pytest.fixture
    def place(self) -> Place:
        return Place(self.spec, self.inventory)

    @pytest.fixture
    def sysroot(self) -> Path:
        return self.root

    @pytest.fixture
    def peer(self) -> Peer:
        if self.spec.peer is None:
            if self.spec.kind == "peer":
                raise CheckError("a paired run names no peer", hint="the engine hands the peer's address in")
            pytest.skip("needs a peer; it runs when the engine pairs this node with another")
        return self.spec.peer


def check_name(path: Path) -> str:
    """The name of the check in a file, as profiles write it."""
    return path.stem.replace("_", "-")


def _allowed(doing: Doing, spec: RunSpec) -> None:
    if doing.info.levels and spec.level not in doing.info.levels:
        pytest.skip(f"not of level {spec.level}: it is of {', '.join(doing.info.levels)}")
    if gone := tool.missing(doing.info.needs):
        packages = " ".join(dict.fromkeys(tool.package_of(t) for t in gone))
        raise ToolFailed(f"{', '.join(gone)} is not installed", hint=f"apt-get install {packages}")


def _runtime(limits: Mapping[str, object]) -> float:
    value = limits.get("runtime", 0.0)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _last_line(text: str) -> str:
    lines = [line.removeprefix("E").strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it could not be read"
