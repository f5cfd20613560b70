"""Every collector against its recorded cases: tests/unit/node/inspect/cases/<collector>/<case>.json."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.codec import encode
from metalctl.node.inspect import (
    behind,
    bmc,
    bonds,
    controllers,
    cpu,
    disks,
    lldp,
    memory,
    nics,
    numa,
    pcie,
    power,
    sensors,
    system,
    tables,
    tpm,
    volumes,
)
from metalctl.node.inspect.host import Host

_HERE = Path(__file__).parent
_SPEC = importlib.util.spec_from_file_location("recorded_host", _HERE / "recorded.py")
assert _SPEC
assert _SPEC.loader
_RECORDED = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_RECORDED)


def _system(host: Host) -> dict[str, Any]:
    mode, manager = system.boot_mode(host), bmc.collect(host)
    return {
        "identity": system.identity(host, ()),
        "boot_mode": mode,
        "secure_boot": system.secure_boot(host, mode),
        "os": system.os_kind(host),
        "bmc_address": manager.address if manager else "",
        "firmware": system.firmware(host, (), (), manager),
    }


def _told(host: Host) -> dict[str, Any]:
    functions = pcie.functions(host) if host.names("/sys/bus/pci/devices") else {}
    return volumes.told(host, controllers.collect(host, functions))


COLLECTORS: dict[str, Callable[[Host], Any]] = {
    "behind": lambda host: behind.collect(host, disks.collect(host), controllers.collect(host, pcie.functions(host))),
    "cpu": lambda host: {**encode(cpu.collect(host)), "emulated": cpu.emulated(host)},
    "memory": memory.collect,
    "disks": disks.collect,
    "nics": lambda host: nics.collect(host, {}, pcie.functions(host)),
    "lldp": lambda host: lldp.collect(host, ("ens1f0", "np1a"), None),
    "bonds": bonds.collect,
    "system": _system,
    "bmc": bmc.collect,
    "controllers": lambda host: controllers.collect(host, pcie.functions(host)),
    "numa": numa.collect,
    "nvme": lambda host: disks.details(host, disks.collect(host), tables.slots(host)),
    "smart": lambda host: disks.details(host, disks.collect(host)),
    "pcie": lambda host: pcie.collect(host, pcie.functions(host)),
    "power": power.collect,
    "sensors": sensors.collect,
    "tpm": tpm.collect,
    "volumes": lambda host: volumes.collect(host, disks.collect(host), _told(host)),
    "arrays": lambda host: volumes.judged(host, disks.details(host, disks.collect(host)), _told(host)),
}
CASES = sorted((_HERE / "cases").glob("*/*.json"))


def _subset(expected: Any, got: Any, path: str = "") -> list[str]:
    """Where `got` lacks what is expected; an object in a case may name only some fields."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return [p for k, v in expected.items() for p in _subset(v, got.get(k, "(absent)"), f"{path}.{k}")]
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        return [p for i, (e, g) in enumerate(zip(expected, got, strict=True)) for p in _subset(e, g, f"{path}[{i}]")]
    return [] if expected == got else [f"{path}: expected {expected!r}, got {got!r}"]


@pytest.mark.parametrize("file", CASES, ids=lambda f: f"{f.parent.name}: {f.stem.replace('-', ' ')}")
def test_what_is_read_is_what_the_machine_has(file: Path) -> None:
    case = json.loads(file.read_text())
    host = Host(_RECORDED.Recorded(case))
    got = encode(COLLECTORS[file.parent.name](host))
    assert _subset(case["expect"], got) == []
    assert {f"{n.fact}: {n.reason}" for n in host.notes} == set(case.get("unreadable", []))


def test_every_collector_has_cases() -> None:
    assert {f.parent.name for f in CASES} == set(COLLECTORS)
