"""A profile that was read before is not parsed again; one that was changed is."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from metalctl.content import profiles
from metalctl.content.errors import ProfileError
from metalctl.model.profile import Profile

_tree = import_module("metalctl.content.profiles._tree")  # a function of the package has the name, too
TEXT = "role: compute\nextends: compute\nrequires: {cpu: {cores: '>= %s'}}\n"


def cores(profile: Profile) -> str:
    return str(profile.requires.cpu.cores if profile.requires.cpu else None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "mine.yaml"
    made.write_text(TEXT % 3)
    return made


def test_the_parser_is_asked_once_for_a_text(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = profiles.load(file)

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("it was parsed before")

    monkeypatch.setattr(_tree, "YAML", asked)
    assert profiles.load(file) == profiles.load(file) == first


def test_a_changed_file_is_read_anew(file: Path) -> None:
    before = cores(profiles.load(file))
    file.write_text(TEXT % 5)
    after = cores(profiles.load(file))
    assert (before == after, "3" in before, "5" in after) == (False, True, True)


def test_two_files_of_one_text_are_told_apart_in_messages(tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml", "one.yaml"):
        (tmp_path / name).write_text("role: compute\nextends: compute\nrequires: {cpus: 3}\n")
        with pytest.raises(ProfileError) as wrong:
            profiles.load(tmp_path / name)
        assert {Path(problem.file).name for problem in wrong.value.problems} == {name}


def test_what_is_remembered_is_bounded() -> None:
    for number in range(_tree._MOST_PARSED + 2):
        list(_tree._events(f"a: {number}\n", "x.yaml"))
    assert 0 < len(_tree._parsed) <= _tree._MOST_PARSED


@pytest.mark.parametrize("text", ["requires: {cpu: [}\n", "a: &x 1\nb: *x\n", "---\na: 1\n---\nb: 2\n"])
def test_what_was_refused_is_refused_again(file: Path, text: str) -> None:
    file.write_text(text)
    for _ in range(2):
        with pytest.raises(ProfileError):
            profiles.load(file)
    assert text not in _tree._parsed
