"""The pages, JUnit and JSON: offline, complete, and harmless whatever a machine calls itself."""

from __future__ import annotations

import hashlib
import json
import math
import re
import weakref
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from metalctl.model.codec import encode
from metalctl.model.dossier import Dossier, Run
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.verdict import Verdict
from metalctl.report import read_dossiers, write_batch, write_node
from metalctl.report.errors import BadDossier

Sample = Callable[[str], Dossier]
HOSTILE = "<script>alert(1)</script>\"'&\x00\x1b[31m\ud800\u202e]]>"


class Tags(HTMLParser):
    """Names of tags and attributes, and text outside of styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def page(dossier: Dossier, directory: Path) -> tuple[str, Tags]:
    write_node(dossier, directory)
    text = (directory / f"{dossier.node}.html").read_text()
    tags = Tags()
    tags.feed(text)
    return text, tags


def hostile(value: object) -> object:
    """The same JSON with every free text made hostile."""
    if isinstance(value, dict):
        closed = ("stage", "condition", "verdict", "severity", "kind", "source", "node", "enrollment")
        return {k: v if k in closed else hostile(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(v) for v in value]
    return HOSTILE if isinstance(value, str) else value


@pytest.mark.parametrize("name", ["accepted", "waived", "failed", "undecided", "controller"])
def test_a_page_fetches_nothing_and_runs_nothing(sample: Sample, tmp_path: Path, name: str) -> None:
    text, tags = page(sample(name), tmp_path)
    assert not tags.tags & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"url\(|@import", text)
    assert not tags.links


def test_the_page_says_verdict_part_and_remedy_of_a_failed_node(sample: Sample, tmp_path: Path) -> None:
    _, tags = page(sample("failed"), tmp_path)
    for words in ("FAILED", "bay 12 is empty", "put an 8 TB disk into bay 12", "EMULATED: not real hardware"):
        assert words in tags.text


def test_real_hardware_is_not_called_emulated(sample: Sample, tmp_path: Path) -> None:
    assert "EMULATED" not in page(sample("accepted"), tmp_path)[1].text


def test_the_page_shows_measurement_limit_waiver_installation_and_what_was_not_tried(
    sample: Sample, tmp_path: Path
) -> None:
    _, tags = page(sample("waived"), tmp_path)
    expected = ("144 MiB/s", "≥ 171.7 MiB/s", "RMA 4471", "m.okafor", "ab" * 32, "stage handed-over: not reached")
    for words in expected:
        assert words in tags.text


def test_hostile_text_is_harmless_in_the_page_and_in_junit(sample: Sample, tmp_path: Path) -> None:
    from metalctl.model.codec import decode

    dossier = decode(Dossier, hostile(encode(sample("waived"))))
    text, tags = page(dossier, tmp_path)
    assert "script" not in tags.tags
    assert not {a for a in tags.attributes if a.startswith("on")}
    assert "<script>alert(1)" in tags.text
    assert not re.search("[\x00\x1b\u202e]", text)
    junit = (tmp_path / f"{dossier.node}.junit.xml").read_bytes()
    cases = ET.fromstring(junit).findall(".//testcase")
    assert "<script>alert(1)</script>" in cases[0].attrib["name"]
    assert read_dossiers(tmp_path / f"{dossier.node}.json") == [dossier]


def test_a_node_name_cannot_leave_the_directory(sample: Sample, tmp_path: Path) -> None:
    for artifact in write_node(replace(sample("failed"), node="../../etc/x"), tmp_path / "out"):
        assert Path(artifact.path).resolve().parent == tmp_path / "out"


def test_junit_has_a_case_for_each_finding_and_result_with_its_kind(sample: Sample, tmp_path: Path) -> None:
    write_batch([sample(n) for n in ("failed", "undecided", "waived")], tmp_path)
    suites = {s.attrib["name"]: s for s in ET.parse(tmp_path / "batch.junit.xml").iter("testsuite")}
    failed, undecided, waived = suites["storage-02"], suites["compute-02"], suites["storage-01"]
    assert (failed.attrib["failures"], failed.attrib["errors"], failed.attrib["skipped"]) == ("2", "0", "1")
    assert (undecided.attrib["failures"], undecided.attrib["errors"]) == ("0", "1")
    assert waived.attrib["failures"] == "0"
    text = ET.tostring(waived, encoding="unicode")
    assert "waived by m.okafor" in text
    assert len(failed.findall("testcase")) == 9
    skipped = failed.find(".//skipped")
    assert skipped is not None
    assert "no plan was given" in skipped.attrib["message"]


def test_the_json_makes_the_same_dossier_again_even_with_nan(sample: Sample, tmp_path: Path) -> None:
    odd = CheckResult("x", Verdict.UNKNOWN, measurements=(Measurement("m", math.nan, at_least=1.0),))
    dossier = replace(sample("accepted"), runs=(Run("r", "accept", "", "", (odd,)),))
    write_node(dossier, tmp_path)
    text = (tmp_path / "compute-01.json").read_text()
    json.loads(text, parse_constant=lambda c: pytest.fail(f"{c} is no JSON"))
    again = read_dossiers(tmp_path / "compute-01.json")[0]
    assert math.isnan(again.runs[0].results[0].measurements[0].value)
    assert replace(again, runs=()) == replace(dossier, runs=())


def test_the_index_links_to_every_page_that_was_written(sample: Sample, tmp_path: Path) -> None:
    dossiers = [sample("accepted"), sample("failed")]
    artifacts = write_batch(dossiers, tmp_path)
    tags = Tags()
    tags.feed((tmp_path / "index.html").read_text())
    assert tags.links == ["compute-01.html", "storage-02.html"]
    assert all((tmp_path / link).exists() for link in tags.links)
    assert "1 of 2 nodes accepted" in tags.text
    assert "1 of 2 nodes EMULATED" in tags.text
    assert {a.kind for a in artifacts} == {"report", "junit", "dossier"}
    assert read_dossiers(tmp_path / "batch.json") == dossiers


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"dossiers": 3}', '{"node": 1}', "[[[["])
def test_a_file_that_is_no_dossier_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BadDossier, match=r"x\.json"):
        read_dossiers(tmp_path / "x.json")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDossier, match="file not found"):
        read_dossiers(tmp_path / "none.json")


def test_a_batch_is_written_one_node_at_a_time_and_leaves_their_pages_alone(sample: Sample, tmp_path: Path) -> None:
    """What a node's page says was written when it ended; a thousand dossiers at once do not fit into memory."""
    alive: list[weakref.ref[Dossier]] = []

    class Counted(Dossier):
        pass

    def one_by_one() -> Iterator[Dossier]:
        for number in range(6):
            assert sum(made() is not None for made in alive) <= 1
            values = {f.name: getattr(sample("failed"), f.name) for f in fields(Dossier)}
            made = Counted(**{**values, "node": f"n{number}"})
            alive.append(weakref.ref(made))
            yield made

    artifacts = write_batch(one_by_one(), tmp_path, pages=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["batch.json", "batch.junit.xml", "index.html"]
    assert [d.node for d in read_dossiers(tmp_path / "batch.json")] == [f"n{n}" for n in range(6)]
    suites = ET.parse(tmp_path / "batch.junit.xml").getroot()
    assert [len(suites), suites.attrib["tests"], suites.attrib["failures"]] == [6, "54", "12"]
    assert artifacts[2].sha256 == hashlib.sha256((tmp_path / "batch.json").read_bytes()).hexdigest()


def test_a_batch_of_nobody_is_still_whole(tmp_path: Path) -> None:
    write_batch([], tmp_path)
    assert read_dossiers(tmp_path / "batch.json") == []
    assert len(ET.parse(tmp_path / "batch.junit.xml").getroot()) == 0
