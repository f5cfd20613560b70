"""What `doctor` looks at."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from metalctl.content import host
from metalctl.content.errors import ContentError
from metalctl.model.verdict import Verdict
from tests.unit.waiting import quiet_socket


def look(looks: list[host.Look], what: str) -> host.Look:
    return next(item for item in looks if item.what.startswith(what))


def test_the_sections_hold_names_and_no_remarks() -> None:
    assert "dnsmasq-base" in host.packages("serve")
    assert "qemu-system-x86" in host.packages("lab")
    for section in ("base", *host.PURPOSES):
        assert all(name.replace("-", "").replace(".", "").replace("+", "").isalnum() for name in host.packages(section))
    with pytest.raises(ContentError, match="no section"):
        host.packages("nonesuch")


def test_the_shell_reads_the_same_list() -> None:
    """./dev reads it with awk, where there is no Python environment yet."""
    awk = "awk -v want=\"[serve]\" '/^\\[/ {on = ($0 == want)} on && !/^[[#]/ && NF {print $1}' pxe/host-packages.txt"
    root = Path(host.__file__).parents[2]
    output = subprocess.run(["bash", "-c", awk], cwd=root, capture_output=True, text=True, check=True).stdout
    assert output.split() == host.packages("serve")


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path))
    (tmp_path / "pxe").mkdir()
    (tmp_path / "pxe/host-packages.txt").write_text("[serve]\nbase-files\nno-such-package  # remark\n")
    found = look(host.examine(), "Debian packages")
    assert found.verdict is Verdict.FAIL
    assert "1 of 2 installed, missing: no-such-package" in found.got
    assert found.mend.endswith("install -y --no-install-recommends no-such-package")


def test_no_debian_is_unknown_and_not_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert look(host.examine(), "Debian packages").verdict is Verdict.UNKNOWN


def test_too_little_space_is_told_with_the_variable_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(host.SPACE, "cache", 2**60)
    found = look(host.examine(), "space for the cache")
    assert found.verdict is Verdict.FAIL
    assert "XDG_CACHE_HOME" in found.mend


def test_a_port_in_use_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with quiet_socket("") as taken:
        number = taken.getsockname()[1]
        monkeypatch.setattr(host, "PORTS", {number: "DHCP"})
        found = look(host.examine(), f"port {number}/udp")
        assert (found.verdict, found.got) == (Verdict.FAIL, "in use")
        assert "ss -lunp" in found.mend
    assert look(host.examine(), f"port {number}/udp").verdict is Verdict.PASS
