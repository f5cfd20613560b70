"""A retry comes after somebody touched the machine: it is read anew, and what was seen before does not count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from metalctl.engine.errors import RemoteError
from metalctl.engine.operate import submit
from metalctl.engine.pipeline import again, power
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Wait
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.stages import inspected
from metalctl.model.boot import PhoneHome
from metalctl.model.dossier import StageRecord
from metalctl.model.errors import UsageError
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.store import boots, enrollments, evidence, nodes, records
from tests.unit.engine.contexts import context_at

KINDS = ("out-of-band", "in-band", "installed")


def fail_in(database: Engine, enrollment: str, failed: Stage) -> None:
    """Every stage before `failed` is done, two systems called and three inventories are there."""
    with database.begin() as connection:
        for stage in ORDER[: ORDER.index(failed) + 1]:
            condition = Condition.FAILED if stage is failed else Condition.DONE
            record = StageRecord(stage, condition, "2026-01-01T00:00:00+00:00")
            records.save_stage(connection, enrollment, records.StageRow(record))
        state = {"stage": failed.value, "condition": Condition.FAILED.value, "fault": "hardware"}
        enrollments.change(connection, enrollment, **state)
        for kind in ("ramdisk", "installed"):
            boots.add_boot(connection, enrollment, called(kind, "before"))
        for kind in KINDS:
            evidence.add_inventory(connection, "n1", enrollment, kind, Inventory(kind, Identity()))


def called(kind: str, boot_id: str) -> PhoneHome:
    return PhoneHome(node="n1", token="t", kind=kind, boot_id=f"{kind}-{boot_id}", address="127.0.0.9")


def context(services: Services, enrollment: str) -> Context:
    with services.database.connect() as connection:
        found = enrollments.get(connection, enrollment)
        return context_at(services, found, nodes.get(connection, found.node), found.stage)


@pytest.mark.parametrize("failed", ORDER)
def test_what_failed_on_the_ramdisk_begins_with_a_new_look_at_the_machine_and_the_rest_where_it_failed(
    failed: Stage, database: Engine, services: Services, enrolled: Callable[..., str]
) -> None:
    enrollment = enrolled()
    fail_in(database, enrollment, failed)
    submit.retry(database, ["n1"], allow_erase=False)
    on_ramdisk = Stage.INSPECTED, Stage.MATCHED, Stage.PREPARED, Stage.BURNED_IN, Stage.INSTALLED
    first = Stage.INSPECTED if failed in on_ramdisk else failed
    with database.connect() as connection:
        left = [row.record.stage for row in records.stages(connection, enrollment)]
        found = enrollments.get(connection, enrollment)
    assert left == list(ORDER[: ORDER.index(first)])
    assert (found.stage, found.condition) == (first, Condition.WAITING)
    seen = context(services, enrollment)
    assert (seen.boot("ramdisk") is None) == (seen.boot("installed") is None) == (failed in on_ramdisk)
    gone = set(KINDS) if failed in on_ramdisk else {"installed"} if failed is Stage.ACCEPTED else set()
    assert {kind for kind in KINDS if seen.inventory(kind) is None} == gone


def test_what_comes_after_the_retry_counts(database: Engine, services: Services, enrolled: Callable[..., str]) -> None:
    enrollment = enrolled()
    fail_in(database, enrollment, Stage.MATCHED)
    submit.retry(database, ["n1"], allow_erase=False)
    with database.begin() as connection:
        boots.add_boot(connection, enrollment, called("ramdisk", "after"))
        evidence.add_inventory(connection, "n1", enrollment, "in-band", Inventory("in-band", Identity(), taken="later"))
    seen = context(services, enrollment)
    boot, inside = seen.boot("ramdisk"), seen.inventory("in-band")
    assert boot is not None
    assert inside is not None
    assert (boot.boot_id, inside.taken) == ("ramdisk-after", "later")


def test_an_old_system_that_calls_once_more_does_not_count(
    database: Engine, services: Services, enrolled: Callable[..., str]
) -> None:
    enrollment = enrolled()
    fail_in(database, enrollment, Stage.BURNED_IN)
    submit.retry(database, ["n1"], allow_erase=False)
    with database.begin() as connection:
        boots.add_boot(connection, enrollment, called("ramdisk", "before"))
    with pytest.raises(RemoteError):
        context(services, enrollment).remote("ramdisk")


def test_leave_to_erase_is_for_the_node_named_and_not_for_the_others_of_its_batch(
    database: Engine, enrolled: Callable[..., str]
) -> None:
    first = enrolled("n1")
    with database.connect() as connection:
        batch = enrollments.get(connection, first).batch
    other = enrolled("n2", batch)
    fail_in(database, first, Stage.PREPARED)
    submit.retry(database, ["n1"], allow_erase=True)
    with database.connect() as connection:
        options = enrollments.batch_options(connection, batch)
    assert again.may_erase(options, first)
    assert not again.may_erase(options, other)


def test_without_leave_nothing_may_be_erased(database: Engine, enrolled: Callable[..., str]) -> None:
    enrollment = enrolled()
    fail_in(database, enrollment, Stage.PREPARED)
    submit.retry(database, ["n1"], allow_erase=False)
    with database.connect() as connection:
        options = enrollments.batch_options(connection, enrollments.get(connection, enrollment).batch)
    assert not again.may_erase(options, enrollment)


def test_nodes_of_two_batches_are_not_retried_together(database: Engine, enrolled: Any) -> None:
    for name in ("n1", "n2"):
        fail_in(database, enrolled(name), Stage.VERIFIED)
    with pytest.raises(UsageError, match="several batches"):
        submit.retry(database, ["n1", "n2"], allow_erase=False)
    with database.connect() as connection:
        assert all(e.ended for e in enrollments.listing(connection))


def test_a_repaired_node_is_booted_into_the_ramdisk_and_read_again(
    database: Engine, services: Services, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `matched` failed on was read before the repair: without a new look a retry could never succeed."""
    booted: list[str] = []
    monkeypatch.setattr(power, "boot_into", lambda _, system: booted.append(system) or Wait(1, "booting"))
    monkeypatch.setattr(inspected, "_read_out_of_band", lambda _: Inventory("out-of-band", Identity("S1")))
    enrollment = enrolled()
    fail_in(database, enrollment, Stage.MATCHED)
    submit.retry(database, ["n1"], allow_erase=False)
    assert isinstance(inspected.tick(context(services, enrollment)), Wait)
    assert booted == ["ramdisk"]
