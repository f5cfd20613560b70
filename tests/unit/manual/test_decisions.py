"""docs/decisions: numbered without gaps, each with its status, all in the index and in the site's navigation."""

from __future__ import annotations

import re

import pytest

from ._pages import HERE

FOLDER = HERE / "docs" / "decisions"
FILES = sorted(p.name for p in FOLDER.glob("*.md") if p.name != "index.md")
STATES = ("accepted", "amended by", "replaced by", "proposed")


def test_the_numbers_have_no_gap() -> None:
    assert [name[:5] for name in FILES] == [f"{n:04d}-" for n in range(1, len(FILES) + 1)]


@pytest.mark.parametrize("file", FILES)
def test_a_decision_begins_with_its_number_and_its_status(file: str) -> None:
    title, empty, status = (FOLDER / file).read_text().splitlines()[:3]
    assert re.fullmatch(rf"# {file[:4]} [^:]+", title), title
    assert (empty, status.partition(" ")[0]) == ("", "Status:")
    assert status.removeprefix("Status: ").startswith(STATES), status


@pytest.mark.parametrize("file", FILES)
def test_a_decision_names_no_decision_that_is_not_there(file: str) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", (FOLDER / file).read_text(), flags=re.DOTALL)
    named = set(re.findall(r"(?<![\w.:/-])00\d\d(?![\w:-])", text))
    assert named <= {name[:4] for name in FILES}


def test_the_index_and_the_navigation_list_every_decision() -> None:
    index, site = (FOLDER / "index.md").read_text(), (HERE / "mkdocs.yml").read_text()
    for file in FILES:
        title = (FOLDER / file).read_text().splitlines()[0].removeprefix("# ")
        assert f"[{title}]({file})" in index, file
        assert f"decisions/{file}" in site, file
