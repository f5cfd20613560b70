"""A boot that falls silent is power-cycled early, at most three times, and is told as a warning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from metalctl.bmc.errors import PowerNotReached
from metalctl.engine.pipeline import power
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.directory import issue_token
from metalctl.engine.pipeline.outcome import Wait
from metalctl.engine.pipeline.services import Services
from metalctl.engine.settings import Boot
from metalctl.model.boot import PhoneHome
from metalctl.model.dossier import StageRecord
from metalctl.model.identity import Identity
from metalctl.model.stage import Condition, Stage
from metalctl.store import boots, enrollments, nodes, records
from metalctl.store.records import StageRow
from tests.unit.engine.contexts import context_at

USUAL = Boot()
MAC = "52:54:00:00:00:01"


class FakeBmc:
    """Remembers the power commands."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def set_boot(self, device: str, mode: str | None = None, persistent: bool = False) -> None:
        self.commands.append(f"boot {device}")

    def power(self) -> str:
        return "on" if any(c.startswith("power") for c in self.commands) else "off"

    def set_power(self, wanted: str, timeout: float = 120) -> None:
        self.commands.append(f"power {wanted}")


class Clock:
    """The stage's own: seconds of work on it."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    @property
    def now(self) -> float:
        return self.ctx.elapsed

    @now.setter
    def now(self, seconds: float) -> None:
        self.ctx._row.elapsed = seconds


@pytest.fixture
def clock(ctx: Context) -> Clock:
    return Clock(ctx)


@pytest.fixture
def bmc() -> FakeBmc:
    return FakeBmc()


@pytest.fixture
def ctx(services: Services, enrolled: Callable[..., str], bmc: FakeBmc) -> Context:
    identifier = enrolled()
    with services.database.begin() as connection:
        nodes.set_identity(connection, "n1", Identity(macs=(MAC,)))
        record = StageRecord(Stage.INSPECTED, Condition.RUNNING, "2026-01-01T00:00:00+00:00")
        records.save_stage(connection, identifier, StageRow(record))
        enrollment, node = enrollments.get(connection, identifier), nodes.get(connection, "n1")

    @contextmanager
    def open_bmc(_: Any) -> Iterator[FakeBmc]:
        yield bmc

    services.open_bmc = open_bmc  # type: ignore[method-assign, assignment]
    return context_at(services, enrollment, node, Stage.INSPECTED)


def see(database: Engine, what: str) -> None:
    with database.begin() as connection:
        boots.add_sighting(connection, MAC, what)


def test_a_node_that_asked_for_its_script_and_fell_silent_is_cycled_and_told(
    ctx: Context, clock: Clock, bmc: FakeBmc, database: Engine
) -> None:
    power.boot_into(ctx, "ramdisk")
    clock.now += 60
    see(database, "boot script: ramdisk (pcbios)")
    power.boot_into(ctx, "ramdisk")
    clock.now += USUAL.silence - 1
    assert "boot script" in power.boot_into(ctx, "ramdisk").why
    assert bmc.commands == ["boot pxe", "power on"]
    assert power.findings(ctx, "ramdisk") == ()
    clock.now += 2
    assert isinstance(power.boot_into(ctx, "ramdisk"), Wait)
    assert bmc.commands == ["boot pxe", "power on", "boot pxe", "power cycle"]
    (told,) = power.findings(ctx, "ramdisk")
    assert "after 2" in told.got
    assert "'boot script: ramdisk (pcbios)'" in told.got
    assert (told.severity, told.blocks) == ("warning", False)
    # What was seen before the new power-on says nothing about the new boot.
    clock.now += 60
    power.boot_into(ctx, "ramdisk")
    assert len(bmc.commands) == 4


def test_a_node_not_seen_yet_may_still_be_in_its_post(ctx: Context, clock: Clock, bmc: FakeBmc) -> None:
    power.boot_into(ctx, "ramdisk")
    clock.now += USUAL.patience - 1
    power.boot_into(ctx, "ramdisk")
    assert bmc.commands == ["boot pxe", "power on"]
    clock.now += 2
    power.boot_into(ctx, "ramdisk")
    assert bmc.commands[-1] == "power cycle"


def test_after_three_power_cycles_it_is_left_alone(ctx: Context, clock: Clock, bmc: FakeBmc) -> None:
    for _ in range(5):
        waiting = power.boot_into(ctx, "ramdisk")
        clock.now += USUAL.patience + 1
    assert bmc.commands.count("boot pxe") == power.ATTEMPTS
    assert "see the console" in waiting.why


def test_an_installed_system_is_not_judged_by_its_silence_on_the_boot_network(
    ctx: Context, clock: Clock, bmc: FakeBmc, database: Engine
) -> None:
    power.boot_into(ctx, "installed")
    see(database, "DHCP: address 172.31.0.7")
    clock.now += USUAL.silence + 60
    power.boot_into(ctx, "installed")
    assert bmc.commands == ["boot disk", "power on"]


def test_a_site_whose_machines_are_slow_gives_them_longer(
    ctx: Context, clock: Clock, bmc: FakeBmc, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = replace(ctx.services.settings, boot=Boot(patience=7200, silence=3600))
    monkeypatch.setattr(ctx.services, "settings", slow)
    power.boot_into(ctx, "ramdisk")
    see(database, "boot script: ramdisk (pcbios)")
    power.boot_into(ctx, "ramdisk")
    clock.now += 3599
    power.boot_into(ctx, "ramdisk")
    assert bmc.commands == ["boot pxe", "power on"]
    clock.now += 2
    power.boot_into(ctx, "ramdisk")
    assert bmc.commands[-1] == "power cycle"


class LateBmc(FakeBmc):
    """Switches the power, and then says that it did not."""

    def set_power(self, wanted: str, timeout: float = 120) -> None:
        super().set_power(wanted, timeout)
        raise PowerNotReached("the power did not come on in time")


@contextmanager
def not_reached(ctx: Context) -> Iterator[FakeBmc]:
    """One order to a BMC that says so, then an ordinary one that is on."""
    late, usual = LateBmc(), FakeBmc()
    ctx.services.open_bmc = lambda _: contextmanager(lambda: (yield late))()  # type: ignore[method-assign, assignment, misc]
    with pytest.raises(PowerNotReached):
        power.boot_into(ctx, "ramdisk")
    assert late.commands == ["boot pxe", "power on"]
    usual.power = lambda: "on"  # type: ignore[method-assign]
    ctx.services.open_bmc = lambda _: contextmanager(lambda: (yield usual))()  # type: ignore[method-assign, assignment, misc]
    yield usual


def test_a_boot_that_is_under_way_is_not_cut_although_its_power_was_said_not_to_come(ctx: Context) -> None:
    with not_reached(ctx) as bmc:
        with ctx.store() as connection:
            issue_token(connection, ctx.enrollment.id, "n1", "ramdisk")
        assert "powered on" in power.boot_into(ctx, "ramdisk").why
        assert bmc.commands == []
        # Nor is the token that it was served: the boot comes, and is heard.
        with ctx.store() as connection:
            assert boots.has_waiting_token(connection, ctx.enrollment.id, "ramdisk")
    assert ctx.memo["boot_attempts"] == 1


def test_a_boot_of_which_nothing_was_seen_is_ordered_again(ctx: Context) -> None:
    with not_reached(ctx) as bmc:
        power.boot_into(ctx, "ramdisk")
        assert bmc.commands == ["boot pxe", "power cycle"]


@pytest.mark.parametrize("system", ["ramdisk", "installed"])
def test_a_system_that_called_while_its_power_was_ordered_again_is_left_running(ctx: Context, system: str) -> None:
    with not_reached(ctx) as bmc:
        ctx.memo["ordering"] = 1
        with ctx.store() as connection:
            report = PhoneHome("", "n1", system, "boot-1", "u", "s", (MAC,), "127.0.0.1", ("ssh-ed25519 AAAA",))
            boots.add_boot(connection, ctx.enrollment.id, report)
        power.boot_into(ctx, system)
        assert bmc.commands == []


def test_a_node_that_did_not_call_after_the_last_power_cycle_keeps_no_place_from_others(
    ctx: Context, clock: Clock
) -> None:
    for _ in range(power.ATTEMPTS):
        power.boot_into(ctx, "ramdisk")
        clock.now += USUAL.patience
    ctx.services.places.resize(1)
    assert "did not call" in power.boot_into(ctx, "ramdisk").why
    assert ctx.services.places.claim("another")
