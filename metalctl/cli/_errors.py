"""How every error of a command ends: one text on stderr, one exit code, the traceback only in the log.

With `--json`, stdout gets one line {"error": {"kind", "message", "hint", "exit_code", "fields", "log"}} as well: a
pipeline that parses stdout always finds JSON.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

from metalctl.model.errors import MetalctlError, UsageError, describe

OK, HARDWARE, USAGE, INTERNAL, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141


def tell(error: BaseException, as_json: bool = False) -> int:
    """Says the error to whoever called, and gives the exit code."""
    if isinstance(error, SystemExit):
        return _of_exit(error)
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return _say("interrupted", "Interrupted", INTERRUPTED, as_json)
    if isinstance(error, click.ClickException):
        return _of_click(error, as_json)
    if isinstance(error, MetalctlError):
        return _of_ours(error, as_json)
    if isinstance(error, OSError) and error.strerror:
        return _of_system(error, as_json)
    return _unexpected(error, as_json)


def code_of(error: MetalctlError) -> int:
    """2 for a UsageError, what the error says of itself in `exit_code`, else 3."""
    stated = getattr(error, "exit_code", None)
    if isinstance(stated, int):
        return stated
    return USAGE if isinstance(error, UsageError) else INTERNAL


def _of_exit(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return error.code or OK
    click.echo(str(error.code), err=True)
    return INTERNAL


def _of_click(error: click.ClickException, as_json: bool) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return USAGE
    if isinstance(error, click.UsageError):
        context = error.ctx
        where = context.command_path if context else "metalctl"
        hint = f"see: {where} --help"
        return _say(error.format_message(), "UsageError", USAGE, as_json, hint)
    return _say(error.format_message(), type(error).__name__, INTERNAL, as_json)


def _of_ours(error: MetalctlError, as_json: bool) -> int:
    code = code_of(error)
    if as_json:
        _as_object(error.message, type(error).__name__, code, error.hint, error.fields)
    _print(error)
    return code


def _of_system(error: OSError, as_json: bool) -> int:
    """The operating system refused (a full disk, a folder that is not there or not ours): mostly no fault of ours."""
    path = _log(error)
    where = f"{error.filename}: " if error.filename is not None else ""
    advice = "free some space" if error.errno == errno.ENOSPC else "fix that, or name another place"
    hint = f"{advice}; the log at {path} shows where it came up" if path else advice
    return _say(f"{where}{error.strerror}", type(error).__name__, INTERNAL, as_json, hint, path)


def _unexpected(error: BaseException, as_json: bool) -> int:
    path = _log(error)
    hint = f"please report it with the log at {path}" if path else "and its log could not be written"
    return _say(
        f"metalctl itself failed: {type(error).__name__}: {error}"[:400], "Unexpected", INTERNAL, as_json, hint, path
    )


def _say(message: str, kind: str, code: int, as_json: bool, hint: str = "", log: str = "") -> int:
    if as_json:
        _as_object(message, kind, code, hint, {}, log)
    _print(MetalctlError(message, hint=hint))
    return code


def _print(error: MetalctlError) -> None:
    """On stderr, folded to the terminal."""
    from metalctl.cli._layout import WIDE, fold, width

    columns = width(sys.stderr) if sys.stderr.isatty() else WIDE
    for line in f"metalctl: {describe(error)}".splitlines():
        text = line.lstrip()
        indent = " " * (len(line) - len(text))
        told = fold(text, indent, f"{indent}  ", columns) if text.isprintable() else [line]
        click.echo("\n".join(told), err=True)


def _as_object(message: str, kind: str, code: int, hint: str, fields: dict[str, object], log: str = "") -> None:
    import json

    told = {"kind": kind, "message": message, "hint": hint, "exit_code": code, "fields": fields, "log": log}
    # Stdout itself may be what failed (a full disk): stderr and the exit code tell it then.
    with contextlib.suppress(OSError):
        click.echo(json.dumps({"error": told}, default=str, ensure_ascii=False))


def log_file() -> Path:
    """Where tracebacks go: `metalctl.log` in the state directory ($METALCTL_STATE, else $XDG_STATE_HOME/metalctl)."""
    if stated := os.environ.get("METALCTL_STATE"):
        return Path(stated) / "metalctl.log"
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "metalctl" / "metalctl.log"


def _log(error: BaseException) -> str:
    """Appends the traceback to the log (readable by its owner only); to a temporary file where that fails."""
    import traceback

    # The words of the command line are left out: a mistyped command may hold a password.
    text = f"{datetime.now(UTC).isoformat()} metalctl failed\n{''.join(traceback.format_exception(error))}\n"
    for choose in (_in_state, _in_temporary):
        try:
            return choose(text)
        except OSError:
            continue
    return ""


def _in_state(text: str) -> str:
    path = log_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as stream:
        stream.write(text)
    return str(path)


def _in_temporary(text: str) -> str:
    import tempfile

    handle, name = tempfile.mkstemp(prefix="metalctl-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    return name


def exit_with(code: int) -> NoReturn:
    """Ends a command with an exit code, from within."""
    sys.exit(code)
