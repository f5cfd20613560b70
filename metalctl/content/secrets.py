"""Credentials by reference: what is stored, shown and passed on is where a secret is, never the secret.

    file:/etc/metalctl/secrets.json#rack1   a JSON object {"rack1": {"username": "...", "password": "..."}}, mode 0600
    env:RACK1                               $RACK1_USERNAME and $RACK1_PASSWORD

A secret is resolved where it is used and kept nowhere.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from metalctl.content.errors import ContentError
from metalctl.model.errors import UsageError, why_unreadable

_EXAMPLE = "write it like file:/etc/metalctl/secrets.json#rack1 or env:RACK1"
_OTHERS = 0o007


class SecretError(ContentError, UsageError):
    """A reference that cannot be read or resolved. Its message never holds a secret."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A user name and password. The password never shows in a representation."""

    username: str
    password: str = field(repr=False)

    def __str__(self) -> str:
        return f"user {self.username}"


def check_reference(reference: str) -> None:
    """Raise SecretError unless the reference is well formed. Nothing is opened."""
    _split(reference)


def resolve(reference: str) -> Secret:
    """The secret; raises SecretError when it is not there, not complete, or readable by others."""
    scheme, rest = _split(reference)
    return _from_environment(rest) if scheme == "env" else _from_file(*rest.rsplit("#", 1))


def _split(reference: str) -> tuple[str, str]:
    scheme, colon, rest = reference.partition(":")
    if scheme == "env" and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", rest):
        return scheme, rest
    if scheme == "file" and "#" in rest and all(rest.rsplit("#", 1)):
        return scheme, rest
    # What is not a reference may be the password itself: it is not repeated.
    shown = f"{reference!r} is" if scheme in ("env", "file") and colon else "that is"
    raise SecretError(f"{shown} not a credential reference", hint=_EXAMPLE)


def _from_environment(prefix: str) -> Secret:
    names = (f"{prefix}_USERNAME", f"{prefix}_PASSWORD")
    if missing := [name for name in names if name not in os.environ]:
        raise SecretError(f"env:{prefix}: {' and '.join(missing)} not set", hint=f"export {missing[0]}=…")
    return Secret(os.environ[names[0]], os.environ[names[1]])


def _from_file(name: str, key: str) -> Secret:
    path = Path(name)
    try:
        with path.open(encoding="utf-8") as file:
            # The open file is what is judged: a path could be exchanged in between.
            mode = os.fstat(file.fileno()).st_mode
            if mode & _OTHERS:
                raise SecretError(f"{path} can be read or changed by anyone", hint=f"chmod 600 {path}")
            content = json.load(file)
    except OSError as error:
        raise SecretError(f"{path}: {why_unreadable(error)}", hint="check the path of the reference") from None
    except ValueError:
        raise SecretError(f"{path} is not JSON", hint=_shape(key)) from None
    return _of_key(path, key, content)


def _of_key(path: Path, key: str, content: object) -> Secret:
    if not isinstance(content, dict) or key not in content:
        raise SecretError(f"{path} has no {key!r}", hint=_shape(key))
    entry = content[key]
    values = [entry.get(n) for n in ("username", "password")] if isinstance(entry, dict) else [None]
    if not all(isinstance(value, str) for value in values):
        raise SecretError(f"{path}: {key!r} has no username or no password", hint=_shape(key))
    return Secret(*values)


def _shape(key: str) -> str:
    return f'it holds {{"{key}": {{"username": "…", "password": "…"}}}}'
