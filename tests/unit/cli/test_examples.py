"""What a person can copy works: each command line of the help, of the README and the docs is one that metalctl takes,
and each command that a hint names exists."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from metalctl.cli.main import COMMANDS, cli

HERE = Path(__file__).parents[3]
# Words after which a command line has ended: shell operators, and comments set off by two spaces.
_PROSE = r"metalctl (is|was|does|never|takes|reads|and|or)\b"
_END = re.compile(r"\s{2,}|\s+#|\s*[|;&>)`]")


@cache
def commands() -> dict[tuple[str, ...], click.Command]:
    return dict(walk(cli))


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, (*path, name))


def lines_of_help() -> list[tuple[str, str]]:
    found = []
    for path, command in commands().items():
        for line in (command.help or "").splitlines():
            at = line.find("metalctl ")
            if at >= 0 and ("Example" in line or line.strip().startswith("metalctl ")):
                found.append((" ".join(path) or "metalctl", line[at:].split("`")[0]))
    return found


def lines_of_pages() -> list[tuple[str, str]]:
    found = []
    for page in [HERE / "README.md", *sorted((HERE / "docs").rglob("*.md"))]:
        for line in page.read_text().splitlines():
            text = line.strip().removeprefix("$ ")
            if text.startswith("metalctl ") and not re.search(r"\[[A-Za-z.]+\]", text) and not re.match(_PROSE, text):
                found.append((page.name, text))
    return found


def parse(line: str) -> None:
    """Parse a command line as metalctl would, and call nothing. Raises click.UsageError."""
    cut = _END.search(line)
    words = shlex.split(line[: cut.start()] if cut else line)[1:]
    command: click.Command = cli
    context = command.make_context("metalctl", words)
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        context, command = found.make_context(name, rest, parent=context), found


def is_about_files(error: click.UsageError) -> bool:
    return isinstance(error, click.BadParameter) and "does not exist" in error.format_message()


@pytest.mark.parametrize(("where", "line"), [*lines_of_help(), *lines_of_pages()])
def test_a_command_line_that_is_shown_is_one_that_is_taken(where: str, line: str) -> None:
    assert refusal(line) == "", f"{where}: {line}"


def refusal(line: str) -> str:
    """Why metalctl would not take it; "" when it would, or only a file of the example is missing here."""
    try:
        parse(line)
    except click.exceptions.Exit:
        return ""
    except click.UsageError as error:
        return "" if is_about_files(error) else error.format_message()
    return ""


def test_a_command_line_with_an_unknown_option_command_or_value_is_refused() -> None:
    for line in ("metalctl nodes --jsn", "metalctl nodse", "metalctl image list", "metalctl power up r7n03"):
        assert refusal(line)


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_each_command_has_help_and_an_example_of_itself(path: tuple[str, ...]) -> None:
    command = commands()[path]
    text = command.help or ""
    called = " ".join(("metalctl", *path))
    below = isinstance(command, click.Group)
    assert below or "Example" in text, f"{called} has no example"
    # `bmc power` is `power`, and shows itself so.
    assert below or called in text or called.replace("bmc ", "") in text, f"{called} is not in its example"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{called} {parameter.opts[0]} says nothing of itself"


def hints() -> list[tuple[str, str]]:
    """(file:line, text) of every text of the source that names a metalctl command."""
    found = []
    for file in sorted((HERE / "metalctl").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "metalctl " in node.value:
                found.append((f"{file.relative_to(HERE)}:{node.lineno}", node.value))
    return found


@pytest.mark.parametrize(("where", "text"), hints())
def test_a_command_that_a_text_names_exists(where: str, text: str) -> None:
    groups = {
        path[0]: command for path, command in commands().items() if len(path) == 1 and isinstance(command, click.Group)
    }
    for first, second in re.findall(r"\bmetalctl ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?", text):
        if first in groups and first != "report" and second:
            known = groups[first].list_commands(click.Context(groups[first]))
            assert second in known, f"{where}: metalctl {first} {second}: there are {known}"
        if re.search(rf"(`|\$ )metalctl {first}\b", text):
            assert first in COMMANDS, f"{where}: no command is called {first}: {text[:120]}"
