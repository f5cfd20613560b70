"""What a run owes: a result of every check that was asked, for every part that the inventory had at its start.

The runner on the node leaves none unmentioned by itself. But a journal is the node's word, and a part that the runner
did not see, a check's file that was another one, or a line that was cut out of the middle would be a pass of nothing.
So the controller counts for itself, from the inventory that it holds and the checks that it sent.
"""

from __future__ import annotations

import ast
import io
import re
import tarfile
from collections.abc import Iterator
from functools import lru_cache

from metalctl.content.syntax import parse
from metalctl.model.inventory import Dimm, Disk, Inventory, Nic
from metalctl.model.measurement import CheckResult
from metalctl.model.run import BondSpec, RunSpec
from metalctl.model.verdict import Verdict
from metalctl.node.plugin import parts as node_parts

_REASON = "the run's journal has no result of this check for this part"
_REMEDY = "enroll the node again with --retry; if it stays, look at the runner's output: journalctl -u 'metalctl-*'"


def owed(spec: RunSpec, results: list[CheckResult], inventory: Inventory, bundle: bytes) -> list[CheckResult]:
    """An UNKNOWN result for each check and part that the journal says nothing of. bundle: the tar.gz that was sent."""
    checks = _arguments(bundle)
    return [
        CheckResult(name, Verdict.UNKNOWN, label, reason=_REASON, remedy=_REMEDY, boot_id=spec.boot_id)
        for name in spec.checks
        for label, key in _wanted(checks.get(name.replace("-", "_"), ()), inventory, spec)
        if not any(r.check == name and _names(r.part, key) for r in results)
    ]


def _names(part: str, key: str) -> bool:
    """Whether the part of a result is the one of that key: "dimm DIMM 10" is not DIMM 1."""
    return re.search(rf"(?<![\w:.-]){re.escape(key)}(?![\w:./-])", part) is not None if key else True


def _wanted(arguments: tuple[str, ...], inventory: Inventory, spec: RunSpec) -> Iterator[tuple[str, str]]:
    """(label, what a result's part must contain) of each part that a check runs on; ("", "") for the whole machine."""
    names = [name for name in arguments if node_parts.is_part(name)]
    if not names:
        yield "", ""
    for name in names:
        for part in node_parts.parts(name, inventory, spec):
            yield node_parts.label(part), _key(part)


def _key(part: object) -> str:
    """What names the part in any boot: kernel names move."""
    if isinstance(part, Disk):
        return part.key or part.by_path or part.name
    if isinstance(part, Nic):
        return part.mac or part.pci
    if isinstance(part, Dimm):
        return f"dimm {part.slot}" if part.slot else ""
    return f"bond {part.name}" if isinstance(part, BondSpec) else ""


@lru_cache(maxsize=4)
def _arguments(bundle: bytes) -> dict[str, tuple[str, ...]]:
    """By the name of its file, the arguments of the check's function: they say what it runs on."""
    found: dict[str, tuple[str, ...]] = {}
    with tarfile.open(fileobj=io.BytesIO(bundle)) as tar:
        for member in tar:
            if member.name.startswith("checks/") and member.name.endswith(".py") and (file := tar.extractfile(member)):
                found[member.name.removeprefix("checks/")[:-3]] = _of_test(parse(file.read()))
    return found


def _of_test(tree: ast.Module) -> tuple[str, ...]:
    tests = [f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name.startswith("test_")]
    return tuple(argument.arg for test in tests for argument in test.args.args)
