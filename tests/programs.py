"""A folder of links to the programs of the declared Debian packages, and nothing else, to run the tests with as PATH.

    /usr/bin/python3 tests/programs.py FOLDER PACKAGE...      prints the PATH

What the tests call and pxe/host-packages.txt does not bring is then missing on every machine, not only on a new one.
The links are those of the named packages, of the Essential ones, of apt, and of what these depend on, all installed.
`bin` and `sbin` are apart, as in /usr. The folder's name says what is in it: an equal set is used again. Plain Python
of the system, under a second: `./dev` calls it before each run.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ALTERNATIVES = Path("/var/lib/dpkg/alternatives")
FIELDS = ("binary:Package", "db:Status-Abbrev", "Package", "Essential", "Pre-Depends", "Depends", "Provides")
PLACE = re.compile(r"/(?:usr/)?(s?bin)/([^/]+)")
KEPT = 30 * 86400.0
"""Seconds that a folder stays after its last use: another run may be at work with it."""


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package. needs: groups of names of which one is enough. asked: its name as dpkg asks for it."""

    name: str
    asked: str
    essential: bool
    needs: tuple[tuple[str, ...], ...]
    provides: tuple[str, ...]


def installed() -> dict[str, Package]:
    """The installed packages by name."""
    form = "\\t".join(f"${{{field}}}" for field in FIELDS) + "\\n"
    rows = [line.split("\t") for line in _ask("-Wf", form).splitlines()]
    found = (_package(row) for row in rows if row[1][1:2] == "i")
    return {package.name: package for package in found}


def _package(row: list[str]) -> Package:
    asked, _, name, essential, early, late, provides = row
    needs = tuple(_names(group, "|") for field in (early, late) for group in field.split(",") if group.strip())
    return Package(name, asked, essential == "yes", needs, _names(provides, ","))


def _names(text: str, separator: str) -> tuple[str, ...]:
    """The packages' names without versions and architectures."""
    return tuple(re.split(r"[\s(:]", one.strip())[0] for one in text.split(separator) if one.strip())


def closure(wanted: Iterable[str], there: Mapping[str, Package]) -> set[str]:
    """The names of these packages (all installed), of the Essential ones, apt, and of all that they depend on."""
    todo = [*wanted, "apt", *(name for name, package in there.items() if package.essential)]
    found: set[str] = set()
    virtual: list[tuple[str, ...]] = []
    while todo or virtual:
        if not todo:  # the rest are names that others provide: only now it is known who is there anyway
            todo = _provided(virtual, found, there)
            virtual = []
            continue
        if (name := todo.pop()) in found:
            continue
        found.add(name)
        for group in there[name].needs:
            real = next((one for one in group if one in there), None)
            todo += [real] if real else []
            virtual += [] if real else [group]
    return found


def _provided(groups: list[tuple[str, ...]], found: set[str], there: Mapping[str, Package]) -> list[str]:
    """One provider for each group that none of `found` provides, the same on each call."""
    chosen: list[str] = []
    for group in groups:
        able = sorted(name for name, package in there.items() if set(group) & set(package.provides))
        if able and not (found | set(chosen)) & set(able):
            chosen.append(able[0])
    return chosen


def files(names: Iterable[str], there: Mapping[str, Package]) -> dict[str, str]:
    """Path as the package calls it → where it lies (another package may have diverted it)."""
    found: dict[str, str] = {}
    last = ""
    for line in _ask("-L", *sorted(there[name].asked for name in names)).splitlines():
        if line.startswith("diverted by ") and " to: " in line:
            found[last] = line.partition(" to: ")[2]
        elif line.startswith("/"):
            last = line
            found.setdefault(line, line)
    return found


def links(shipped: Mapping[str, str]) -> dict[str, str]:
    """Place such as bin/awk or sbin/mkfs.ext4 → the program there."""
    found = {place: real for path, real in shipped.items() if (place := _place(path))}
    real = {os.path.realpath(path) for path in shipped.values()}
    for link, program in chosen(real):
        if place := _place(link):
            found.setdefault(place, program)
    return {place: program for place, program in found.items() if os.access(program, os.X_OK)}


def _place(path: str) -> str:
    match = PLACE.fullmatch(path)
    return "/".join(match.groups()) if match else ""


def chosen(shipped: set[str]) -> Iterator[tuple[str, str]]:
    """(link, program) of update-alternatives: of those that are shipped, the one of the highest priority."""
    for record in sorted(ALTERNATIVES.iterdir()) if ALTERNATIVES.is_dir() else ():
        names, choices = alternative(record.read_text(encoding="utf-8"))
        able = [choice for choice in choices if os.path.realpath(choice[1][0]) in shipped]
        if able:
            yield from ((a, b) for a, b in zip(names, max(able, key=lambda c: c[0])[1], strict=False) if b)


def alternative(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """dpkg's record of one alternative: the links (master first), and of each choice its priority and their targets."""
    lines = text.splitlines()
    names = [lines[1], *lines[3 : lines.index("", 2) : 2]]
    rest, choices = lines[lines.index("", 2) + 1 :], []
    size = len(names) + 1
    for start in range(0, len(rest) - size + 1, size):
        path, priority, *slaves = rest[start : start + size]
        choices.append((int(priority), [path, *slaves]))
    return names, choices


def lay(folder: Path, wanted: Mapping[str, str]) -> Path:
    """The folder below `folder` that holds just these links; made when it is not there."""
    key = hashlib.sha256("\n".join(f"{a} {b}" for a, b in sorted(wanted.items())).encode()).hexdigest()[:16]
    place = folder / key
    if not place.is_dir():
        making = folder / f"{key}.{os.getpid()}"
        for name in ("bin", "sbin"):
            (making / name).mkdir(parents=True)
        for link, program in wanted.items():
            (making / link).symlink_to(program)
        try:
            making.rename(place)
        except OSError:  # another run was faster
            shutil.rmtree(making)
    os.utime(place)
    return place


def forget(folder: Path, now: float) -> None:
    """Remove folders that nobody used for long."""
    for old in folder.iterdir():
        if now - old.stat().st_mtime > KEPT:
            shutil.rmtree(old, ignore_errors=True)


def _ask(*words: str) -> str:
    done = subprocess.run(["dpkg-query", *words], capture_output=True, text=True, check=True)
    return done.stdout


def main(words: list[str]) -> int:
    """The program; see the module's docstring. Exit code 1: a package is not installed."""
    folder, there = Path(words[0]), installed()
    if absent := sorted(set(words[1:]) - there.keys()):
        sys.stderr.write(f"not installed: {' '.join(absent)}\n")
        return 1
    place = lay(folder, links(files(closure(words[1:], there), there)))
    forget(folder, time.time())
    sys.stdout.write(f"{place}/sbin:{place}/bin\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
