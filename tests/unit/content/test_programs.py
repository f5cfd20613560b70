"""Programs are those of PATH and of the sbin beside it, and no others."""

from __future__ import annotations

import pytest

from metalctl.content import programs


@pytest.mark.parametrize(
    ("path", "found"),
    [("/usr/bin:/bin", "/usr/bin:/bin:/usr/sbin:/sbin"), ("/usr/sbin:/usr/bin", "/usr/sbin:/usr/bin"),
     ("/home/x/.cache/bin/", "/home/x/.cache/bin/:/home/x/.cache/sbin"), ("/opt/tools", "/opt/tools"),
     (":/opt/xbin:", "/opt/xbin")],
)  # fmt: skip
def test_beside_each_bin_its_sbin_is_searched(monkeypatch: pytest.MonkeyPatch, path: str, found: str) -> None:
    monkeypatch.setenv("PATH", path)
    assert programs.search_path() == found
