"""The page of what a site's own files can name says what the code says now, with a meaning for each."""

from __future__ import annotations

from docs import _plugins
from metalctl.bmc.quirks.settings import NAMES
from metalctl.content import requirements
from metalctl.content.errors import Problem


def test_the_page_is_current() -> None:
    assert _plugins.main(["--check"]) == 0, "run: python -m docs._plugins"


def test_a_page_that_was_changed_by_hand_is_stale(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(_plugins, "PAGE", tmp_path / "page.md")
    assert _plugins.main([]) == 0
    assert _plugins.main(["--check"]) == 0
    (tmp_path / "page.md").write_text(_plugins.page().replace("`etag`", "`tag`"))
    assert _plugins.main(["--check"]) == 1


def test_every_setting_of_a_quirk_has_its_meaning() -> None:
    listed = {name.strip("`"): meaning for name, _, meaning in _plugins.settings()}
    assert tuple(listed) == NAMES
    assert all(listed.values())


def test_every_argument_has_its_meaning() -> None:
    listed = dict(_plugins.arguments())
    assert len(listed) > 12
    assert all(listed.values())
    assert "`machine`" in listed


def test_a_requirement_can_compare_every_fact_that_is_listed(tmp_path) -> None:
    listed, single = _plugins.facts()
    texts = [f"fact: {name}" for name in single]
    for name, names in listed:
        texts += [f"parts: {name.strip('`')}\njudged: {one.strip('`')}" for one in names.split(", ")]
    problems: list[Problem] = []
    for number, text in enumerate(texts):
        file = tmp_path / f"r{number}.yaml"
        file.write_text(f"about: a\nremedy: b\n{text}\n")
        assert requirements.read(file, problems), problems
    assert len(texts) > 150
    assert "cpu.microcode" not in single  # a list of words: there is no single value to compare
