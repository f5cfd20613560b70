"""Where a run finds its things: environment over the layout of the bundle."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from metalctl.model.codec import decode
from metalctl.model.inventory import Inventory
from metalctl.model.run import RUN_DIR


@dataclass(frozen=True, slots=True)
class Settings:
    """run_dir: journals. checks: directory of checks. root: "/" but in tests. inventory: a JSON file, None to look."""

    run_dir: Path
    checks: Path
    root: Path
    inventory: Path | None

    @classmethod
    def read(cls) -> Settings:
        """From the environment; checks/ lies beside the package in the bundle and in the source tree."""
        env = os.environ
        package = Path(__file__).resolve().parents[2]
        beside = package.parent / "checks"
        shipped = beside if beside.is_dir() else package / "_content" / "checks"
        return cls(
            run_dir=Path(env.get("METALCTL_RUN_DIR", RUN_DIR)),
            checks=Path(env.get("METALCTL_CHECKS", shipped)),
            root=Path(env.get("METALCTL_ROOT", "/")),
            inventory=Path(env["METALCTL_INVENTORY"]) if "METALCTL_INVENTORY" in env else None,
        )

    def collect(self) -> Inventory:
        if self.inventory is not None:
            return decode(Inventory, json.loads(self.inventory.read_text()))
        from metalctl.node.inspect import collect  # heavy, and not needed with a given inventory

        return collect(change_links=False, wait=False)

    def boot_id(self) -> str:
        return (self.root / "proc/sys/kernel/random/boot_id").read_text().strip()
