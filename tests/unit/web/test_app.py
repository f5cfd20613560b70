"""The pages, asked as a browser asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from metalctl.engine.state import StateDir
from metalctl.model.stage import Condition, Stage
from metalctl.store import enrollments, nodes
from metalctl.store.database import open_database, sqlite_url
from metalctl.web import live
from metalctl.web.app import app


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(sqlite_url(tmp_path / "m.db"))
    yield engine
    engine.dispose()


@pytest.fixture
def enrolled(database: Engine) -> str:
    with database.begin() as connection:
        batch = enrollments.new_batch(connection, {})
        nodes.put(connection, "n1", "https://127.0.0.9", "env:X", "lab/compute")
        return enrollments.new(connection, "n1", batch, "lab/compute")


def browser(database: Engine, failure: str = "") -> TestClient:
    state = StateDir(Path(str(database.url.database)).parent)
    return TestClient(app(database, lambda: failure, state))


def test_before_anything_was_enrolled_the_first_page_says_so(database: Engine) -> None:
    answer = browser(database).get("/")
    assert (answer.status_code, "nothing was enrolled" in answer.text) == (404, True)


def test_a_node_under_way_has_a_page_that_looks_again(database: Engine, enrolled: str) -> None:
    for path in ("/", "/nodes/n1"):
        answer = browser(database).get(path)
        assert (answer.status_code, answer.headers.get("refresh")) == (200, "5")
        assert "n1" in answer.text


def test_a_page_of_a_node_that_ended_stands_still(database: Engine, enrolled: str) -> None:
    with database.begin() as connection:
        enrollments.change(connection, enrolled, stage=Stage.MATCHED.value, condition=Condition.FAILED.value)
    assert "refresh" not in browser(database).get("/nodes/n1").headers


def test_each_link_of_a_page_leads_to_a_page(database: Engine, enrolled: str) -> None:
    with database.connect() as connection:
        batch = enrollments.get(connection, enrolled).batch
    pages = browser(database)
    for address in ("/", f"/batches/{batch}", "/nodes/n1"):
        links = re.findall(r'href="([^"]+)"', pages.get(address).text)
        assert links or address.startswith("/nodes"), address
        for link in links:
            found = pages.get(urljoin(address, link))
            assert (found.status_code, "n1" in found.text) == (200, True), f"{address} → {link}"


def test_a_node_whose_profile_is_gone_is_told_in_a_sentence(database: Engine, enrolled: str) -> None:
    with database.begin() as connection:
        enrollments.change(connection, enrolled, profile="was-renamed")
    answer = browser(database).get("/nodes/n1")
    assert (answer.status_code, "was-renamed" in answer.text) == (500, True)
    assert browser(database).get("/api/nodes").status_code == 200


def test_an_unknown_node_is_not_found(database: Engine, enrolled: str) -> None:
    assert browser(database).get("/nodes/nobody").status_code == 404


def test_the_json_and_the_metrics_count_the_node(database: Engine, enrolled: str) -> None:
    assert [n["name"] for n in browser(database).get("/api/nodes").json()] == ["n1"]
    metrics = browser(database).get("/metrics").text
    assert 'metalctl_nodes{condition="waiting",stage="discovered"} 1.0' in metrics


def test_health_names_what_failed(database: Engine) -> None:
    assert browser(database).get("/healthz").status_code == 200
    sick = browser(database, "dnsmasq died").get("/healthz")
    assert (sick.status_code, sick.text) == (503, "dnsmasq died")


def test_an_ended_batch_is_shown_as_it_was_written_and_not_made_from_todays_data(
    database: Engine, enrolled: str
) -> None:
    with database.begin() as connection:
        enrollments.change(connection, enrolled, stage=Stage.MATCHED.value, condition=Condition.FAILED.value)
        batch = enrollments.get(connection, enrolled).batch
    folder = StateDir(Path(str(database.url.database)).parent).reports(batch)
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("the batch of that day")
    (folder / "n1.html").write_text("the node of that day")
    pages = browser(database)
    assert pages.get("/").text == pages.get(f"/batches/{batch}").text == "the batch of that day"
    assert pages.get("/nodes/n1").text == "the node of that day"


def test_viewers_of_one_second_share_a_page(database: Engine, enrolled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(live, "render", lambda batch, rows: made.append(batch) or f"n1 {len(rows)}")
    pages = browser(database)
    for _ in range(5):
        assert pages.get("/").text == "n1 1"
    assert len(made) == 1
