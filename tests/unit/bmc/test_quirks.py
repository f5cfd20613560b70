"""Quirks are data: each file is well formed and says where it was learnt; the code names no vendor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from metalctl.bmc import quirks
from metalctl.bmc.errors import QuirkErrors
from metalctl.bmc.quirks.load import catalogue as load
from metalctl.bmc.quirks.settings import NAMES

GOOD = "about: a\nsource: b\nwhen: {root.Vendor: ^Acme$}\nset: {emulated: true}\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a site's quirks, on the content path."""
    folder = tmp_path / "quirks"
    folder.mkdir()
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path))
    quirks.forget()
    yield folder
    quirks.forget()


@pytest.mark.parametrize("quirk", quirks.catalogue().values(), ids=lambda q: q.name)
def test_a_shipped_quirk_says_what_and_where_it_was_learnt_in_a_small_file(quirk: quirks.Quirk) -> None:
    assert len(quirk.about) > 20
    assert re.search(r"https://|DSP\d|\.py ", quirk.source), quirk.source
    assert quirk.set
    assert len((quirks.SHIPPED / f"{quirk.name}.yaml").read_text().splitlines()) < 60
    assert not quirk.site


def test_there_are_at_least_thirty_quirks() -> None:
    assert len(quirks.catalogue()) >= 30


def test_every_condition_must_hold() -> None:
    device = {"manufacturer_id": 0, "product_id": 0, "device_id": 0, "firmware_version": "1.00"}
    assert quirks.quirks_of(device=device).emulated
    assert not quirks.quirks_of(device=device | {"product_id": 7}).emulated
    assert quirks.quirks_of(root={}, system={"SystemType": "Physical"}) == quirks.Quirks()


def test_more_support_wins_setting_by_setting_and_the_rest_falls_through(site: Path) -> None:
    site.joinpath("aa.yaml").write_text(
        "about: a\nsource: b\nwhen: {root.Vendor: Acme, root.Product: X}\nset: {power_poll: 9}\n"
    )
    site.joinpath("zz.yaml").write_text(
        "about: a\nsource: b\nwhen: {root.Vendor: Acme}\nset: {power_poll: 3, power_reads: 4}\n"
    )
    found = quirks.quirks_of(root={"Vendor": "Acme", "Product": "X"})
    assert (found.power_poll, found.power_reads, found.names) == (9.0, 4, ("zz", "aa"))
    assert [n for _, n in quirks.applying(root={"Vendor": "Acme", "Product": "X"})] == [1, 2]
    assert quirks.quirks_of(root={"Vendor": "Acme", "Product": "Y"}).power_poll == 3.0


def test_one_of_several_alternatives_is_enough_and_a_nested_property_may_merely_be_there(site: Path) -> None:
    site.joinpath("q.yaml").write_text(
        'about: a\nsource: b\nwhen: [{root.Vendor: ^Acme$}, {root.Oem.Acme: ""}]\nset: {emulated: true}\n'
    )
    assert quirks.quirks_of(root={"Oem": {"Acme": {"x": 1}}}).emulated
    assert quirks.quirks_of(root={"Vendor": "Acme"}).emulated
    assert not quirks.quirks_of(root={"Oem": {"Other": {}}, "Vendor": "Acmes"}).emulated
    assert not quirks.quirks_of(root={"Oem": None}).emulated


def test_a_site_replaces_a_shipped_quirk_by_its_name(site: Path) -> None:
    dell = {"Manufacturer": "Dell Inc."}
    assert quirks.quirks_of(system=dell).serial_from == "SKU"
    site.joinpath("service-tag-in-sku.yaml").write_text(
        "about: a\nsource: b\nwhen: {system.Manufacturer: Dell}\nset: {serial_from: AssetTag}\n"
    )
    quirks.forget()
    assert quirks.quirks_of(system=dell).serial_from == "AssetTag"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [(GOOD.replace("emulated: true", "emulatd: true"), 4, "no key is called \"emulatd\""),
     (GOOD.replace("emulated: true", "emulated: 1"), 4, "set.emulated: expected true or false, got \"1\""),
     (GOOD.replace("emulated: true", "power_poll: -1"), 4, "set.power_poll: expected a number of zero or more"),
     (GOOD.replace("emulated: true", "etag: sometimes"), 4, "expected offered or required or strong or never"),
     (GOOD.replace("emulated: true", "log: '['"), 4, "set.log: expected a regular expression"),
     (GOOD.replace("emulated: true", "resets: {of: [On]}"), 4, "set.resets: no key is called \"of\""),
     (GOOD.replace("{emulated: true}", "{}"), 4, "would change nothing"),
     (GOOD.replace("{root.Vendor: ^Acme$}", "{}"), 3, "every BMC"),
     (GOOD.replace("{root.Vendor: ^Acme$}", "[]"), 3, "a list of one item at least"),
     (GOOD.replace("root.Vendor", "chassis.Vendor"), 3, "chassis.Vendor"),
     (GOOD.replace("^Acme$", "'('"), 3, "regular expression"),
     (GOOD + "sett: {}\n", 5, "\"sett\""), (GOOD + "set: {emulated: false}\n", 5, "twice"),
     ("about: a\nwhen: {root.V: x}\nset: {emulated: true}\n", 1, "source is missing"),
     ("- 1\n", 1, "expected a quirk (keys and values)"), ("", 1, "got an empty file"),
     ("about: [\n", 2, "not YAML"),
     (GOOD.replace("about: a", "about: [a]"), 1, "expected a word")],
)  # fmt: skip
def test_a_mistake_in_a_quirk_file_is_told_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    file = tmp_path / "q.yaml"
    file.write_text(text)
    with pytest.raises(QuirkErrors) as caught:
        load(tmp_path, [])
    told = [str(p) for p in caught.value.problems]
    assert any(p.startswith(f"{file}:{line}:") and what in p for p in told), caught.value.problems


def test_a_good_file_has_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text(GOOD)
    assert load(tmp_path, [])["q"].set == {"emulated": True}


def test_every_setting_is_read_by_code_outside_the_quirks() -> None:
    room = quirks.SHIPPED.parent
    code = "\n".join(file.read_text() for file in room.rglob("*.py") if "quirks" not in file.parts)
    assert [name for name in NAMES if not re.search(rf"quirks\.{name}\b", code)] == []


def test_no_vendor_is_named_in_the_code_of_the_room() -> None:
    room = quirks.SHIPPED.parent
    vendors = re.compile(r"\b(dell|idrac|hpe|ilo|supermicro|lenovo|megarac|sushy.?emulator|contoso)\b", re.IGNORECASE)
    found = [f"{file.name}: {hit.group()}" for file in room.rglob("*.py") for hit in vendors.finditer(file.read_text())]
    assert found == []
