"""Man pages of every command, made from click's help: `python packaging/manpages.py FOLDER [DATE]`.

One page a command, `metalctl-bmc.1` with its subcommands in it, and `metalctl.1` with the list of them all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

import metalctl
from metalctl.cli import main as program


def escaped(text: str) -> str:
    """Text as roff prints it: backslashes, hyphens that are typed, no line that begins as a request."""
    lines = text.replace("\\", r"\e").replace("-", r"\-").splitlines()
    return "\n".join(rf"\&{line}" if line.startswith((".", "'")) else line for line in lines)


def pages(date: str) -> Iterator[tuple[str, str]]:
    """(file name, text) of each page."""
    root = program.cli
    with click.Context(root, info_name="metalctl", **root.context_settings) as top:
        names = root.list_commands(top)
        yield (
            "metalctl.1",
            "\n".join([_head("metalctl", date), *_page(root, top, root.help or ""), *_list(names)]) + "\n",
        )
        for name in names:
            command = root.get_command(top, name)
            assert command is not None
            yield f"metalctl-{name}.1", "\n".join([_head(f"metalctl-{name}", date), *_command(command, top)]) + "\n"


def _head(name: str, date: str) -> str:
    return f'.TH "{escaped(name.upper())}" 1 {date} "metalctl {metalctl.__version__}" "metalctl"'


def _list(names: list[str]) -> Iterator[str]:
    yield ".SH COMMANDS"
    for name in names:
        yield f".TP\n.BR metalctl\\-{escaped(name)} (1)\n{escaped(program.COMMANDS[name])}"
    yield ".SH FILES\n.TP\n/etc/metalctl/metalctl.yaml\nSettings."
    yield ".TP\n/etc/metalctl/\nContent of the site: profiles, requirements, checks, quirks, targets, pxe, reports."


def _command(command: click.Command, top: click.Context) -> Iterator[str]:
    with click.Context(command, info_name=command.name, parent=top) as context:
        yield from _page(command, context, command.help or "")
        for name, inner in getattr(command, "commands", {}).items():
            with click.Context(inner, info_name=name, parent=context) as below:
                yield f".SH {escaped(below.command_path).upper()}"
                yield from _body(inner, below, inner.help or "")


def _page(command: click.Command, context: click.Context, text: str) -> Iterator[str]:
    first, _, rest = text.partition("\n\n")
    name = context.command_path.replace(" ", "-")
    yield f".SH NAME\n{escaped(name)} \\- {escaped(' '.join(first.split()).rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield from _usage(command, context)
    yield ".SH DESCRIPTION"
    yield from _body(command, context, rest or first, usage=False)


def _usage(command: click.Command, context: click.Context) -> Iterator[str]:
    words = " ".join(command.collect_usage_pieces(context))
    yield f".B {escaped(context.command_path)}\n{escaped(words)}"


def _body(command: click.Command, context: click.Context, text: str, usage: bool = True) -> Iterator[str]:
    if usage:
        yield from _usage(command, context)
    for paragraph in text.replace("\b\n", "").strip().split("\n\n"):
        yield f".PP\n{escaped(' '.join(paragraph.split()))}"
    for parameter in command.params:
        if record := parameter.get_help_record(context):
            yield f".TP\n.B {escaped(record[0])}\n{escaped(record[1])}"
    if examples := getattr(command, "examples", ()):
        yield ".PP\nExamples:\n.PP\n.nf\n.RS 4\n" + escaped("\n".join(examples)) + "\n.RE\n.fi"


def main(words: list[str]) -> int:
    """The program; see the module's docstring."""
    folder = Path(words[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(words[1] if len(words) > 1 else f"{datetime.now(UTC):%Y-%m-%d}"):
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
