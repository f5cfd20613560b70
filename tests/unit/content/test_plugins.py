"""A plug-in in Python is loaded only where nobody else can write, and a broken one is named by file and line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from metalctl.content import plugins
from metalctl.content.errors import PluginError
from metalctl.model.errors import UsageError

GOOD = "def work():\n    return 7\n"


def put(folder: Path, text: str = GOOD) -> Path:
    file = folder / "targets" / "own.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(0o644)
    file.parent.chmod(0o755)
    return file


def test_a_file_of_ours_is_loaded_once_a_version_and_leaves_no_byte_code(tmp_path: Path) -> None:
    file = put(tmp_path)
    module = plugins.load(file, ("work",))
    assert module.work() == 7
    assert plugins.load(file, ("work",)) is module
    assert list(file.parent.iterdir()) == [file]
    file.write_text("def work():\n    return 8\n")
    os.utime(file, ns=(1, 1))
    assert plugins.load(file, ("work",)).work() == 8


@pytest.mark.parametrize("what", ["file", "folder", "folder above"])
def test_what_others_can_write_to_is_not_loaded(tmp_path: Path, what: str) -> None:
    file = put(tmp_path)
    {"file": file, "folder": file.parent, "folder above": tmp_path}[what].chmod(0o777)
    with pytest.raises(PluginError, match="other users can write") as refused:
        plugins.load(file, ("work",))
    assert "chmod" in refused.value.hint
    assert isinstance(refused.value, UsageError)


def test_a_folder_with_the_sticky_bit_is_fine(tmp_path: Path) -> None:
    file = put(tmp_path)
    tmp_path.chmod(0o1777)
    assert plugins.load(file, ("work",)).work() == 7


def test_a_link_into_a_folder_of_others_is_followed_and_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    real = put(elsewhere)
    elsewhere.chmod(0o777)
    file = put(tmp_path)
    file.unlink()
    file.symlink_to(real)
    with pytest.raises(PluginError, match="other users"):
        plugins.load(file, ("work",))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_not_loaded(tmp_path: Path) -> None:
    file = put(tmp_path)
    os.chown(file, 65534, 65534)
    with pytest.raises(PluginError, match="user id 65534"):
        plugins.load(file, ("work",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def work(:\n", r"own\.py:1: "),
        ("import nonesuch_module\n", r"own\.py:1: ModuleNotFoundError"),
        ("x = 1\nraise KeyError('a')\n", r"own\.py:2: KeyError"),
        ("x = 1\n", r"own\.py: the function work is missing"),
    ],
)
def test_a_broken_one_is_named_by_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        plugins.load(put(tmp_path, text), ("work",))


def test_what_it_raises_later_is_named_by_the_line_in_the_file(tmp_path: Path) -> None:
    file = put(tmp_path, "def work():\n    return {}['serial']\n")
    module = plugins.load(file, ("work",))
    with pytest.raises(PluginError, match=r"own\.py:2: KeyError: 'serial'"), plugins.calling(file):
        module.work()


def test_they_are_found_in_the_sites_folders_only_and_the_first_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        put(folder)
    (second / "targets" / "_helper.py").write_text("")
    (second / "targets" / "more.py").write_text("")
    monkeypatch.setenv("METALCTL_CONTENT", f"{first}:{second}")
    assert plugins.found("targets") == {"own": first / "targets/own.py", "more": second / "targets/more.py"}
    assert "bond" not in plugins.found("checks")
