"""The pages, asked as a browser asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from urllib.parse import urljoin

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from metalctl.engine.state import StateDir
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.stage import Condition, Stage
from metalctl.store import enrollments, evidence, nodes, pairs
from metalctl.store.database import open_database, sqlite_url
from metalctl.store.evidence import RunRow
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


def test_the_pair_tests_of_a_batch_are_a_matrix_that_names_what_is_to_blame(database: Engine) -> None:
    names = ["n1", "n2", "n3", "n4"]
    with database.begin() as connection:
        batch = enrollments.new_batch(connection, {})
        ids = {}
        for name in names:
            nodes.put(connection, name, f"https://127.0.0.9?{name}", "env:X", "lab/compute")
            ids[name] = enrollments.new(connection, name, batch, "lab/compute")
        for number, (a, b) in enumerate(combinations(names, 2)):
            pair = pairs.Pair(batch, number, ids[a], ids[b], 5201, pairs.ENDED)
            pairs.schedule(connection, [pair])
            rate = 1e9 if "n2" in (a, b) else 3e9
            measured = tuple(Measurement(way, rate, "b/s", at_least=2e9) for way in ("forward", "reverse"))
            results = [CheckResult("iperf3", measured[0].verdict, measurements=measured)]
            for end in pair.ends:
                row = RunRow(pair.run(end), end, "peer", "quick", "b", state="finished", results=results)
                evidence.save_run(connection, row)
    text = browser(database).get(f"/batches/{batch}/pairs").text
    assert re.findall(r'<g class="(\w+)"><rect', text).count("fail") == 2 * 3
    assert re.findall(r'<g class="(\w+)"><rect', text).count("pass") == 2 * 3
    assert "n2 → n3 1 Gb/s" in text
    assert "NIC, cable or switch port of n2: slow with n1, n3, n4 (1 Gb/s)" in text
    assert "n1: " not in text


def test_a_batch_without_pair_tests_says_so(database: Engine, enrolled: str) -> None:
    with database.connect() as connection:
        batch = enrollments.get(connection, enrolled).batch
    assert "No pair was measured yet" in browser(database).get(f"/batches/{batch}/pairs").text
