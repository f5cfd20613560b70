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

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metalctl.model.codec import decode, encode
from metalctl.model.errors import MetalctlError, UsageError, describe
from metalctl.model.run import BondSpec
from metalctl.node.network import networkd
from metalctl.node.network.bonding import STATE, Maker, NetworkFailed
from metalctl.node.network.kernel import Netlink

__all__ = ["Maker", "NetworkFailed", "main"]


def main(argv: Sequence[str]) -> int:
    """Make or undo bonds; returns the exit code."""
    if {"-h", "--help"} & set(argv):
        sys.stdout.write(__doc__ or "")
        return 0
    options = _options(argv)
    try:
        with Netlink() as kernel:
            maker = Maker(kernel, networkd.tell, networkd.forget, deadline=float(options.get("--deadline", 45)))
            answer = _undo(maker) if "--undo" in options else [encode(maker.make(s)) for s in _specs(options["SPEC"])]
    except MetalctlError as error:
        _keep(options, {"error": {"message": error.message, "hint": error.hint}})
        sys.stderr.write(describe(error) + "\n")
        return 1 if isinstance(error, NetworkFailed) else 2 if isinstance(error, UsageError) else 3
    _keep(options, {"bonds": answer})
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def _undo(maker: Maker) -> list[str]:
    return [path.stem for path in sorted(STATE.glob("*.json")) if maker.undo(path.stem)]


def _options(argv: Sequence[str]) -> dict[str, str]:
    words, options = list(argv), {}
    while words:
        word = words.pop(0)
        if word in ("--result", "--deadline") and words:
            options[word] = words.pop(0)
        elif word == "--undo":
            options[word] = ""
        elif word.startswith("-") or "SPEC" in options:
            raise UsageError(f"network: {word} is not understood", hint="see python3 -m metalctl.node network --help")
        else:
            options["SPEC"] = word
    if ("SPEC" in options) == ("--undo" in options):
        raise UsageError("network wants a SPEC.json, or --undo", hint="see python3 -m metalctl.node network --help")
    return options


def _specs(path: str) -> tuple[BondSpec, ...]:
    try:
        data = json.loads(Path(path).read_text())["bonds"]
    except (OSError, ValueError, KeyError, TypeError) as bad:
        raise UsageError(f"{path} cannot be read as {{'bonds': [...]}}: {bad}", hint="write it with metalctl") from bad
    return tuple(decode(BondSpec, bond) for bond in data)


def _keep(options: dict[str, str], result: dict[str, Any]) -> None:
    if "--result" in options:
        path = Path(options["--result"])
        draft = path.with_name(path.name + ".new")
        draft.write_text(json.dumps(result))
        draft.replace(path)
