"""Pages are evidence: those of an earlier attempt are kept, and a batch's page leaves those of its nodes alone."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from metalctl.engine.evidence.reporter import Reporter
from metalctl.engine.state import StateDir
from metalctl.model.stage import Condition
from metalctl.store import enrollments


def ended(database: Engine, state: StateDir, enrollment: str, attempt: int) -> None:
    """An attempt ends, and its pages are written."""
    with database.begin() as connection:
        enrollments.change(connection, enrollment, condition=Condition.FAILED.value, attempt=attempt)
    Reporter(database, state, print).look()


def test_the_pages_of_an_earlier_attempt_are_kept(
    database: Engine, state: StateDir, enrolled: Callable[..., str]
) -> None:
    enrollment = enrolled()
    ended(database, state, enrollment, 1)
    (folder,) = (path.parent for path in state.path.rglob("n1.html"))
    first = {name: (folder / name).read_bytes() for name in ("n1.html", "n1.junit.xml", "n1.json")}
    ended(database, state, enrollment, 2)
    kept = {name.replace("n1.", "n1.attempt-1."): data for name, data in first.items()}
    assert {name: (folder / name).read_bytes() for name in kept} == kept
    ended(database, state, enrollment, 3)
    assert {p.name for p in folder.glob("n1.*html")} == {"n1.html", "n1.attempt-1.html", "n1.attempt-2.html"}
    assert {name: (folder / name).read_bytes() for name in kept} == kept


def test_the_page_of_a_batch_leaves_those_of_its_nodes_as_they_were(
    database: Engine, state: StateDir, enrolled: Callable[..., str]
) -> None:
    enrollment = enrolled()
    ended(database, state, enrollment, 1)
    (page,) = state.path.rglob("n1.html")
    page.write_text("evidence")
    from metalctl.engine.evidence import reporting

    with database.connect() as connection:
        batch = enrollments.get(connection, enrollment).batch
    reporting.write_batch(database, state, batch)
    assert page.read_text() == "evidence"
    assert (page.parent / "index.html").exists()
