"""`metalctl`: the command line. One file a command; this one finds it, runs it, and turns every end into an exit code.

A command is listed from the table below without importing its module, so that `metalctl --version` costs nothing.

Exit codes: 0 all accepted (or: done), 1 some hardware failed, 2 wrong usage or input, 3 metalctl itself failed, 130
interrupted. Errors go to stderr; with `--json` an object {"error": {...}} is printed on stdout as well. A traceback
never reaches a person: it is in the log, whose path is printed.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem

import metalctl
from metalctl.cli import _errors
from metalctl.cli._command import Command, Group, colour, group

COMMANDS = {
    "discover": "Find BMCs in address ranges or a CSV file.",
    "enroll": "Take servers from discovered to handed over.",
    "nodes": "List the nodes, their stage, condition and findings.",
    "show": "Show everything known of one node.",
    "match": "Compare a machine with a profile, or rank all profiles.",
    "explain": "Explain one finding: who asks, what each side says, what to do.",
    "what-if": "Compare stored inventories and results with another profile.",
    "profile": "List, show, check, compare and write hardware profiles.",
    "requirement": "List what your site added to profiles, add one.",
    "check": "List the checks, read their manuals, add one.",
    "quirk": "Check quirks of BMCs, add one.",
    "target": "List the handover targets, add one.",
    "cohort": "Compare measurements of equal parts, and list what stands apart.",
    "report": "Write reports and certificates; verify a certificate.",
    "handover": "Hand accepted nodes over to the cloud.",
    "status": "Show whether the service runs, and what is wrong with it.",
    "hold": "Stop nodes before their next step.",
    "resume": "Continue held nodes.",
    "cancel": "End the enrollment of nodes or batches.",
    "park": "Leave nodes alone while a person works on them.",
    "unpark": "Continue parked nodes.",
    "quarantine": "Only read nodes that are not trusted; write nothing to them.",
    "release": "End the quarantine of nodes.",
    "again": "Queue known nodes again.",
    "priority": "Set which nodes boot first.",
    "rename": "Give a node another name.",
    "readdress": "Change the BMC address of a node.",
    "forget": "Remove nodes from the store.",
    "power": "Read or set the power of nodes.",
    "bmc": "Probe, command, record and replay one BMC.",
    "inspect": "Take the inventory of a machine.",
    "image": "Build what nodes boot and get installed.",
    "prune": "Remove enrollments that ended long ago.",
    "backup": "Save metalctl's state in one file.",
    "restore": "Put a backup into an empty state directory.",
    "serve": "Run the service: engine, boot service, pages.",
    "lab": "Bring an emulated rack up or down on this machine.",
    "doctor": "List what is missing on this provisioner, and how to fix it.",
}
GROUPS = {
    "Servers": ["discover", "enroll", "nodes", "show", "power", "bmc", "inspect"],
    "Operate": [
        "hold",
        "resume",
        "cancel",
        "again",
        "priority",
        "park",
        "unpark",
        "quarantine",
        "release",
        "rename",
        "readdress",
        "forget",
    ],
    "Results": ["match", "explain", "what-if", "cohort", "report", "handover"],
    "Content": ["profile", "requirement", "check", "quirk", "target", "image"],
    "This machine": ["serve", "status", "backup", "restore", "prune", "lab", "doctor"],
}


def _module(name: str) -> str:
    return f"metalctl.cli.{name.replace('-', '_')}"


class Commands(Group):
    """The commands of the table; a module is imported only when its command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself; while completion only lists, a stand-in with its short help."""
        if cmd_name not in COMMANDS:
            return None
        if ctx.meta.get(_LISTING):
            return Command(name=cmd_name, short_help=COMMANDS[cmd_name])
        found = getattr(importlib.import_module(_module(cmd_name)), cmd_name.replace("-", "_"))
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help lists every command from the table, so none is imported for it."""
        width = max(map(len, COMMANDS))
        for title, members in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", COMMANDS[name]) for name in members])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Completion of a command's name imports nothing either."""
        ctx.meta[_LISTING] = True
        return super().shell_complete(ctx, incomplete)


_LISTING = "metalctl.listing"


@group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(metalctl.__version__, "-V", "--version", prog_name="metalctl", message="%(prog)s %(version)s")
def cli() -> None:
    """Take servers from racked and cabled to accepted by the cloud, with evidence.

    Exit codes: 0 all accepted, 1 some hardware failed, 2 wrong usage, 3 metalctl itself failed.

    Examples:
      metalctl discover 10.0.0.0/24 -o nodes.csv
      metalctl enroll nodes.csv
      metalctl nodes
      metalctl show r7n03
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of the program; never returns."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(words))


def run(words: list[str]) -> int:
    """Runs one command line and gives its exit code; every error was told by then."""
    as_json = "--json" in words[: words.index("--") if "--" in words else None]
    try:
        result = _called(words)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - the one place where every error ends
        if isinstance(error, BrokenPipeError):
            _mute()
            return _errors.BROKEN_PIPE
        code = _errors.tell(error, as_json)
        try:
            sys.stdout.flush()
        except OSError:
            _mute()
        return code
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _called(words: list[str]) -> object:
    """What the command returns, or the code that it exits with.

    click's own `main` does more than that: of a reader that went away it makes an exit of 1.
    """
    if "_METALCTL_COMPLETE" in os.environ:
        return cli.main(args=words, prog_name="metalctl")
    try:
        with cli.make_context("metalctl", words, color=colour()) as context:
            return cli.invoke(context)
    except click.exceptions.Exit as left:
        return left.exit_code


def _mute() -> None:
    """Stdout takes nothing any more (`| head`, a full disk): the interpreter must not try again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
