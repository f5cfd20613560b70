"""A row moves to another BMC only when the machine there is that node, or when an operator takes it unseen by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from metalctl.engine import operate
from metalctl.engine.reach import credentials
from metalctl.lab.fleet import FleetSettings, load_tree
from metalctl.model.errors import UsageError
from metalctl.model.identity import Identity
from metalctl.model.stage import Condition, Stage
from metalctl.store import audit, enrollments, nodes
from tests.unit.lab.fleet.conftest import PASSWORD, Running, serving


@pytest.fixture
def rack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    settings = FleetSettings(count=3, tls=True, base="127.78.40.1")
    with serving(load_tree("compute"), settings) as running:
        monkeypatch.setenv("BMC_USERNAME", running.fleet.username)
        monkeypatch.setenv("BMC_PASSWORD", PASSWORD)
        monkeypatch.setenv("OLD_USERNAME", running.fleet.username)
        monkeypatch.setenv("OLD_PASSWORD", "another")
        yield running


def where(rack: Running, index: int) -> str:
    return f"https://{rack.fleet.bmcs[index].address}:{rack.fleet.port}"


@pytest.fixture
def known(rack: Running, database: Engine, enrolled: Callable[..., str]) -> Engine:
    """n1 at the first BMC, n2 at the second: read, recorded, and ended."""
    for index, name in enumerate(("n1", "n2")):
        enrollment = enrolled(name)
        with database.begin() as connection:
            nodes.change(connection, name, bmc=where(rack, index), credential="env:BMC", fingerprint="")
            enrollments.change(connection, enrollment, stage=Stage.MATCHED.value, condition=Condition.FAILED.value)
        with credentials.connect(database, at(database, name)) as session:
            identity, fingerprint = session.identity(), session.endpoint.fingerprint
        assert fingerprint
        with database.begin() as connection:
            nodes.set_identity(connection, name, identity)
            nodes.change(connection, name, fingerprint=fingerprint)
    return database


def at(database: Engine, name: str) -> nodes.Node:
    with database.connect() as connection:
        return nodes.get(connection, name)


def told(database: Engine, name: str) -> list[dict[str, object]]:
    with database.connect() as connection:
        return [row["detail"] for row in audit.of_node(connection, name) if row["action"] == "readdress"]


def put(database: Engine, name: str, **values: object) -> None:
    with database.begin() as connection:
        nodes.change(connection, name, **values)


def test_swapped_cables_are_put_right_and_each_is_seen(known: Engine, rack: Running) -> None:
    put(known, "n1", bmc="moving")
    put(known, "n2", bmc=where(rack, 0))
    put(known, "n1", bmc=where(rack, 1))
    before = at(known, "n1").fingerprint
    done = operate.readdress(known, "n1", swap_with="n2", actor="ann", why="cables")
    assert [one.node for one in done] == ["n1", "n2"]
    assert all("serial" in one.said for one in done)
    assert (at(known, "n1").bmc, at(known, "n2").bmc) == (where(rack, 0), where(rack, 1))
    assert at(known, "n1").fingerprint == before, "the certificate that was seen stays recorded"
    assert "serial" in str(told(known, "n1")[0]["seen"])


def test_a_swap_of_two_that_were_not_swapped_is_refused(known: Engine, rack: Running) -> None:
    with pytest.raises(UsageError, match=r"is not n1: serial .* is not") as refused:
        operate.readdress(known, "n1", swap_with="n2", actor="ann", unseen=("n1", "n2"))
    assert "nothing was changed" in refused.value.hint
    assert (at(known, "n1").bmc, at(known, "n2").bmc) == (where(rack, 0), where(rack, 1))
    assert told(known, "n1") == []


def test_an_address_of_another_machine_is_refused(known: Engine, rack: Running) -> None:
    with pytest.raises(UsageError, match="is not n1"):
        operate.readdress(known, "n1", where(rack, 2), actor="ann", unseen=("n1",))
    assert at(known, "n1").bmc == where(rack, 0)


@pytest.mark.parametrize("case", ["silent", "password", "certificate", "nameless", "secret"])
def test_what_nobody_could_tell_is_refused_unless_it_is_named(
    case: str, known: Engine, rack: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = where(rack, 2)
    if case == "silent":
        wanted = "https://127.78.40.200:9"
    elif case == "password":
        put(known, "n1", credential="env:OLD")
    elif case == "certificate":
        put(known, "n1", fingerprint="ab" * 32)
    elif case == "secret":
        put(known, "n1", credential="env:GONE")
    else:
        with known.begin() as connection:
            nodes.set_identity(connection, "n1", Identity())
    with pytest.raises(UsageError, match="metalctl cannot check") as refused:
        operate.readdress(known, "n1", wanted, actor="ann")
    assert "--unseen n1" in refused.value.hint
    assert at(known, "n1").bmc == where(rack, 0)
    (done,) = operate.readdress(known, "n1", wanted, actor="ann", unseen=("n1",))
    assert "unseen" in done.said
    assert (at(known, "n1").bmc, at(known, "n1").fingerprint) == (wanted, "")
    assert told(known, "n1")[0]["seen"] == ""


def test_a_stranger_with_another_certificate_is_sent_no_credential(
    known: Engine, rack: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(known, "n1", fingerprint="ab" * 32, credential="env:OLD")
    with pytest.raises(UsageError, match="certificate"):
        operate.readdress(known, "n1", where(rack, 2), actor="ann")


def test_only_nodes_that_are_moved_may_be_named_unseen(known: Engine, rack: Running) -> None:
    with pytest.raises(UsageError, match="n9 is not one of the nodes"):
        operate.readdress(known, "n1", where(rack, 2), actor="ann", unseen=("n9",))
    with pytest.raises(UsageError, match="itself"):
        operate.readdress(known, "n1", swap_with="n1", actor="ann")


def test_a_row_that_changed_while_the_bmc_was_asked_is_left_alone(known: Engine, rack: Running) -> None:
    def slow(database: Engine, node: nodes.Node) -> object:
        put(database, "n1", credential="env:NEW")
        return credentials.connect(database, node)

    put(known, "n1", bmc="https://127.78.40.200:9")
    with pytest.raises(UsageError, match="changed by another"):
        operate.readdress(known, "n1", where(rack, 0), actor="ann", open_bmc=slow)  # type: ignore[arg-type]
    assert at(known, "n1").bmc == "https://127.78.40.200:9"
