"""The drawings of the manual are what the code says now, and the map of the house names places that are there."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs._pictures import __main__ as pictures
from docs._pictures import house, path, site
from metalctl.engine.pipeline.spine import SPINE

from ._pages import HERE


def test_each_drawing_is_current() -> None:
    assert pictures.stale() == [], "run: python -m docs._pictures"


def test_a_drawing_that_was_changed_by_hand_is_stale(tmp_path: Path) -> None:
    for name, text in pictures.drawings().items():
        (tmp_path / name).write_text(text if name != "path.svg" else text + " ")
    assert pictures.stale(tmp_path) == ["path.svg"]


@pytest.mark.parametrize("name", pictures.DRAWN)
def test_a_drawing_is_whole_and_says_what_it_shows(name: str) -> None:
    root = ElementTree.fromstring((HERE / "docs" / "img" / name).read_text())
    assert root.get("aria-label")
    assert len(root.findall(".//{*}text")) > 8


def test_every_room_and_every_stage_is_drawn() -> None:
    rooms = {p.parent.name for p in (HERE / "metalctl").glob("*/__init__.py")}
    assert {room for floor in house.floors() for room in floor} == rooms
    assert path.TOLD.keys() == {spec.stage for spec in SPINE}


def test_who_imports_whom_is_read_from_the_sources() -> None:
    assert {"engine", "bmc"} <= house.imports("cli")
    assert house.imports("model") == set()


def named() -> list[str]:
    """The places that the map of the house names, without patterns."""
    text = (HERE / "ARCHITECTURE.md").read_text()
    places = re.findall(r"`((?:metalctl|checks|profiles|pxe|reports|tests|docs|bench)/[\w./-]*)`", text)
    return sorted({place for place in places if "NAME" not in place})


@pytest.mark.parametrize("place", named())
def test_a_place_that_the_map_names_is_there(place: str) -> None:
    assert (HERE / place).exists()


def test_an_option_is_not_broken_at_its_hyphens_and_a_block_of_code_stays_as_it_is() -> None:
    page = "<p><code>enroll --retry NODE</code></p><pre><code>a --b</code></pre>"
    kept = '<p><code>enroll <span class="word">--retry</span> NODE</code></p><pre><code>a --b</code></pre>'
    assert site.on_page_content(page) == kept
    assert "span" not in site.unbroken("no hyphen " + "-" * 41)


def test_links_of_a_page_at_the_top_are_turned_for_the_site() -> None:
    assert (
        site.turned("[a](docs/b.md) ![c](docs/img/d.svg) [e](x.md)", 1) == "[a](../b.md) ![c](../img/d.svg) [e](x.md)"
    )
