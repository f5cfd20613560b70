"""The manifest of expected machines: strict, every mistake at once; and what was found against it."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.bmc.discovery.expected import compare, differences
from metalctl.bmc.discovery.manifest import Machine, ManifestErrors, read_manifest
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.protocol import Probe
from metalctl.model.identity import Identity
from metalctl.model.verdict import Verdict

MAC, OTHER = "b0:7b:25:d6:51:82", "b0:7b:25:d6:51:83"
GOOD = """\
credential: env:RACK7
machines:
  - {name: r7n01, mac: B0-7B-25-D6-51-82, serial: F54P1G3, rack: R7, unit: U12, role: compute}
  - serial: F54P1G4
    address: 10.0.0.12
    credential: file:/s.json#factory
"""


def problems(path: Path, text: str) -> list[str]:
    file = path / "rack7.yaml"
    file.write_text(text)
    with pytest.raises(ManifestErrors) as caught:
        read_manifest(file)
    return [str(p).removeprefix(f"{file}:") for p in caught.value.problems]


def test_machines_are_read_with_the_credential_of_all(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(GOOD)
    first, second = read_manifest(tmp_path / "m.yaml")
    assert first == Machine("r7n01", MAC, "F54P1G3", "", "env:RACK7", "R7", 12, "compute", 3)
    assert second == Machine("", "", "F54P1G4", "10.0.0.12", "file:/s.json#factory", line=4)


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "credential: env:R\nmachines:\n"
        "  - {serial: F54P1G3, rack: R7, unit: 12}\n"
        "  - {mac: b0:7b, serial: '1234567890', unit: 0, roel: compute}\n"
        "  - {serial: f54p1g4, name: -x, rack: R7, unit: 12, credential: hunter2}\n"
        "  - {role: compute}\n"
        "  - just words\n"
        "  - {serial: F54P1G3, serial: F54P1G9, address: 10.0.0.300}\n"
        "machine: 1\n",
    )
    assert [int(p.partition(":")[0]) for p in found] == [4, 4, 4, 4, 5, 5, 5, 6, 7, 8, 8, 8, 9]
    text = "\n".join(found)
    for said in ("did you mean role", "means something", "(first in line 3)", "`mac` or `serial`", "is given twice",
                 "an IP address", "host name", "rack unit"):  # fmt: skip
        assert said in text
    assert "hunter2" not in text, "what is no reference may be a password"


def test_two_machines_in_one_line_may_not_be_the_same(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, "credential: env:R\nmachines: [{serial: A1}, {serial: A1}]\n")
    assert "again (first in line 2)" in only


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "an empty file"), ("- a\n", "expected `machines:`"), ("machines: []\n", "one item at least"),
     ("machines: {}\n", "a list"),
     ("machines: [\n", "not YAML"), ("machines: &a [*a]\n", "anchors"),
     ("credential: &a env:R\nmachines: [{serial: A1}]\n", "anchors"),
     ("a: 1\n---\nb: 2\n", "at most 1 document"),
     ("machines:\n  - serial: A1\n", "`credential` is missing"), ("\tmachines: 1", "not YAML"),
     ("[" * 100, "at most 8 levels"), ("credential: env:R\nmachines:\n  - serial:\n", "got nothing")],
)  # fmt: skip
def test_a_file_that_is_no_manifest_says_why(tmp_path: Path, text: str, said: str) -> None:
    assert said in "\n".join(problems(tmp_path, text))


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestErrors, match="file not found"):
        read_manifest(tmp_path / "none.yaml")
    (tmp_path / "bin.yaml").write_bytes(b"a: 1\n\xff\xfe")
    with pytest.raises(ManifestErrors, match="2:1: expected UTF-8"):
        read_manifest(tmp_path / "bin.yaml")


def probe(address: str, **facts: str) -> Probe:
    return Probe(Endpoint(address), "redfish", mac_from="bmc", **facts)  # type: ignore[arg-type]


def test_the_unlisted_and_the_missing_are_told_apart_from_the_listed() -> None:
    listed = [Machine("a", MAC, "A1"), Machine("b", OTHER, "B1")]
    found = compare(
        listed, [probe("10.0.0.9", mac="b0:7b:25:d6:51:99", serial="X1"), probe("10.0.0.1", mac=MAC, serial="a1")]
    )
    (match,) = found.matches
    assert (match.machine.name, match.probe.endpoint.address, match.by) == ("a", "10.0.0.1", "mac")
    assert match.verdict is Verdict.PASS
    assert [p.endpoint.address for p in found.unlisted] == ["10.0.0.9"]
    assert [m.name for m in found.missing] == ["b"]
    assert found.failed


def test_a_serial_that_differs_is_a_finding_that_names_the_swap() -> None:
    listed = [Machine("a", MAC, "A1"), Machine("b", OTHER, "B1")]
    found = compare(listed, [probe("10.0.0.1", mac=MAC, serial="B1"), probe("10.0.0.2", mac=OTHER, serial="A1")])
    serial = found.matches[0].findings[0]
    assert (serial.requirement, serial.verdict, serial.expected, serial.got) == (
        "expected.serial",
        Verdict.FAIL,
        "A1",
        "B1",
    )
    assert "b, serial B1" in serial.remedy
    assert serial.blocks
    assert found.failed


def test_another_mac_at_the_listed_address_is_a_finding() -> None:
    found = compare([Machine("a", MAC, "", "10.0.0.1")], [probe("10.0.0.1", mac=OTHER)])
    (match,) = found.matches
    assert (match.by, match.verdict, match.findings[0].got) == ("address", Verdict.FAIL, OTHER)


def test_what_is_not_told_without_a_login_is_unknown_and_never_a_pass() -> None:
    found = compare([Machine("a", MAC, "A1", "10.0.0.1")], [probe("10.0.0.1")])
    (match,) = found.matches
    assert match.verdict is Verdict.UNKNOWN
    assert {f.verdict for f in match.findings} == {Verdict.UNKNOWN}
    assert not found.failed
    assert not any(f.blocks for f in match.findings)


def test_after_the_login_the_same_is_compared_again() -> None:
    machine = Machine("a", MAC, "A1")
    assert [f.verdict for f in differences(machine, Identity("A1"), MAC)] == [Verdict.PASS, Verdict.PASS]
    assert [f.verdict for f in differences(machine, Identity("A2"), OTHER)] == [Verdict.FAIL, Verdict.FAIL]
    assert [f.verdict for f in differences(machine, Identity("1234567890"))] == [Verdict.UNKNOWN, Verdict.UNKNOWN]
