"""Each command of the pages exists with its options: blocks of code line by line, and what stands in `…` in the prose.

Nothing is run. A block that cannot be taken so is marked with `<!-- not a command: why -->` in the line above it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from metalctl.cli._options import FileNotThere
from metalctl.cli.main import cli
from metalctl.content import host

from ._pages import HERE, name, pages

MARK = "<!-- not a command:"
_PROGRAM = re.compile(r"(?:\S*/)?metalctl")
_OPERATORS = re.compile(r"\s(?:&&|\|\||[|;<>]|2>&1|>>)(?:\s|$)|[;)]|\s#\s|\s{2,}#?")
SUITES = re.compile(r"^    ([a-z| -]+)\) .*pytest", re.MULTILINE)
Line = tuple[int, str]


def blocks(text: str) -> Iterator[Line]:
    """(line number, line) of each line of code, of fenced and indented blocks that are not marked."""
    fence, skip, before, begun = "", False, "", ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("```"):
            skip = not fence and before.startswith(MARK)
            fence = "" if fence else stripped
        elif (fence or line.startswith("    ")) and not skip:
            whole = begun + stripped.removeprefix("$ ")
            begun = whole.removesuffix("\\") if whole.endswith("\\") else ""
            if not begun:
                yield number, whole
        before = stripped or before


def said(text: str) -> Iterator[Line]:
    """(line number, code) of each `…` outside of blocks."""
    inside = {number for number, _ in blocks(text)}
    for number, line in enumerate(text.splitlines(), 1):
        if number not in inside:
            yield from ((number, code) for code in re.findall(r"`([^`]+)`", line))


def commands(line: str) -> Iterator[list[str]]:
    """The words of each call of metalctl or ./dev in a line, also in $(…), after && and after `lab exec --`."""
    for piece in _OPERATORS.split(line.replace("$(", " ; ")):
        try:
            words = shlex.split(piece)
        except ValueError:
            words = piece.split()
        while words and re.fullmatch(r"\w+=\S*|sudo", words[0]):
            words = words[1:]
        if words and (_PROGRAM.fullmatch(words[0]) or words[0] == "./dev"):
            yield words
            if words[1:3] == ["lab", "exec"] and "--" in words:
                yield from commands(shlex.join(words[words.index("--") + 1 :]))


def refused(words: list[str], *, named_only: bool = False) -> str:
    """Why it would not be taken, "" when it would. named_only: an argument that is left out is no mistake."""
    if words[0] == "./dev":
        return dev(words[1:])
    command, rest = cli, words[1:]
    context = command.make_context("metalctl", rest, resilient_parsing=False) if rest else click.Context(cli)
    try:
        while isinstance(command, click.Group) and (left := [*context._protected_args, *context.args]):
            title, found, rest = command.resolve_command(context, left)
            assert found is not None
            context, command = found.make_context(title, rest, parent=context), found
    except click.exceptions.Exit:
        return ""
    except click.exceptions.NoArgsIsHelpError:
        return ""
    except click.MissingParameter as error:
        return "" if named_only else error.format_message()
    except FileNotThere:
        return ""
    except click.BadOptionUsage as error:
        return "" if named_only and "requires an argument" in error.format_message() else error.format_message()
    except click.UsageError as error:
        return error.format_message()
    return ""


def dev(words: list[str]) -> str:
    """The same of ./dev, by what its file says of itself."""
    text = (HERE / "dev").read_text()
    known = set(re.findall(r"^  ([a-z]+)\)", text, re.MULTILINE))
    if not words or words[0].startswith("["):
        return ""
    verb, rest = words[0], [w for w in words[1:] if not w.startswith(("-", "["))]
    if verb not in known:
        return f"./dev has no {verb}"
    there = {
        "test": {*re.findall(r"[a-z-]+", SUITES.findall(text)[0]), "SUITE"},
        "bench": {p.stem for p in (HERE / "bench").glob("[a-z]*.py")} | {"NAME"},
        "setup": {*host.PURPOSES, "base", "SECTION"},
    }.get(verb)
    wrong = [w for w in rest[:1] if there is not None and w not in there]
    return f"./dev {verb} has no {wrong[0]}" if wrong else ""


def wrong(page: Path) -> list[str]:
    """Every command of a page that would not be taken."""
    text, found = page.read_text(), []
    for named_only, lines in ((False, blocks(text)), (True, said(text))):
        for number, line in lines:
            usage = line.startswith("metalctl") and re.search(r"\[[A-Z.a-z|]+\]|\bCOMMAND\b|\{", line)
            for words in () if usage else commands(line):
                if "…" in words or "..." in words:
                    words = [w for w in words if w not in ("…", "...")]
                if reason := refused(words, named_only=named_only):
                    found.append(f"{name(page)}:{number}: {shlex.join(words)}: {reason}")
    return found


@pytest.mark.parametrize("page", pages(), ids=name)
def test_each_command_of_a_page_exists_with_its_options(page: Path) -> None:
    assert wrong(page) == []


FOUND = {
    "metalctl lab up && metalctl lab exec -- metalctl nodes": 3,
    "apt-get install $(metalctl doctor --packages lab)": 1,
    "./dev test faults": 1,
    "X=1 .venv/bin/metalctl nodes --json | jq .": 1,
    "cat metalctl": 0,
}
REFUSED = [
    "metalctl nodse", "metalctl nodes --jsn", "metalctl lab exec -- metalctl nodse", "metalctl bmc boot pex NODE",
    "metalctl show", "./dev tset", "./dev test faulst", "./dev bench bcm", "./dev setup lib",
]  # fmt: skip


@pytest.mark.parametrize(("line", "count"), FOUND.items())
def test_commands_are_found_in_a_line(line: str, count: int) -> None:
    assert len(list(commands(line))) == count
    assert all(refused(words) == "" for words in commands(line))


@pytest.mark.parametrize("line", REFUSED)
def test_a_command_that_does_not_exist_is_found(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.name", str)
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n```sh\n{line}\n```\n")
    assert len(wrong(page)) == 1
    page.write_text(f"# A page\n\n{MARK} of another program -->\n```sh\n{line}\n```\n")
    assert wrong(page) == []


def test_a_command_over_two_lines_is_one() -> None:
    assert [line for _, line in blocks("```sh\nmetalctl nodes \\\n    --json\n```\n")] == ["metalctl nodes --json"]
