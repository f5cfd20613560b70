"""Tables of many columns in 80 columns and fewer: what does not fit stands below with its title; nothing is cut."""

from __future__ import annotations

import click
import pytest

from metalctl.cli._layout import records, table

TITLES = ("name", "serial", "model", "firmware", "where", "health")
ROWS = [
    ("nvme0n1", "PHLJ0123456789ABCD", "INTEL SSDPF2KE016T1 with a long name", "2CV1L028", "bay 4", "ok"),
    ("sda", "S4", "", "", "0000:00:17.0-ata-1", "3 defects, 12 timeouts and a word more"),
]


@pytest.mark.parametrize("columns", [200, 80, 60, 40])
def test_every_value_is_there_whole_and_no_line_is_too_long(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = [click.unstyle(line) for line in records(TITLES, ROWS)]
    text = " ".join(" ".join(lines).split())
    assert [cell for row in ROWS for cell in row if cell not in text] == []
    assert [line for line in lines if len(line) > columns] == []


def test_where_all_fits_it_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert records(TITLES, ROWS) == table(TITLES, ROWS)


def test_what_stands_below_has_its_title(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = [click.unstyle(line) for line in records(TITLES, ROWS)]
    assert lines[0].split() == ["name", "serial", "model", "firmware"]
    assert lines[2] == "    where bay 4; health ok"
    assert lines[3].split() == ["sda", "S4"]


def test_a_column_that_holds_nothing_takes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "model" not in records(TITLES, [("sda", "S4", "", "", "x" * 70, "y" * 30)])[0]
    assert records(TITLES, []) == []
