"""What operators may do: once is as good as twice, with who and why, and never where it would do harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from metalctl.engine import operate
from metalctl.engine.durability.places import Places
from metalctl.engine.pipeline.halt import halt
from metalctl.engine.state import StateDir
from metalctl.model.errors import UsageError
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.stage import Condition, Stage
from metalctl.store import audit, enrollments, evidence, marks, nodes
from metalctl.store.errors import NotFound
from metalctl.store.marks import Mark

HOUR = timedelta(hours=1)


def ended(database: Engine, enrollment: str, condition: Condition = Condition.DONE) -> None:
    with database.begin() as connection:
        stage = Stage.HANDED_OVER if condition is Condition.DONE else Stage.MATCHED
        enrollments.change(connection, enrollment, stage=stage.value, condition=condition.value)


def trail(database: Engine, node: str = "n1") -> list[tuple[str, str, Any]]:
    with database.connect() as connection:
        return [(row["action"], row["actor"], row["detail"].get("why")) for row in audit.of_node(connection, node)]


VERBS: list[tuple[Callable[..., operate.Done], str, Callable[..., operate.Done]]] = [
    (operate.hold, "held", operate.resume),
    (operate.park, "parked", operate.unpark),
    (operate.quarantine, "quarantined", operate.release),
]


@pytest.mark.parametrize(("verb", "kind", "back"), VERBS, ids=[kind for _, kind, _ in VERBS])
def test_a_mark_is_set_once_with_who_and_why_wakes_the_walk_and_is_taken_away_once(
    verb: Any, kind: str, back: Any, database: Engine, enrolled: Callable[..., str]
) -> None:
    enrollment = enrolled()
    assert [verb(database, "n1", "ann", "fan").changed for _ in range(2)] == [True, False]
    with database.begin() as connection:
        assert str(marks.of_node(connection, "n1")[kind]) == f"{kind} by ann: fan"
        assert marks.signals(connection) == [enrollment]
        assert marks.signals(connection) == []
    assert [back(database, "n1", "bob", "done").changed for _ in range(2)] == [True, False]
    assert [(actor, why) for _, actor, why in trail(database)] == [("ann", "fan"), ("bob", "done")]


@pytest.mark.parametrize("verb", [operate.park, operate.quarantine])
def test_parking_and_quarantine_want_a_reason(verb: Any, database: Engine, enrolled: Callable[..., str]) -> None:
    enrolled()
    with pytest.raises(UsageError, match="say why"):
        verb(database, "n1", "ann", "  ")


@pytest.mark.parametrize("verb", [operate.hold, operate.cancel])
def test_what_is_not_under_way_cannot_be_held_or_cancelled(
    verb: Any, database: Engine, enrolled: Callable[..., str]
) -> None:
    ended(database, enrolled())
    with pytest.raises(UsageError, match="not under way"):
        verb(database, "n1", "ann")
    with pytest.raises(NotFound):
        verb(database, "typo", "ann")


def test_a_node_that_is_parked_until_a_time_goes_on_then(database: Engine, enrolled: Callable[..., str]) -> None:
    enrolled()
    now = datetime.now(UTC)
    for end, still in ((now + HOUR, True), (now - HOUR, False)):
        operate.park(database, "n1", "ann", "fan", end.isoformat())
        with database.connect() as connection:
            assert ("parked" in marks.of_node(connection, "n1")) is still


@pytest.mark.parametrize(
    ("kind", "stage", "stops"),
    [
        ("held", Stage.DISCOVERED, True),
        ("parked", Stage.ACCEPTED, True),
        ("quarantined", Stage.MATCHED, False),
        ("quarantined", Stage.PREPARED, True),
        ("quarantined", Stage.INSTALLED, True),
        ("cancelled", Stage.VERIFIED, False),
    ],
)
def test_what_a_mark_keeps_from_happening(kind: str, stage: Stage, stops: bool) -> None:
    assert bool(halt({kind: Mark("n1", kind, "ann", "fan", "")}, stage)) is stops
    assert halt({}, stage) == ""


def test_a_node_is_renamed_wherever_it_is_named(database: Engine, enrolled: Callable[..., str]) -> None:
    enrollment = enrolled()
    with database.begin() as connection:
        nodes.set_identity(connection, "n1", Identity("S1", macs=("52:54:00:00:00:01",)))
        evidence.add_inventory(connection, "n1", enrollment, "in-band", Inventory("in-band", Identity("S1")))
    with pytest.raises(UsageError, match="under way"):
        operate.rename(database, "n1", "r7n01", "ann")
    ended(database, enrollment)
    assert [operate.rename(database, "n1", "r7n01", "ann").changed for _ in range(2)] == [True, False]
    with database.connect() as connection:
        assert enrollments.latest(connection, "r7n01").id == enrollment
        assert nodes.by_macs(connection, ["52:54:00:00:00:01"]) == "r7n01"
        assert len(evidence.last_two(connection, "r7n01", "in-band")) == 1
    assert ("rename", "ann", "") in trail(database, "r7n01")


@pytest.mark.parametrize("name", ["n2", "Ä", "-x", "a.b", ""])
def test_a_name_that_is_taken_or_no_host_name_is_refused(
    name: str, database: Engine, enrolled: Callable[..., str]
) -> None:
    ended(database, enrolled("n1"))
    enrolled("n2")
    with pytest.raises(UsageError):
        operate.rename(database, "n1", name, "ann")


def test_a_bmc_moves_to_a_free_address_and_two_are_swapped(database: Engine, enrolled: Callable[..., str]) -> None:
    for name in ("n1", "n2"):
        ended(database, enrolled(name))
        with database.begin() as connection:
            nodes.change(connection, name, fingerprint="ab")
    before = {name: at(database, name).bmc for name in ("n1", "n2")}
    with pytest.raises(UsageError) as refused:
        operate.readdress(database, "n1", before["n2"], actor="ann")
    assert "--swap n2" in refused.value.hint
    named = ("n1", "n2")
    operate.readdress(database, "n1", swap_with="n2", actor="ann", why="cables", unseen=named)
    assert (at(database, "n1").bmc, at(database, "n2").bmc) == (before["n2"], before["n1"])
    assert [at(database, name).fingerprint for name in before] == ["", ""]
    place = "https://127.0.0.77"
    again = [operate.readdress(database, "n1", place, actor="ann", unseen=unseen) for unseen in (("n1",), ())]
    assert [done.changed for (done,) in again] == [True, False]


def at(database: Engine, name: str) -> nodes.Node:
    with database.connect() as connection:
        return nodes.get(connection, name)


def test_a_node_under_way_is_not_readdressed_or_forgotten(
    database: Engine, state: StateDir, enrolled: Callable[..., str]
) -> None:
    enrolled()
    with pytest.raises(UsageError, match="under way"):
        operate.readdress(database, "n1", "https://127.0.0.77", actor="ann")
    with pytest.raises(UsageError, match="under way") as refused:
        operate.forget(database, state, "n1", "ann")
    assert "metalctl cancel n1" in refused.value.hint


def test_a_forgotten_node_leaves_its_audit_trail_and_may_come_back(
    database: Engine, state: StateDir, enrolled: Callable[..., str]
) -> None:
    ended(database, enrolled(), Condition.FAILED)
    assert [operate.forget(database, state, "n1", "ann", "sold").changed for _ in range(2)] == [True, False]
    with database.connect() as connection:
        assert enrollments.listing(connection) == []
    assert ("forget", "ann", "sold") in trail(database)
    enrolled()


def test_a_quarantine_is_not_forgotten_away(database: Engine, state: StateDir, enrolled: Callable[..., str]) -> None:
    """Enrolled anew under the same name it would be trusted again."""
    ended(database, enrolled(), Condition.FAILED)
    operate.quarantine(database, "n1", "ann", "wrong serial")
    with pytest.raises(UsageError, match=r"quarantined by ann: wrong serial") as refused:
        operate.forget(database, state, "n1", "bob")
    assert "metalctl release n1" in refused.value.hint
    operate.rename(database, "n1", "n9", "ann")
    with pytest.raises(UsageError, match="quarantined"):
        operate.forget(database, state, "n9", "bob")
    operate.release(database, "n9", "ann")
    assert operate.forget(database, state, "n9", "bob").changed


def test_a_handed_over_node_is_queued_again_as_it_is_known(
    database: Engine, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X_USERNAME", "admin")
    monkeypatch.setenv("X_PASSWORD", "secret")
    first = enrolled()
    ended(database, first)
    assert operate.again(database, ["n1"], level="normal", allow_erase=False, actor="ann")[0].changed
    with database.connect() as connection:
        latest = enrollments.latest(connection, "n1")
        assert (latest.id != first, latest.ended) == (True, False)


def test_who_is_more_urgent_boots_first(database: Engine, enrolled: Callable[..., str]) -> None:
    enrolled()
    assert [operate.prioritize(database, "n1", 5, "ann").changed for _ in range(2)] == [True, False]
    with pytest.raises(UsageError):
        operate.prioritize(database, "n1", 101, "ann")
    places = Places(1)
    places.claim("a")
    assert [places.claim("b", 0), places.claim("c", 5)] == [False, False]
    places.release("a")
    assert [places.claim("b", 0), places.claim("c", 5)] == [False, True]
    assert places.expected("b") > 0


def test_a_renamed_node_must_still_turn_out_to_be_the_machine_of_its_manifest(
    database: Engine, enrolled: Callable[..., str]
) -> None:
    enrollment = enrolled()
    ended(database, enrollment, Condition.FAILED)
    with database.begin() as connection:
        batch = enrollments.get(connection, enrollment).batch
        enrollments.set_batch_option(connection, batch, "expected", {"n1": {"serial": "S1"}, "n2": {"serial": "S2"}})
    operate.rename(database, "n1", "r7n01", "ann")
    with database.connect() as connection:
        options = enrollments.batch_options(connection, batch)
    assert options["expected"] == {"r7n01": {"serial": "S1"}, "n2": {"serial": "S2"}}


def test_a_time_without_a_zone_is_refused(database: Engine, enrolled: Callable[..., str]) -> None:
    """Compared with the clock it would raise in every tick and in every list."""
    enrolled()
    with pytest.raises(UsageError, match="no zone"):
        operate.park(database, "n1", "ann", "fan", "2026-12-24T18:00")
