"""Where packages come from: $METALCTL_DEBIAN_MIRROR, else the host's own Debian mirror, else the public one.

The host's apt sources (one-line and deb822) are read for entries whose suite belongs to the wanted release, so that a
site's mirror is used without asking. An Ubuntu host has none of them: the public mirror and Debian's keyring are used.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PUBLIC = "http://deb.debian.org/debian"
PUBLIC_SECURITY = "http://deb.debian.org/debian-security"
ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+\S")

Source = tuple[str, str]  # mirror, suite


def suites(release: str) -> tuple[str, ...]:
    """The suites of a release that an image is made of."""
    return (release, f"{release}-updates", f"{release}-security")


def lines(release: str, components: Sequence[str], apt: Path = Path("/etc/apt")) -> list[str]:
    """`deb` lines for the release: see the module's words for whose mirror."""
    override = os.environ.get("METALCTL_DEBIAN_MIRROR")
    if override:
        found: list[Source] = [(override, release), (override, f"{release}-updates")]
    else:
        found = list(host_sources(apt, release)) or [
            (PUBLIC, release), (PUBLIC, f"{release}-updates"), (PUBLIC_SECURITY, f"{release}-security")
        ]  # fmt: skip
    parts = " ".join(components)
    return [f"deb [signed-by={KEYRING}] {uri} {suite} {parts}" for uri, suite in dict.fromkeys(found)]


def host_sources(apt: Path, release: str) -> Iterator[Source]:
    """(mirror, suite) of the host's entries that belong to the release."""
    wanted = suites(release)
    texts = [p.read_text() for p in (apt / "sources.list", *sorted(apt.glob("sources.list.d/*.list"))) if p.is_file()]
    for text in texts:
        yield from (pair for pair in one_line(text) if pair[1] in wanted)
    for path in sorted(apt.glob("sources.list.d/*.sources")):
        yield from (pair for pair in deb822(path.read_text()) if pair[1] in wanted)


def one_line(text: str) -> Iterator[Source]:
    """(mirror, suite) of each `deb` line."""
    for line in text.splitlines():
        match = ONE_LINE.match(line.strip())
        if match:
            yield match["uri"], match["suite"]


def deb822(text: str) -> Iterator[Source]:
    """(mirror, suite) of each enabled stanza of a .sources file."""
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(_fields(stanza.splitlines()))
        if fields.get("enabled", "yes") != "no" and "deb" in fields.get("types", "").split():
            yield from (
                (uri, suite) for uri in fields.get("uris", "").split() for suite in fields.get("suites", "").split()
            )


def _fields(stanza: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in stanza:
        name, colon, value = line.partition(":")
        if colon and name and not name[0].isspace() and name[0] != "#":
            yield name.lower(), value.strip()
