"""`metalctl quirk`: check quirk files, also against a recorded BMC, and write new ones."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metalctl.cli._command import group
from metalctl.cli._layout import fold
from metalctl.cli._new import new, new_options
from metalctl.cli._options import InputFile

if TYPE_CHECKING:
    from metalctl.bmc.quirks import Quirk
    from metalctl.bmc.quirks.trial import Condition


@group()
def quirk() -> None:
    """Check and write quirks: what is odd about some BMCs, as data.

    Examples:
      metalctl quirk check /etc/metalctl/quirks/acme-slow.yaml rack1-node3.tar.gz
    """


@quirk.command("new")
@new_options
def new_(name: str, folder: Path | None) -> None:
    """Write the first version of a quirk, and its test.

    It is one YAML file in `quirks/` of the site. What is there already is not overwritten.

    Examples:
      metalctl quirk new acme-slow
      metalctl quirk new acme-slow --dir ./site
    """
    from metalctl.bmc import quirks
    from metalctl.content.stubs import Kind

    kind = Kind("quirk", "quirks", ".yaml", lambda: list(quirks.catalogue()))
    new(kind, name, folder, "metalctl quirk check {file}", "metalctl quirk check {file} CAPTURE.tar.gz")


@quirk.command()
@click.argument("file", type=InputFile())
@click.argument("capture", type=InputFile(folder=True), required=False)
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, for programs: one item a system of the capture.")
def check(file: Path, capture: Path | None, as_json: bool) -> None:
    """Check a quirk's file and, with CAPTURE, whether it applies to that BMC.

    CAPTURE is what `metalctl bmc record` wrote, or its folder. Every condition is printed with the value in the
    capture. Where a condition does not match, near misses are printed too: the same property of another resource, a
    property of nearly the same name, other case.

    Exit code: 0 the file is good (and the quirk applies), 1 it does not apply, 2 the file has mistakes.

    Examples:
      metalctl quirk check ./acme-slow.yaml
      metalctl quirk check ./acme-slow.yaml rack1-node3.tar.gz
    """
    from metalctl.bmc import quirks

    found = quirks.read(file)
    tried = _tried(found, capture) if capture else []
    if as_json:
        click.echo(json.dumps([[asdict(c) for c in conditions] for conditions in tried], ensure_ascii=False))
    elif capture is None:
        click.echo(f"{file}: good; sets {', '.join(found.set)}")
    for conditions in () if as_json else tried:
        click.echo("\n".join(_page(found, capture, conditions)))
    if capture and not any(all(c.matches for c in conditions) for conditions in tried):
        raise SystemExit(1)


def _tried(found: Quirk, capture: Path) -> list[list[Condition]]:
    from metalctl.bmc.capture.record import load
    from metalctl.bmc.quirks.trial import facts_of, trial

    return [trial(found, facts) for facts in facts_of(load(capture).tree)]


def _page(found: Quirk, capture: Path | None, conditions: list[Condition]) -> list[str]:
    matching = sum(c.matches for c in conditions)
    says = "applies" if matching == len(conditions) else "does not apply"
    lines = fold(f"{found.name} {says} to {capture}: {matching} of {len(conditions)} conditions match", others="  ")
    for c in conditions:
        mark = "matches" if c.matches else "differs" if c.got is not None else "absent"
        got = "" if c.got is None else f' is "{c.got}"'
        wanted = "" if c.matches or not c.pattern else f", wanted {c.pattern}"
        lines += fold(f"{c.place}{got}{wanted}", f"  {mark:<8} ")
        lines += fold(f"near: {c.near}", " " * 11) if c.near else []
    return lines
