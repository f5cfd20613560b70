"""A batch in burned-in with stubbed runs, for the tests of its pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from metalctl.engine.pipeline import check_runs, cohort
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.stages import burned_in
from metalctl.model.finding import Finding
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, evidence, nodes, pairs
from metalctl.store.evidence import RunRow
from tests.unit.engine.contexts import context_at

LIMIT = 2e6
Rate = Callable[[str, str], float]


@dataclass
class Rack:
    """Nodes that tick in turn; a run takes `takes` ticks of its node. silent: nodes that do not tick.

    serving: nodes that leave mtu to their peers.
    """

    services: Services
    batch: str
    level: str
    ids: dict[str, str] = field(default_factory=dict)
    memos: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: dict[str, Done | StageFailed] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    serving: set[str] = field(default_factory=set)
    rate: Rate = lambda _sender, _receiver: 3e6
    takes: int = 1
    looked: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    def context(self, name: str) -> Context:
        with self.services.database.connect() as connection:
            found, node = enrollments.get(connection, self.ids[name]), nodes.get(connection, name)
        return context_at(self.services, found, node, Stage.BURNED_IN, self.memos[name])

    def tick(self, name: str) -> Done | Wait | StageFailed:
        ctx = self.context(name)
        alone = RunRow("alone", self.ids[name], "burn-in", self.level, "b", state="finished")
        said: Done | Wait | StageFailed
        try:
            mine = cohort.schedule(ctx, self.level)
            said = Wait(1, "others") if mine is None else burned_in._paired(ctx, self.level, alone, mine, ())
        except StageFailed as failed:
            said = failed
        ctx.save_memo()
        if not isinstance(said, Wait):
            self.ended[name] = said
            self.end(name, passed=isinstance(said, Done))
        return said

    def end(self, name: str, *, passed: bool) -> None:
        values = {"stage": Stage.INSTALLED.value} if passed else {"condition": Condition.FAILED.value}
        with self.services.database.begin() as connection:
            enrollments.change(connection, self.ids[name], **values)
        if not passed:
            cohort.dropped(self.context(name))

    def run(self, ticks: int = 60) -> None:
        for _ in range(ticks):
            for name in self.ids:
                if name not in self.ended and name not in self.silent:
                    self.tick(name)
            self._count()
            if set(self.ids) <= set(self.ended) | self.silent:
                return

    def _count(self) -> None:
        with self.services.database.connect() as connection:
            begun = pairs.in_state(connection, self.batch, pairs.BEGUN)
            sides = pairs.sides(connection, begun)
        both = [p for p in begun if not any(p.run(e) in sides and sides[p.run(e)].over for e in p.ends)]
        at = Counter(end for p in both for end in p.ends)
        assert max(at.values(), default=0) <= 1, "a node is in two tests"
        seat = {i: next(iter(self.memos[n].get("seat", {}).get("switches", {"": ""}))) for n, i in self.ids.items()}
        over = Counter(s for p in both if seat[p.server] != seat[p.client] for s in (seat[p.server], seat[p.client]))
        self.most |= over

    def follow(self, ctx: Context, run_id: str, *_: object) -> RunRow:
        """Starts the run, and some ticks later it has ended with what the rates give."""
        self.looked[run_id] += 1
        row = check_runs.found(ctx, run_id) or RunRow(run_id, ctx.enrollment.id, "peer", self.level, "b", entries=1)
        if self.looked[run_id] > self.takes:
            row.state, row.final, row.results = "finished", {"event": "run-finished"}, self.results(run_id)
        with ctx.store() as connection:
            evidence.save_run(connection, row)
        return row

    def results(self, run_id: str) -> list[CheckResult]:
        with self.services.database.connect() as connection:
            pair = next(p for p in pairs.of_batch(connection, self.batch) if run_id in map(p.run, p.ends))
            came = set(pairs.sides(connection, [pair])) == {pair.run(e) for e in pair.ends}
        if not came:
            return [CheckResult(check, Verdict.UNKNOWN, reason="no peer came") for check in ("iperf3", "mtu")]
        names = {i: n for n, i in self.ids.items()}
        server, client = names[pair.server], names[pair.client]
        rates = {"forward": self.rate(client, server), "reverse": self.rate(server, client)}
        measured = tuple(Measurement(way, rate, "b/s", at_least=LIMIT) for way, rate in rates.items())
        verdict = Verdict.PASS if min(rates.values()) >= LIMIT else Verdict.FAIL
        mtu = Verdict.SKIP if {run_id} & {pair.run(self.ids[n]) for n in self.serving} else Verdict.PASS
        return [CheckResult("iperf3", verdict, measurements=measured), CheckResult("mtu", mtu, reason="the peer pings")]

    def verdicts(self) -> dict[str, Verdict]:
        return {name: self.finding(name).verdict for name in self.ended}

    def finding(self, name: str) -> Finding:
        return next(f for f in self.ended[name].findings if f.requirement == "check.iperf3")
