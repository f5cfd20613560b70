"""What every detached command of the node does alike: read its spec, know its boot, and journal how it ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from metalctl.model.codec import DecodeError, decode
from metalctl.model.errors import MetalctlError, UsageError
from metalctl.model.run import InstallSpec, RunSpec
from metalctl.node.errors import NodeError
from metalctl.node.journal import Journal

Spec = TypeVar("Spec", RunSpec, InstallSpec)


def read(kind: type[Spec], argv: Sequence[str], usage: str) -> Spec:
    """The spec in the one file of a command line; raises UsageError."""
    if len(argv) != 1 or argv[0].startswith("-"):
        raise UsageError(f"usage: {usage}", hint="name one spec file")
    try:
        spec = decode(kind, json.loads(Path(argv[0]).read_text()))
    except (OSError, ValueError, DecodeError) as bad:
        raise UsageError(f"{argv[0]} cannot be read as {kind.__name__}: {bad}", hint="write it with metalctl") from bad
    if not spec.run_id or "/" in spec.run_id or spec.run_id.startswith("."):
        raise UsageError(
            f"run id {spec.run_id!r} is not the name of a directory", hint="use letters, digits and dashes"
        )
    return spec


def put(path: Path, text: str) -> None:
    """Write a file whole or not at all: another process reads it meanwhile."""
    aside = path.with_name(f"{path.name}.part")
    aside.write_text(text)
    aside.replace(path)


def same_boot(spec: RunSpec | InstallSpec, boot_id: str) -> None:
    """NodeError when the spec is of another boot than this."""
    if spec.boot_id and spec.boot_id != boot_id:
        raise NodeError("the node was booted again since this run was asked for", hint="ask for a new run on this boot")


def crashed(journal: Journal, crash: BaseException) -> None:
    """Leave in the journal what ended the run."""
    hint = crash.hint if isinstance(crash, MetalctlError) else "see the unit's output: journalctl -u metalctl-*"
    journal.append("error", message=str(crash) or type(crash).__name__, kind=type(crash).__name__, hint=hint)
