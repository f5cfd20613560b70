"""The JSON Schema for editors: fresh, and it takes what the loader takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from metalctl.content import paths, profiles

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "profile.schema.json"
SCHEMA = profiles.json_schema()
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "null": (type(None),),
    "number": (int, float), "integer": (int,),
}  # fmt: skip


def mistakes(value: Any, schema: dict[str, Any], path: str = "") -> list[str]:
    """As much of JSON Schema as ours uses; an unknown keyword is an error of this test."""
    unknown = schema.keys() - {"$schema", "title", "description", "type", "enum", "pattern", "minimum", "maximum",
                               "anyOf", "properties", "additionalProperties", "items", "uniqueItems"}  # fmt: skip
    assert not unknown, unknown
    if "anyOf" in schema:
        tried = [mistakes(value, option, path) for option in schema["anyOf"]]
        return [] if [] in tried else max(tried, key=lambda found: max(map(len, found)))
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path}: {value!r} is none of {schema['enum']}"]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, TYPES[k]) and isinstance(value, bool) <= (k == "boolean") for k in kinds):
        return [f"{path}: {value!r} is no {kinds}"]
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{path}: {value!r} does not look like {schema['pattern']}"]
    if isinstance(value, (int, float)) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return [f"{path}: {value!r} is out of bounds"]
    if isinstance(value, list):
        return [m for n, item in enumerate(value) for m in mistakes(item, schema.get("items", {}), f"{path}[{n}]")]
    found = []
    for key, inner in value.items() if isinstance(value, dict) else ():
        rule = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))
        found += [f"{path}: no key {key!r}"] if rule is False else mistakes(inner, rule, f"{path}.{key}")
    return found


def test_the_published_schema_is_fresh() -> None:
    told = "run: metalctl profile schema > docs/reference/profile.schema.json"
    assert json.loads(PUBLISHED.read_text()) == SCHEMA, told


@pytest.mark.parametrize("file", sorted(paths.find("profiles").rglob("*.yaml")), ids=lambda f: f.stem)
def test_every_shipped_profile_is_good_by_the_schema(file: Path) -> None:
    assert mistakes(yaml.safe_load(file.read_text()), SCHEMA) == []


EVERYTHING = """
role: compute
extends: base
requires:
  cpu: {sockets: 2, cores: ">= 64", threads: 1..256, virtualization: amd-v, smt: yes, uniform: true,
        models: ["*EPYC*"]}
  memory: {total: 512 GiB..1 TiB, speed: ">= 3200 MT/s", reserved: 2 %, channels: ~}
  disks:
    - {role: os, kind: [ssd], count: 1, size: "≥ 200 GB", models: X, endurance: ">= 1 DWPD",
       power_loss_protection: true, full_link: true,
       link_width: 4, link_speed: ">= 16 GT/s", uniform: true, healthy: true, wear: <= 5 %}
  network:
    bonds: [{name: bond0, members: 2, speed: ">= 25 Gb/s", mtu: 9000, distinct_cards: true, distinct_switches: true}]
    nics: [{count: 1, speed: 1 Gb/s}]
  boot_mode: uefi
  secure_boot: false
  tpm: 2.0
  power: {supplies: ">= 2", capacity: ">= 800 W"}
  bmc: {clock: 5 min, models: ["iDRAC*"]}
  firmware: {bios: {dell-r750: ">= 1.9.2"}, nic: {any: 22.31.1014}}
  settings: {ProcTurboMode: Enabled, Sriov: [Enabled, Auto]}
  cabling: [{port: eth0, switch: tor1, switch_port: swp*, machine: S*}]
when: [{vendor: dell, model: r750, requires: {cpu: {cores: 32}}}]
waivers: [{requirement: cpu.cores, who: ops, why: later, until: "2027-01-31"}]
warnings: disks.os.uniform
drives: {"*MZQL2*": {endurance: 1, power_loss_protection: true}}
checks: {mtu: {mtu: 9000}}
burn_in: [mtu]
install: {os: debian-12, root_disk: {role: os}, kernel_options: [quiet]}
lab: false
"""


def test_all_that_can_be_written_is_good_by_both(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(EVERYTHING)
    assert [p for p in profiles.check(file) if "reads no limit" not in p.message] == []
    assert mistakes(yaml.safe_load(EVERYTHING), SCHEMA) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("cores: \">= 64\"", "corse: 64"),
        ("virtualization: amd-v", "virtualization: svm"),
        ("total: 512 GiB..1 TiB", "total: lots"),
        ("members: 2", "members: 99"),
        ("boot_mode: uefi", "boot_mode: legacy"),
        ("tpm: 2.0", "tpm: 3.0"),
        ("until: \"2027-01-31\"", "until: never"),
        ("vendor: dell", "vender: dell"),
        ("{endurance: 1, power", "{endurence: 1, power"),
        ("cores: 32", "cores: many"),
        ("healthy: true", "healthy: maybe"),
        ("switch: tor1", "swich: tor1"),
    ],
)  # fmt: skip
def test_what_the_loader_refuses_the_schema_refuses(right: str, wrong: str, tmp_path: Path) -> None:
    text = EVERYTHING.replace(right, wrong)
    assert text != EVERYTHING
    file = tmp_path / "p.yaml"
    file.write_text(text)
    assert [p for p in profiles.check(file) if "reads no limit" not in p.message]
    assert mistakes(yaml.safe_load(text), SCHEMA)
