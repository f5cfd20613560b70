"""A requirement that a site defines: its file is read strictly, its findings are as careful as ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.content import profiles, requirements
from metalctl.content.errors import Problem
from metalctl.model.codec import decode, encode
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory, PcieDevice, PcieLink, Unreadable
from metalctl.model.match import match
from metalctl.model.profile import Profile
from metalctl.model.verdict import Verdict

COUNT = "about: GPUs\nparts: pcie\nwhere: {kind: gpu, model: '*H100*'}\nremedy: reseat the card\n"
WIDTH = "about: full width\nparts: pcie\nwhere: {kind: gpu}\njudged: link.width\nremedy: replace the riser\n"
KERNEL = "about: our kernel\nfact: kernel\nremedy: build the ramdisk again\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {"gpus": COUNT, "gpu-width": WIDTH, "kernel": KERNEL}.items():
        (tmp_path / "requirements").mkdir(exist_ok=True)
        (tmp_path / "requirements" / f"{name}.yaml").write_text(text)
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path))
    return tmp_path


def profile(site: Path, asked: str) -> Profile:
    (site / "profiles").mkdir(exist_ok=True)
    (site / "profiles" / "own.yaml").write_text(
        f"role: compute\nrequires:\n  disks: [{{role: os}}]\n  site: {{{asked}}}\n"
    )
    assert profiles.check("own") == []
    return profiles.load("own")


def gpu(slot: str, width: int | None = 16, model: str = "NVIDIA H100 PCIe") -> PcieDevice:
    return PcieDevice(f"0000:{slot}:00.0", "gpu", model=model, slot=slot, link=PcieLink(width=width))


def machine(*cards: PcieDevice, source: str = "in-band", why: str = "", kernel: str = "6.1.0-28-amd64") -> Inventory:
    unreadable = (Unreadable("pcie", why),) if why else ()
    return Inventory(source, Identity(serial="N1"), pcie=cards, unreadable=unreadable, kernel=kernel)


def judged(found: Profile, here: Inventory, beside: Inventory | None = None) -> list[tuple[str, str, str, str]]:
    findings = [f for f in match(here, found, beside) if f.requirement.startswith("site.")]
    assert all(f.remedy or f.verdict in (Verdict.PASS, Verdict.SKIP) for f in findings)
    return [(f.requirement, str(f.verdict), f.got, f.part) for f in findings]


CASES = {
    "enough are enough": ('gpus: "2"', machine(gpu("1"), gpu("2"), gpu("3", model="A2")), [("PASS", "2", "")]),
    "too few fail": ('gpus: ">= 2"', machine(gpu("1")), [("FAIL", "1", "1")]),
    "a list that was not read whole is not judged": ('gpus: "2"', machine(gpu("1"), gpu("2"), why="x"), [
        ("UNKNOWN", "not stated", "")]),
    "too many fail even where not all was read": ('gpus: "<= 1"', machine(gpu("1"), gpu("2"), why="x"), [
        ("FAIL", "2", "1, 2")]),
    "a BMC that lists none says nothing": ('gpus: ">= 1"', machine(source="out-of-band"), [
        ("UNKNOWN", "not stated", "")]),
    "each is judged and only the bad one is named": ('gpu-width: "16"', machine(gpu("1"), gpu("2", 8)), [
        ("FAIL", "8", "2")]),
    "one that states nothing is UNKNOWN": ('gpu-width: "16"', machine(gpu("1", None)), [
        ("UNKNOWN", "not stated", "1")]),
    "all good of a list in part is UNKNOWN": ('gpu-width: "16"', machine(gpu("1"), why="x"), [
        ("UNKNOWN", "16, and not all was read", "")]),
    "without such a part nothing is asked": ('gpu-width: "16"', machine(), [("SKIP", "no such part is there", "")]),
    "a fact is a pattern": ("kernel: ['5.*', '6.1.*']", machine(), [("PASS", "6.1.0-28-amd64", "")]),
    "another fact fails": ("kernel: 5.*", machine(), [("FAIL", "6.1.0-28-amd64", "")]),
    "a fact that is not stated is UNKNOWN": ("kernel: 5.*", machine(kernel=""), [("UNKNOWN", "not stated", "")]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_is_judged(site: Path, case: tuple[str, Inventory, list[tuple[str, str, str]]]) -> None:
    asked, here, expected = case
    name = asked.partition(":")[0]
    assert judged(profile(site, asked), here) == [(f"site.{name}", *one) for one in expected]


def test_the_other_side_answers_only_where_this_one_lists_nothing(site: Path) -> None:
    found = profile(site, 'gpus: "2"')
    both = machine(gpu("1"), gpu("2"), source="out-of-band")
    assert judged(found, machine(why="no lspci"), both)[0][1] == "PASS"
    assert judged(found, machine(gpu("1"), why="no lspci"), both)[0][1] == "UNKNOWN"


def test_the_definition_travels_with_the_profile(site: Path) -> None:
    found = profile(site, 'gpus: "2"')
    (site / "requirements" / "gpus.yaml").unlink()
    kept = decode(Profile, encode(found))
    assert judged(kept, machine(gpu("1"))) == [("site.gpus", "FAIL", "1", "1")]
    assert judged(replace(kept, requires=replace(kept.requires, site=())), machine()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (COUNT.replace("pcie", "pcei"), 'own.yaml:2:8: parts: expected a fact of the inventory, got "pcei"'),
        (COUNT.replace("pcie", "kernel"), "a list of the inventory"),
        (WIDTH.replace("link.width", "link.widht"), "own.yaml:4:9: judged: expected a fact of the inventory"),
        (WIDTH.replace("link.width", "link"), "a single value"),
        (COUNT.replace("kind:", "knd:"), "own.yaml:3:"),
        ("about: a\nremedy: b\n", "either parts or fact"),
        (COUNT + "fact: kernel\n", "either parts or fact"),
        (COUNT.replace("remedy: reseat the card\n", ""), "remedy is missing"),
        (KERNEL + "jugded: x\n", 'no key is called "jugded"'),
    ],
)
def test_a_mistake_in_its_file_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    problems: list[Problem] = []
    assert requirements.read(file, problems) is None
    assert said in "\n".join(map(str, problems))


def test_a_profile_that_asks_for_an_unknown_one_is_told_what_there_is(site: Path) -> None:
    (site / "profiles").mkdir()
    (site / "profiles" / "own.yaml").write_text("role: compute\nrequires:\n  disks: [{role: os}]\n  site: {gpsu: 2}\n")
    (problem,) = profiles.check("own")
    said = 'own.yaml:4:10: requires.site: no requirement is called "gpsu"\n  → did you mean gpus?'
    assert str(problem) == f"{site}/profiles/{said}"


def test_a_finding_can_be_waived_and_is_found_in_the_profile(site: Path) -> None:
    profile(site, 'gpus: "2"')
    file = site / "profiles" / "own.yaml"
    file.write_text(f"{file.read_text()}warnings: [site.gpus]\n")
    assert profiles.check("own") == []
    place = profiles.where("own", "site.gpus")
    assert place is not None
    assert place.line == 4


def test_a_part_that_does_not_say_whether_it_is_meant_leaves_it_unknown(site: Path) -> None:
    found = profile(site, 'gpus: "1"')
    assert {verdict for _, verdict, *_ in judged(found, machine(gpu("1"), gpu("2", model="")))} == {"UNKNOWN"}
    assert {verdict for _, verdict, *_ in judged(found, machine(gpu("1"), gpu("2", model="NVIDIA L4")))} == {"PASS"}
