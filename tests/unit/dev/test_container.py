"""The recipe of the container image, which cannot be built here: what can be held of it without a registry."""

from __future__ import annotations

import json
import re
from pathlib import Path

from metalctl.cli.main import COMMANDS
from metalctl.content import host

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "packaging/Containerfile").read_text()
LINES = re.sub(r"\\\n", " ", "\n".join(line for line in TEXT.splitlines() if not line.startswith("#"))).splitlines()


def installed() -> list[str]:
    """The words of each apt-get install."""
    calls = re.findall(r"apt-get install ([^&|;]*)", "\n".join(LINES))
    return [word for call in calls for word in call.split() if not word.startswith("-")]


def test_every_package_that_it_names_is_a_declared_one() -> None:
    names = [word for word in installed() if not word.endswith(".deb")]
    assert names
    assert set(names) <= {*host.packages("base"), *host.packages("serve")}


def test_it_installs_the_package_that_dev_deb_writes() -> None:
    (copied,) = [line.split()[1] for line in LINES if line.startswith("COPY ")]
    assert copied == "dist/metalctl_*.deb"
    assert [word for word in installed() if word.endswith(".deb")] == ["/tmp/metalctl_*.deb"]
    assert "./dev deb" in TEXT
    maker = (ROOT / "packaging/deb/make_deb.py").read_text()
    assert "ROOT / 'dist'" in maker
    assert "/usr/bin/metalctl" in maker


def test_it_starts_what_the_unit_starts_in_the_same_places() -> None:
    program, words = (json.loads(line.partition(" ")[2]) for line in LINES if line.startswith(("ENTRYPOINT", "CMD")))
    assert words[0] in COMMANDS
    unit = (ROOT / "pxe/systemd/metalctl.service.j2").read_text()
    (settings,) = [line for line in unit.splitlines() if line.startswith("Environment=")]
    assert f"ENV {settings.removeprefix('Environment=')}" in LINES
    assert [*program, *words] == ["/usr/bin/metalctl", "serve", "--config", "/etc/metalctl/metalctl.yaml"]


def test_it_says_that_it_was_never_built() -> None:
    assert "It was never built" in TEXT
