"""What every command is made of: plain help in 80 columns, with examples as they are typed.

A command's docstring may end with a paragraph `Examples:` and one command line a line; a line that ends in a backslash
goes on in the next. They are printed as they stand: click would run them together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from inspect import cleandoc
from textwrap import dedent
from typing import Any

import click

HEADING = "Examples:"


class _Formatter(click.HelpFormatter):
    """click's, with headings in bold."""

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{click.style(f'{heading}:', bold=True)}\n")


class _Context(click.Context):
    formatter_class = _Formatter


class _Exampled(click.Command):
    """A command with `examples`, which its help prints. lines as typed, with their comments."""

    context_class = _Context
    examples: tuple[str, ...]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.help, self.examples = split(self.help or "")
        # Said here, not only at the top: click keeps the help option of whoever was asked first.
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help, then the examples, not wrapped."""
        super().format_help_text(ctx, formatter)
        if self.examples:
            with formatter.section(HEADING.rstrip(":")):
                for line in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Command(_Exampled):
    """A command."""


class Group(_Exampled, click.Group):
    """A group of commands."""

    command_class = Command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with its whole first sentence: click cuts it."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(limit=1000)) for name, command in found if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


Group.group_class = Group


def command(name: str | None = None, **named: Any) -> Callable[[Callable[..., Any]], Command]:
    """As click.command, for all of metalctl's commands."""
    return click.command(name, cls=Command, **named)


def group(name: str | None = None, cls: type[Group] = Group, **named: Any) -> Callable[[Callable[..., Any]], Group]:
    """As click.group."""
    return click.group(name, cls=cls, **named)


def split(text: str) -> tuple[str, tuple[str, ...]]:
    """A help without its examples, and these, line by line."""
    about, found, lines = cleandoc(text).partition(f"\n\n{HEADING}\n")
    return about, tuple(dedent(lines).strip().splitlines()) if found else ()


def command_lines(command: click.Command) -> list[str]:
    """The examples with their continued lines joined, each ready for a shell."""
    text = "\n".join(getattr(command, "examples", ()))
    return re.sub(r"\s*\\\n\s*", " ", text).splitlines()


def colour() -> bool | None:
    """False where the environment says NO_COLOR, else None: by whether stdout is a terminal."""
    return False if os.environ.get("NO_COLOR") else None
