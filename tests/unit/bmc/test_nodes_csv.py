"""The nodes file: every mistake at once, one message a row, with line and column; nothing half imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.bmc import read_csv
from metalctl.bmc.errors import CsvErrors
from metalctl.content.errors import Problem

REF = "file:/s.json#lab"


def write(path: Path, text: str) -> Path:
    file = path / "nodes.csv"
    file.write_text(text, encoding="utf-8")
    return file


def problems(path: Path, text: str, **options: str) -> tuple[Problem, ...]:
    with pytest.raises(CsvErrors) as caught:
        read_csv(write(path, text), **options)
    return caught.value.problems


def test_rows_are_read_with_their_lines_and_the_default_name(tmp_path: Path) -> None:
    text = f"\ufeffbmc, name ,credential,profile\n# a comment\n\nhttps://10.0.0.1,cmp1,{REF},compute\nipmi://10.0.0.2,,env:LAB,\n"
    first, second = read_csv(write(tmp_path, text))
    assert (first.name, str(first.endpoint), first.credential_ref, first.profile, first.line) == (
        "cmp1", "https://10.0.0.1", REF, "compute", 4,
    )  # fmt: skip
    assert (second.name, second.endpoint.protocol, second.profile, second.line) == ("node-10-0-0-2", "ipmi", "", 5)


def test_every_bad_row_is_named_at_once_with_line_and_column(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        f"name,bmc,credential,profile\n"
        f"ok,https://10.0.0.1,{REF},\n"
        f"bad address,https://10.0.0.300,{REF},\n"
        f"OK,https://10.0.0.3,{REF},\n"
        f"same-bmc,ipmi://10.0.0.1,{REF},\n"
        f"no-cred,https://10.0.0.4,,\n"
        f"odd-cred,https://10.0.0.5,hunter2,\n"
        f"long,https://10.0.0.6,{REF},compute,more\n",
    )
    assert [p.place[1:] for p in found] == [(3, 1), (4, 1), (5, 2), (6, 3), (7, 3), (8, 1)]
    assert "host name" in found[0].message
    assert "10.0.0.300" in found[0].message, "both mistakes of the row, in one message"
    assert "line 2" in found[1].message, "names are compared without regard to case"
    assert "line 2" in found[2].message, "one machine over two protocols is one machine"
    assert "hunter2" not in str(found[4]), "what is no reference may be a password"


@pytest.mark.parametrize(
    ("header", "column", "said"),
    [
        ("name,bmc,credentials", 3, "did you mean 'credential'"),
        ("name;bmc;credential", 1, "semicolons"),
        ("name,credential", 1, "'bmc' is missing"),
        ("bmc", 1, "'credential' is missing"),
        ("bmc,credential,bmc", 1, "twice"),
    ],
)
def test_a_wrong_header_is_named_and_no_row_is_read(tmp_path: Path, header: str, column: int, said: str) -> None:
    (only,) = problems(tmp_path, f"{header}\nx,10.0.0.300,y\n")
    assert only.place[1:] == (1, column)
    assert said in only.message


@pytest.mark.parametrize("text", ["", "\n\n", "bmc,credential\n"])
def test_a_file_without_rows_is_a_mistake(tmp_path: Path, text: str) -> None:
    assert len(problems(tmp_path, text)) == 1


def test_a_default_credential_fills_the_gaps_and_is_checked(tmp_path: Path) -> None:
    (entry,) = read_csv(write(tmp_path, "bmc\n10.0.0.1\n"), credential_ref=REF)
    assert entry.credential_ref == REF
    assert len(problems(tmp_path, "bmc\n10.0.0.1\n", credential_ref="nonsense")) == 1


def test_a_missing_file_or_one_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CsvErrors, match=r"none\.csv: file not found"):
        read_csv(tmp_path / "none.csv")
    (tmp_path / "bin.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CsvErrors, match="cannot be read"):
        read_csv(tmp_path / "bin.csv")


def test_systems_behind_one_bmc_and_ports_of_one_address_are_different_machines(tmp_path: Path) -> None:
    rows = ["https://10.0.0.1?system=1", "https://10.0.0.1?system=2", "ipmi://10.0.0.2:6230", "ipmi://10.0.0.2:6231"]
    assert len(read_csv(write(tmp_path, "bmc\n" + "\n".join(rows) + "\n"), credential_ref=REF)) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [("bmc\n" + "x" * 200_000, "is not a CSV file"), ("bmc\n" + "10.0.0.1\n" * 1_000_000, "larger than"),
     ("bmc\n" + "10.0.0.300\n" * 5000, "the rest was not read")],
    ids=["a cell without an end", "a file without an end", "mistakes without an end"],
)  # fmt: skip
def test_a_file_that_goes_on_for_ever_is_cut_off(tmp_path: Path, text: str, said: str) -> None:
    found = problems(tmp_path, text, credential_ref=REF)
    assert said in found[-1].message
    assert len(found) <= 501
