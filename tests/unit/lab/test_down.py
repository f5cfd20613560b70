"""Taking a lab's files away while somebody else does the same."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from metalctl.lab.rack.lifecycle import _rmtree


def test_two_at_once_both_come_to_the_end(tmp_path: Path) -> None:
    tree = tmp_path / "lab"
    for number in range(300):
        (tree / f"d{number}").mkdir(parents=True)
        (tree / f"d{number}" / "redfish.conf").touch()
    failures: list[OSError] = []

    def remove() -> None:
        try:
            _rmtree(tree)
        except OSError as failure:
            failures.append(failure)

    both = [threading.Thread(target=remove) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert failures == []
    assert not tree.exists()


def test_another_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "lab").mkdir()
    monkeypatch.setattr(os, "rmdir", refuse)
    with pytest.raises(PermissionError):
        _rmtree(tmp_path / "lab")
