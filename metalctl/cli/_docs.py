"""The manual's page of each command, made from click: `python -m metalctl.cli._docs [--check] [docs/commands]`.

With `--check` nothing is written, and the exit code is 1 when a page is stale. Nobody edits these pages by hand.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from metalctl.cli import main as program

NOTE = "<!-- Made by `python -m metalctl.cli._docs`: edit the command's own help instead. -->"


def pages() -> dict[str, str]:
    """File name → text, for every command that is there, and an index."""
    root = program.cli
    found = {}
    # With its settings: click keeps the help option that was made first, here without -h.
    with click.Context(root, info_name="metalctl", **root.context_settings) as top:
        names = root.list_commands(top)
        for name in names:
            command = root.get_command(top, name)
            assert command is not None
            found[f"{name}.md"] = "\n".join([NOTE, "", *_sections(command, top, 1)]).rstrip() + "\n"
    found["index.md"] = _index(names)
    return found


def _index(names: list[str]) -> str:
    lines = [NOTE, "", "# Commands", ""]
    for group, members in program.GROUPS.items():
        present = [name for name in members if name in names]
        lines += [f"## {group}", ""] if present else []
        lines += [f"- [`metalctl {name}`]({name}.md): {program.COMMANDS[name]}" for name in present]
        lines += [""] if present else []
    return "\n".join(lines).rstrip() + "\n"


def _sections(command: click.Command, parent: click.Context, level: int) -> Iterator[str]:
    with click.Context(command, info_name=command.name, parent=parent) as ctx:
        yield f"{'#' * level} {ctx.command_path}"
        yield ""
        yield "```text"
        yield " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
        yield "```"
        yield ""
        yield from _help(command)
        yield from _options(command, ctx)
        for inner in getattr(command, "commands", {}).values():
            yield from _sections(inner, ctx, level + 1)


def _help(command: click.Command) -> Iterator[str]:
    """The help's paragraphs, and the examples as one block."""
    for paragraph in (command.help or "").replace("\b\n", "").strip().split("\n\n"):
        yield "\n".join(line.strip() for line in paragraph.splitlines())
        yield ""
    if examples := getattr(command, "examples", ()):
        yield "\n".join(["```sh", *examples, "```", ""])


def _options(command: click.Command, ctx: click.Context) -> Iterator[str]:
    rows = []
    for parameter in command.params:
        record = parameter.get_help_record(ctx)
        if record and record[1] and "--help" not in record[0]:
            rows.append(tuple(" ".join(part.split()) for part in record))
    if not rows:
        return
    yield "| option | meaning |"
    yield "|---|---|"
    yield from (f"| {code(option)} | {escaped(meaning)} |" for option, meaning in rows)
    yield ""


def code(text: str) -> str:
    """Code in a cell of a table. A bar within `…` ends the cell on one site and keeps its backslash on another."""
    return f"<code>{html.escape(text, quote=False).replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


def escaped(text: str) -> str:
    """Prose in a cell of a table."""
    return text.replace("|", "\\|")


def stale(folder: Path) -> list[str]:
    """Names of pages that are not what click says now: changed, missing, or of no command."""
    wanted = pages()
    there = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.md")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write(folder: Path) -> None:
    """Makes the folder hold exactly the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale(folder):
        (folder / name).unlink(missing_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def main(words: list[str]) -> int:
    """The program; see the module's docstring."""
    folder = Path(next((w for w in words if not w.startswith("-")), "docs/commands"))
    if "--check" not in words:
        write(folder)
        return 0
    names = stale(folder)
    for name in names:
        click.echo(f"{folder / name} is stale: run python -m metalctl.cli._docs", err=True)
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
