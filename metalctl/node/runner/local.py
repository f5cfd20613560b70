"""`run --local`: the same checks by hand, on a server that need not be enrolled; results are printed as they come."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from metalctl.model.errors import UsageError
from metalctl.model.measurement import CheckResult
from metalctl.model.run import BondSpec, Peer, RunSpec
from metalctl.model.units import UnitError, parse_quantity
from metalctl.model.verdict import Verdict
from metalctl.node.plugin.measures import sentence
from metalctl.node.runner.run import Run
from metalctl.node.runner.settings import Settings


def parse(argv: list[str]) -> RunSpec:
    """A RunSpec from flags; raises UsageError."""
    parser = argparse.ArgumentParser("metalctl.node run", exit_on_error=False)
    parser.add_argument("--local", action="store_true")
    parser.add_argument("--check", nargs="+", action="extend", required=True, metavar="NAME")
    parser.add_argument("--limit", action="append", default=[], metavar="NAME.KEY=VALUE")
    parser.add_argument("--role", action="append", default=[], metavar="ROLE=SERIAL,…")
    parser.add_argument("--bond", action="append", default=[], metavar="NAME=MAC,MAC")
    parser.add_argument("--level", default="quick", choices=("quick", "normal", "burn-in"))
    parser.add_argument("--peer", metavar="server|client=ADDRESS:PORT[,CLIENT]")
    try:
        flags, rest = parser.parse_known_args(argv)
    except argparse.ArgumentError as wrong:
        raise UsageError(str(wrong), hint="see python3 -m metalctl.node run --help") from wrong
    except SystemExit as ended:  # argparse leaves on a missing --check and on --help
        raise UsageError("run --local --check NAME... wants at least one check", hint="name one") from ended
    if rest:
        raise UsageError(f"unknown argument {rest[0]}", hint="see python3 -m metalctl.node run --help")
    return RunSpec(
        run_id="local",
        node="",
        kind="local",
        level=flags.level,
        checks=_checks(flags.check, flags.limit),
        roles={k: tuple(v.split(",")) for k, v in map(_pair, flags.role)},
        bonds=tuple(BondSpec(k, tuple(v.lower().split(","))) for k, v in map(_pair, flags.bond)),
        peer=_peer(flags.peer) if flags.peer else None,
    )


def run(spec: RunSpec, settings: Settings) -> Verdict:
    """Run and print; returns the combined verdict."""
    return Run(spec, settings, _show).perform(settings.collect())


def _checks(names: list[str], limits: list[str]) -> dict[str, dict[str, float | str | bool]]:
    checks: dict[str, dict[str, float | str | bool]] = {n: {} for n in names}
    for text in limits:
        path, value = _pair(text)
        name, _, key = path.partition(".")
        if name not in checks or not key:
            raise UsageError(f"--limit {text}: no --check {name}", hint="write NAME.KEY=VALUE")
        checks[name][key] = _value(value)
    return checks


def _value(text: str) -> float | str | bool:
    if text in ("true", "false"):
        return text == "true"
    try:
        return parse_quantity(text)
    except UnitError:
        return text


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise UsageError(f"{text!r} is not of the form NAME=VALUE", hint="write NAME=VALUE")
    return key, value


def _peer(text: str) -> Peer:
    side, where = _pair(text)
    where, _, client = where.partition(",")
    address, _, port = where.rpartition(":")
    if side not in ("server", "client") or not address or not port.isdigit():
        hint = "such as client=10.0.0.2:5201, or server=10.0.0.2:5201,10.0.0.3 with the address of the client"
        raise UsageError(f"--peer {text} is not server|client=ADDRESS:PORT[,CLIENT]", hint=hint)
    return Peer("", side, address, int(port), client)


def _show(event: str, **data: Any) -> None:
    """What a technician reads of an entry."""
    if event == "check-started":
        _line(f"        {data['check']} {data['part']} (about {data['estimate']:g} s)")
    elif event == "check-finished":
        _show_result(data["result"])
    elif event == "run-finished":
        _line(f"{data['verdict']:8}" + ", ".join(f"{n} {v}" for v, n in data["counts"].items() if n))


def _show_result(result: CheckResult) -> None:
    took = f" {result.duration:.1f} s" if result.duration else ""
    _line(f"{result.verdict:8}{result.check} {result.part}{took}")
    for measurement in result.measurements:
        _line(f"          {sentence(measurement)}")
    if result.reason:
        _line(f"          {result.reason}")
    if result.remedy:
        _line(f"          → {result.remedy}")


def _line(text: str) -> None:
    sys.stdout.write(text.rstrip() + "\n")
    sys.stdout.flush()
