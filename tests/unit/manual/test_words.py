"""The count of words that a technician has to decode may fall and never rise, in the pages and in what users read."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.manual import words
from tests.unit.manual._pages import HERE

# So many words may be gone before the ledger has to be written again.
SLACK = 60


def test_no_file_has_more_avoided_words_than_before() -> None:
    ledger = json.loads(words.LEDGER.read_text())
    told = "say it plainly (docs/style.md); where: python -m tests.unit.manual.words --list FILE"
    assert words.risen(words.counts(), ledger) == [], told


def test_the_ledger_has_no_more_than_there_is() -> None:
    ledger, now = json.loads(words.LEDGER.read_text()), words.counts()
    slack = sum(ledger.values()) - sum(now.values())
    assert slack <= SLACK, f"{slack} avoided words are gone: run python -m tests.unit.manual.words"


def test_the_table_of_the_style_page_is_what_is_counted() -> None:
    page = (HERE / "docs" / "style.md").read_text().split("\n## Words\n")[1]
    assert re.findall(r"^\| (?!avoid|---)(.+?) \|", page, re.MULTILINE) == list(words.WORDS)


AVOIDED = {
    "the leave is for serial X": ["leave (a permission)"],
    "what was found wrong is looked at anew": ["anew", "is looked at"],
    "Show what would be told": ["is told, are told, tells"],
    "the operator is told": ["is told, are told, tells"],
    "it says what this machine lacks, and how to mend it": ["mend, mended", "lack, lacks"],
    "authorities that do not vouch for it": ["vouch"],
    "held to the limit of the profile": ["hold to, held to, hold against"],
    "it is no disk": ["is no, are no"],
    "there is no disk, and it is no longer here": [],
    "packets leave at a rate; `anew` is code": [],
}


@pytest.mark.parametrize(("text", "avoided"), AVOIDED.items())
def test_what_counts(text: str, avoided: list[str]) -> None:
    assert words.found(text) == avoided


CODE = '''
"""Of a module: anew."""
import click

@click.command()
def show():
    """Show it anew."""

def inner():
    """Of a function: anew."""
    raise ValueError(f"{1} was read anew", "x")
'''


def test_docstrings_are_read_by_nobody_but_those_of_commands() -> None:
    assert [text for _, text in words.of_code(CODE)] == ["Show it anew.", " was read anew"]
    assert len(list(words.of_code(CODE, docstrings=True))) == 4


def test_a_file_may_be_moved_or_divided_within_its_room_and_bring_nothing_new() -> None:
    ledger = {"metalctl/bmc/a.py": 3, "metalctl/cli/b.py": 1}
    assert words.risen({"metalctl/bmc/new/a.py": 2, "metalctl/bmc/new/c.py": 1, "metalctl/cli/b.py": 1}, ledger) == []
    assert len(words.risen({"metalctl/bmc/a.py": 4, "metalctl/cli/b.py": 1}, ledger)) == 1
    assert len(words.risen({"metalctl/bmc/a.py": 3, "metalctl/cli/b.py": 1, "metalctl/cli/c.py": 1}, ledger)) == 1
