"""What the pages state of the code is what the code has: routes, ports, budgets, exit codes, names of findings."""

from __future__ import annotations

import dataclasses
import re

import pytest

from metalctl.bmc.endpoint import DEFAULT_PORTS
from metalctl.boot.dnsmasq import DHCP, PROXY, TFTP
from metalctl.cli import _errors
from metalctl.engine import settings
from metalctl.engine.pipeline.cohort import PORT as PAIR
from metalctl.engine.pipeline.overview import Standing
from metalctl.engine.pipeline.spine import SPINE, StageSpec
from metalctl.engine.reach.remote import PORT as SSH
from metalctl.engine.settings import Boot, Web
from metalctl.model.finding import Finding
from metalctl.model.stage import Condition, Stage

from ._pages import HERE

HANGS = (HERE / "docs/howto/hangs.md").read_text()
SOURCE = "\n".join(p.read_text() for p in sorted((HERE / "metalctl").rglob("*.py")))


def section(text: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_the_page_of_the_api_has_the_routes_of_the_code() -> None:
    page = (HERE / "docs/reference/api.md").read_text()
    for heading, file in (("Pages and data", "web/app.py"), ("Boot service", "boot/service.py")):
        routes = set(re.findall(r'Route\("([^"]+)"', (HERE / "metalctl" / file).read_text()))
        told = set(re.findall(r"`(?:GET |POST )?(/[^`?…]*)", section(page, heading)))
        assert {r.replace("{name:path}", "") for r in routes} == told, file


def test_the_table_of_ports_has_those_of_the_code() -> None:
    page = (HERE / "docs/tutorial/first-rack.md").read_text()
    tcp, udp = set(re.findall(r"TCP (\d+)", page)), set(re.findall(r"UDP (\d+)", page))
    assert {str(n) for n in (DEFAULT_PORTS["redfish"], Boot().http_port, SSH, PAIR, Web().port)} <= tcp
    assert {str(n) for n in (DEFAULT_PORTS["ipmi"], DHCP, PROXY, TFTP)} <= udp


@pytest.mark.parametrize("spec", SPINE, ids=lambda s: s.stage.value)
def test_each_stage_has_its_section_with_its_budget(spec: StageSpec) -> None:
    title = next(t for t in re.findall(r"^## (.+)$", HANGS, re.MULTILINE) if spec.stage.value in t)
    if stated := re.search(r"Budget: (\d+) (minutes|hours)", section(HANGS, title)):
        assert int(stated[1]) * {"minutes": 60, "hours": 3600}[stated[2]] == spec.budget


def findings() -> list[str]:
    """The findings that the page about hanging nodes names with their verdict."""
    return sorted(set(re.findall(r"`([a-z]+(?:\.[a-z_-]+)*)` (?:FAIL|UNKNOWN|SKIP|\(warning\))", HANGS)))


@pytest.mark.parametrize("requirement", findings())
def test_a_finding_that_the_page_names_is_one_of_the_code(requirement: str) -> None:
    head = requirement.partition(".")[0]
    assert f'"{requirement}"' in SOURCE or f'f"{head}.{{' in SOURCE


def test_findings_are_found_on_the_page() -> None:
    assert {"identity.unique", "disks.hygiene", "node.reachable", "access.withdrawn"} <= set(findings())


def test_every_exit_code_has_its_row() -> None:
    page = (HERE / "docs/reference/exit-codes.md").read_text()
    codes = {_errors.OK, _errors.HARDWARE, _errors.USAGE, _errors.INTERNAL, _errors.INTERRUPTED, _errors.BROKEN_PIPE}
    assert {int(n) for n in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == codes


def test_the_glossary_has_each_word_once_and_in_order() -> None:
    words = re.findall(r"^\| \*\*(.+?)\*\*", (HERE / "docs/reference/glossary.md").read_text(), re.MULTILINE)
    assert len(words) > 30
    assert words == sorted(set(words), key=str.lower)


def fields(kind: type, before: str = "") -> list[str]:
    """The dotted names of all fields of the settings."""
    found = []
    for field in dataclasses.fields(kind):
        inner = field.default_factory if isinstance(field.default_factory, type) else None
        found += fields(inner, f"{before}{field.name}.") if inner else [before + field.name]
    return found


def test_the_page_of_settings_has_every_field_and_no_other() -> None:
    page = (HERE / "docs/reference/settings.md").read_text().split("\n## ")[0]
    assert sorted(re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE)) == sorted(fields(settings._File))


def test_the_defaults_on_the_page_of_settings_are_those_of_the_code() -> None:
    page = (HERE / "docs/reference/settings.md").read_text()
    stated = dict(re.findall(r"^\| `([a-z_.]+)` \| `?([^|`]+?)`? \|", page, re.MULTILINE))
    for kind, before in ((Boot, "boot"), (Web, "web")):
        for name in ("dhcp", "http_port", "at_once", "host", "port"):
            if hasattr(kind(), name):
                assert stated[f"{before}.{name}"] == str(getattr(kind(), name))
    assert (Boot().patience, Boot().silence) == (60 * 20, 60 * 6)
    assert (stated["boot.patience"], stated["boot.silence"]) == ("20 min", "6 min")


def test_every_variable_of_the_environment_is_on_the_page_of_settings() -> None:
    page = (HERE / "docs/reference/settings.md").read_text()
    read = set(re.findall(r"environ(?:\.get\(|\[)\"(METALCTL_[A-Z_]+)\"", SOURCE))
    assert {name for name in read if f"`{name}`" not in page} <= OF_THE_NODE


# Read by the runner on a node and by parts of the emulated rack; not for people.
OF_THE_NODE = {"METALCTL_RUN_DIR", "METALCTL_CHECKS", "METALCTL_SCRATCH", "METALCTL_ROOT", "METALCTL_INVENTORY"}


def keys(heading: str) -> set[str]:
    """The keys that the page of JSON outputs has under a heading."""
    table = section((HERE / "docs/reference/json.md").read_text(), heading)
    return {key for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}


def test_the_page_of_json_has_no_key_that_is_not_printed() -> None:
    names = {field.name: "" for field in dataclasses.fields(Standing) if field.default is dataclasses.MISSING}
    values = names | {"marks": {}, "verdicts": {}, "stage": Stage.MATCHED, "condition": Condition.DONE}
    printed = Standing(**values).as_json().keys()
    assert len(keys("nodes")) > 10
    assert keys("nodes") <= printed
    assert keys("A finding") == {field.name for field in dataclasses.fields(Finding)}
