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

from metalctl.cli._command import Command, Group, command_lines
from metalctl.cli._options import FileNotThere
from metalctl.cli.main import COMMANDS, cli, run

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
    """(command, each metalctl command line of its examples): behind `&&` and in `$(…)` there is another one."""
    found = []
    for path, command in commands().items():
        for line in command_lines(command):
            calls = re.findall(r"(?:^|&& |-- |\$\()(metalctl .*?)(?= &&|\)|$)", line)
            assert calls, line
            found += [(" ".join(path) or "metalctl", call) for call in calls]
    return found


def lines_of_pages() -> list[tuple[str, str]]:
    found = []
    for page in [HERE / "README.md", *sorted((HERE / "docs").rglob("*.md"))]:
        for line in re.sub(r"\s*\\\n\s*", " ", page.read_text()).splitlines():
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
    return isinstance(error, FileNotThere)


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
    assert isinstance(command, Command | Group), "made with cli/_command.py: its help shows examples as they are typed"
    assert command.help
    called = " ".join(("metalctl", *path))
    assert command.examples, f"{called} has no example"
    assert any(called in line for line in command.examples), f"{called} is not in its examples"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{called} {parameter.opts[0]} says nothing of itself"


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_each_example_stands_on_lines_of_its_own_in_80_columns(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*path, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("Examples:")
    examples = commands()[path].examples  # type: ignore[attr-defined]
    assert lines[at + 1 : at + 1 + len(examples)] == [f"  {line}" for line in examples]
    assert [line for line in lines if len(line) > 80] == []


def named_in() -> list[str]:
    """The files of the source that name a metalctl command. They are read here, and parsed in their test."""
    files = sorted((HERE / "metalctl").rglob("*.py"))
    return [str(file.relative_to(HERE)) for file in files if "metalctl " in file.read_text()]


def hints(file: str) -> list[tuple[str, str]]:
    """(file:line, text) of every text of a file that names a metalctl command."""
    nodes = [node for node in ast.walk(ast.parse((HERE / file).read_text())) if isinstance(node, ast.Constant)]
    texts = [(f"{file}:{node.lineno}", node.value) for node in nodes if isinstance(node.value, str)]
    return [(where, text) for where, text in texts if "metalctl " in text]


def test_there_are_files_that_name_commands() -> None:
    assert len([text for file in named_in() for text in hints(file)]) > 300


@pytest.mark.parametrize("file", named_in())
def test_a_command_that_a_text_names_exists(file: str) -> None:
    groups = {
        path[0]: command for path, command in commands().items() if len(path) == 1 and isinstance(command, click.Group)
    }
    for where, text in hints(file):
        check_text(where, text, groups)


def check_text(where: str, text: str, groups: dict[str, click.Group]) -> None:
    for first, second in re.findall(r"\bmetalctl ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?", text):
        if first in groups and first != "report" and second:
            known = groups[first].list_commands(click.Context(groups[first]))
            assert second in known, f"{where}: metalctl {first} {second}: there are {known}"
        if re.search(rf"(`|\$ )metalctl {first}\b", text):
            assert first in COMMANDS, f"{where}: no command is called {first}: {text[:120]}"
