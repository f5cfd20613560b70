"""`python3 -m metalctl.node COMMAND`: what the controller, or a technician by hand, runs on a node.

    inspect                    print the in-band inventory as JSON
    disks [--full] [SERIAL...] print what is on each disk and what speaks against writing to it, as JSON
    network SPEC.json          make the bonds of {"bonds": [...]}, print what they became; --undo takes them back
    run SPEC.json              run checks, journal to RUN_DIR/<run_id>/journal.jsonl
    install SPEC.json          write an OS image to one disk, journal as above

Exit codes: 0 done, 1 the hardware failed, 2 usage, 3 could not tell. Nothing but python3 ≥ 3.11 and the bundle is
needed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from metalctl.model.errors import MetalctlError, UsageError, describe

COMMANDS = {"inspect": "inspect", "disks": "hygiene", "network": "network", "run": "runner", "install": "install"}
"""Command → the module of this room whose `main` it is; only that one is imported."""


def main(argv: Sequence[str] | None = None) -> int:
    """Dispatch, and say an expected failure in two lines."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] not in COMMANDS:
        asked = bool(words) and words[0] in ("-h", "--help")
        (sys.stdout if asked else sys.stderr).write(f"{__doc__}\n")
        return 0 if asked else 2
    try:
        return int(import_module(f"metalctl.node.{COMMANDS[words[0]]}").main(words[1:]) or 0)
    except MetalctlError as error:
        sys.stderr.write(describe(error) + "\n")
        return 2 if isinstance(error, UsageError) else 3


if __name__ == "__main__":
    sys.exit(main())
