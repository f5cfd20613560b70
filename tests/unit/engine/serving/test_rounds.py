"""Rounds of the nodes' BMCs: what is read is in the store with its time, and costs almost nothing when repeated."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from metalctl.bmc.credentials import lockout
from metalctl.cli._live import as_read
from metalctl.cli.nodes import nodes as nodes_command
from metalctl.cli.show import show
from metalctl.cli.status import status
from metalctl.engine.serving.rounds import Rounds
from metalctl.engine.state import StateDir
from metalctl.lab.fleet import FleetSettings, load_tree
from metalctl.store import bmcs, marks, nodes
from metalctl.store.bmcs import Look
from metalctl.store.marks import Mark
from tests.unit.lab.fleet.conftest import PASSWORD, Running, serving

NAMES = ("n1", "n2", "n3")


@pytest.fixture
def rack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    lockout.forget()
    with serving(load_tree("compute"), FleetSettings(count=3, tls=True, base="127.78.47.1")) as running:
        monkeypatch.setenv("X_USERNAME", running.fleet.username)
        monkeypatch.setenv("X_PASSWORD", PASSWORD)
        yield running
    lockout.forget()


@pytest.fixture
def known(rack: Running, database: Engine, enrolled: Callable[..., str]) -> Engine:
    """A node at each BMC, whose certificate is recorded."""
    for index, name in enumerate(NAMES):
        enrolled(name)
        place = f"https://{rack.fleet.bmcs[index].address}:{rack.fleet.port}"
        with database.begin() as connection:
            nodes.change(connection, name, bmc=place, fingerprint=fingerprint(rack, place))
    return database


def fingerprint(rack: Running, place: str) -> str:
    from metalctl import bmc

    return bmc.probe(bmc.parse_endpoint(place)).fingerprint


def read(database: Engine, rounds: Rounds | None = None) -> dict[str, Look]:
    """Everybody's looks after one round."""
    asyncio.run((rounds or Rounds(database, lambda: 1.0)).round())
    with database.connect() as connection:
        return bmcs.everybodys(connection)


def test_power_and_health_are_read_with_their_time_and_a_repeat_costs_three_requests(
    rack: Running, known: Engine
) -> None:
    first = read(known)
    assert {name: (look.power, look.health, look.problem) for name, look in first.items()} == dict.fromkeys(
        NAMES, ("off", "ok", "")
    )
    assert all(
        abs(datetime.now(UTC) - datetime.fromisoformat(look.seen)) < timedelta(minutes=5) for look in first.values()
    )
    before = rack.fleet.statistics.requests
    again = read(known)
    assert rack.fleet.statistics.requests - before <= 3 * len(NAMES)
    assert all(again[name].seen > first[name].seen for name in NAMES)
    assert {look.power for look in again.values()} == {"off"}


def test_a_node_that_is_switched_on_is_read_as_on(rack: Running, known: Engine) -> None:
    from metalctl import bmc
    from metalctl.bmc import Credential

    assert read(known)["n1"].power == "off"
    place = f"https://{rack.fleet.bmcs[0].address}:{rack.fleet.port}"
    with bmc.connect(bmc.parse_endpoint(place), Credential(rack.fleet.username, PASSWORD)) as machine:
        machine.set_power("on")
    assert {name: look.power for name, look in read(known).items()} == {"n1": "on", "n2": "off", "n3": "off"}


def test_one_that_does_not_answer_keeps_what_was_read_and_says_why(rack: Running, known: Engine) -> None:
    first = read(known)["n2"]
    with known.begin() as connection:
        nodes.change(connection, "n2", bmc="https://127.78.47.99:1")
    after = read(known)
    assert (after["n2"].power, after["n2"].seen) == ("off", first.seen)
    assert after["n2"].tried > first.tried
    assert "127.78.47.99" in after["n2"].problem
    assert (after["n1"].problem, after["n3"].problem) == ("", "")


def test_a_refused_credential_is_sent_once_until_the_settings_are_read_again(
    rack: Running, known: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X_PASSWORD", "another")
    rounds = Rounds(known, lambda: 1.0)
    looks = read(known, rounds)
    assert all("refused" in look.problem for look in looks.values())
    failed = rack.fleet.statistics.failed_logins
    lockout.forget()  # as if ten minutes had passed
    assert read(known, rounds) == looks
    assert rack.fleet.statistics.failed_logins == failed == len(NAMES)
    monkeypatch.setenv("X_PASSWORD", PASSWORD)
    rounds.forgive()
    assert {look.power for look in read(known, rounds).values()} == {"off"}


def test_who_is_not_vouched_for_or_in_rotation_or_behind_ipmi_is_left_alone(rack: Running, known: Engine) -> None:
    with known.begin() as connection:
        nodes.change(connection, "n1", fingerprint="")
        nodes.begin_rotation(connection, "n2", nodes.Rotation("env:X", "env:Y"))
        nodes.change(connection, "n3", bmc="ipmi://127.78.47.3")
    before = rack.fleet.statistics.requests
    assert read(known) == {}
    assert rack.fleet.statistics.requests == before


def test_a_parked_node_is_left_alone_until_it_is_unparked(rack: Running, known: Engine) -> None:
    with known.begin() as connection:
        marks.put(connection, Mark("n2", "parked", "ada", "DIMM A3 is being replaced", "2026-01-01T00:00:00+00:00"))
        marks.put(connection, Mark("n3", "held", "ada", "later", "2026-01-01T00:00:00+00:00"))
    assert set(read(known)) == {"n1", "n3"}
    with known.begin() as connection:
        marks.remove(connection, "n2", "parked")
    assert set(read(known)) == set(NAMES)


def test_another_bmc_and_a_forgotten_node_are_not_told_of_the_old_one(rack: Running, known: Engine) -> None:
    read(known)
    with known.begin() as connection:
        node = nodes.get(connection, "n1")
        nodes.put(connection, "n1", "https://127.78.47.98", node.credential, node.profile)
        nodes.forget(connection, "n2")
        nodes.rename(connection, "n3", "n33")
        assert set(bmcs.everybodys(connection)) == {"n33"}


def test_a_service_of_several_reads_its_own_nodes_only(rack: Running, known: Engine) -> None:
    assert read(known, Rounds(known, lambda: 1.0, service="another")) == {}


def test_the_thread_reads_and_ends(rack: Running, known: Engine) -> None:
    from tests.unit.waiting import until

    rounds = Rounds(known, lambda: 0.05)
    rounds.start()

    def all_read() -> bool:
        with known.connect() as connection:
            return len(bmcs.everybodys(connection)) == len(NAMES)

    until(all_read)
    rounds.close()
    assert [len(bmc.auth.sessions) for bmc in rack.fleet.bmcs] == [0, 0, 0]


def test_a_round_that_fails_by_surprise_does_not_end_the_rounds(
    rack: Running, known: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.unit.waiting import until

    rounds, tries, whole = Rounds(known, lambda: 0.05), list[int](), Rounds.round

    async def first_breaks(self: Rounds) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise KeyError("a defect")
        await whole(self)

    monkeypatch.setattr(Rounds, "round", first_breaks)
    rounds.start()

    def read_after_all() -> bool:
        with known.connect() as connection:
            return bool(bmcs.everybodys(connection))

    until(read_after_all)
    rounds.close()


@pytest.mark.parametrize(
    ("ago", "look", "told"),
    [(5, {"power": "on", "health": "ok"}, "on 5 s"), (200, {"power": "off"}, "off 3 min"),
     (7300, {"power": "on", "health": "critical"}, "on, critical 2 h"),
      (3e5, {"power": "on", "problem": "x"}, "not read 3 d"),
     (60, {}, "power ? 1 min"), (None, {"problem": "x"}, "not read")],
)  # fmt: skip
def test_what_was_read_is_told_with_its_age(ago: float | None, look: dict[str, str], told: str) -> None:
    seen = "" if ago is None else (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
    assert as_read(Look("n1", "2026-01-01T00:00:00+00:00", seen, **look)) == told
    assert as_read(None) == ""


def test_nodes_show_status_and_metrics_tell_it(rack: Running, known: Engine, state: StateDir) -> None:
    from starlette.testclient import TestClient

    from metalctl.web.app import app

    read(known)
    where = ["--state-dir", str(state.path)]
    run = CliRunner().invoke
    assert "off" in run(nodes_command, where).output
    told = json.loads(run(nodes_command, [*where, "--json"]).output)
    assert {(one["bmc"]["power"], one["bmc"]["problem"]) for one in told} == {("off", "")}
    assert "power    off" in run(show, ["n1", *where]).output
    assert json.loads(run(show, ["n1", *where, "--json"]).output)["bmc"]["health"] == "ok"
    assert "3 off" in run(status, where).output
    metrics = TestClient(app(known, lambda: "", state)).get("/metrics").text
    assert 'metalctl_bmcs{health="ok",power="off"} 3.0' in metrics
