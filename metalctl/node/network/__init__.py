"""`python3 -m metalctl.node network SPEC.json`: make the bonds of {"bonds": [BondSpec, ...]} and print what they
became.

    network SPEC.json [--result FILE] [--deadline SECONDS]     a JSON list of Bond on stdout, and in FILE when given
    network --undo                                             take back every bond that this boot made

Run it detached (`systemd-run …`, nohup): the SSH session may run over a port that the bond takes in,
and stands still for some seconds while its address moves to the bond. A killed session does not stop it half way, and
if the bond does not come up with its LACP partner within the deadline (45 s), the ports are put back as they were and
the error says what lacked. What stands is not touched, so it may be called again. Members are named by permanent MAC.

FILE gets {"bonds": [Bond, ...]} or {"error": {"message", "hint"}}, whole or not at all.
Exit codes: 0 all bonds stand, 1 a bond does not stand, 2 usage, 3 could not tell.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metalctl.model.codec import decode, encode
from metalctl.model.errors import MetalctlError, UsageError, describe
from metalctl.model.run import BondSpec
from metalctl.node import order
from metalctl.node.network import networkd
from metalctl.node.network.bonding import STATE, Maker, NetworkFailed
from metalctl.node.network.kernel import Netlink

__all__ = ["Maker", "NetworkFailed", "main"]


def main(argv: Sequence[str]) -> int:
    """Make or undo bonds; returns the exit code."""
    parser = argparse.ArgumentParser(
        "network", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("spec", nargs="?", metavar="SPEC.json")
    parser.add_argument("--undo", action="store_true")
    parser.add_argument("--result", type=Path)
    parser.add_argument("--deadline", type=float, default=45.0)
    try:
        words = parser.parse_args(argv)
    except SystemExit as left:
        return int(left.code or 0)
    if bool(words.spec) == words.undo:
        raise UsageError("network wants a SPEC.json, or --undo", hint="see python3 -m metalctl.node network --help")
    try:
        with Netlink() as kernel:
            maker = Maker(kernel, networkd.tell, networkd.forget, deadline=words.deadline)
            ours = [path.stem for path in sorted(STATE.glob("*.json"))] if words.undo else []
            made = [encode(maker.make(s)) for s in _specs(words.spec)] if words.spec else []
            answer = made or [name for name in ours if maker.undo(name)]
    except MetalctlError as error:
        _keep(words.result, {"error": {"message": error.message, "hint": error.hint}})
        sys.stderr.write(describe(error) + "\n")
        return 1 if isinstance(error, NetworkFailed) else 2 if isinstance(error, UsageError) else 3
    _keep(words.result, {"bonds": answer})
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def _specs(path: str) -> tuple[BondSpec, ...]:
    try:
        data = json.loads(Path(path).read_text())["bonds"]
    except (OSError, ValueError, KeyError, TypeError) as bad:
        raise UsageError(f"{path} cannot be read as {{'bonds': [...]}}: {bad}", hint="write it with metalctl") from bad
    return tuple(decode(BondSpec, bond) for bond in data)


def _keep(path: Path | None, result: dict[str, Any]) -> None:
    if path:
        order.put(path, json.dumps(result))
