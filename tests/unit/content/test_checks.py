"""The catalogue of checks is read, never imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.content import checks


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path))
    (tmp_path / "checks").mkdir()
    return tmp_path / "checks"


def test_every_shipped_check_has_a_manual_and_states_its_limits() -> None:
    known = checks.catalogue()
    assert len(known) >= 16
    for check in known.values():
        assert not check.broken
        assert check.summary, check.name
        assert check.limits is not None, check.name
        assert "component" in check.facts, check.name


def test_a_check_is_not_run_by_being_listed(folder: Path) -> None:
    (folder / "own_disk.py").write_text('"""Mine."""\nraise SystemExit("it was imported")\n')
    own = checks.catalogue()["own-disk"]
    assert (own.summary, own.limits) == ("Mine.", None)


def test_a_file_that_is_no_python_is_listed_with_its_fault(folder: Path) -> None:
    (folder / "own.py").write_text("def :\n")
    assert "cannot be read" in checks.catalogue()["own"].summary


def test_limits_come_from_the_decorator(folder: Path) -> None:
    (folder / "own.py").write_text(
        '"""Mine."""\n@check(component="x", needs=("a", "b"),'
        ' limits={"min_a": REQUIRED, "max_b": None, "runtime": 60.0})\n'
        "def test_own(): ...\n"
    )
    own = checks.catalogue()["own"]
    assert own.facts == {"component": "x", "needs": "a b"}
    assert own.limits == {"min_a": "required", "max_b": "none", "runtime": "60.0"}


def test_a_sites_check_comes_before_the_shipped_one(folder: Path) -> None:
    (folder / "mtu.py").write_text('"""Our own."""\n')
    assert checks.catalogue()["mtu"].summary == "Our own."
    (folder / "mtu.py").write_text('"""Our own, changed."""\n')
    assert checks.catalogue()["mtu"].summary == "Our own, changed."
