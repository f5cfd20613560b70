"""What DMTF's validator tells of each requirement: its HTML report, and its debug log where there is none.

A mandatory resource that is missing is named in the report alone, and so is most of what was not tested. Rows of the
report are read by their shape (name, value and messages, result), not by their looks. Pure functions of text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

FAIL, UNTESTED = frozenset({"FAIL"}), frozenset({"SKIP", "NOT TESTED"})
_LOG = re.compile(r"(?P<result>FAIL|SKIP) - (?P<name>/\S+(?: \(Write\))?) (?P<rest>.+)$")


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement. resource: its address, or what the requirement is about. result: as the validator calls it."""

    resource: str
    name: str
    result: str
    message: str = ""

    def __str__(self) -> str:
        return f"{self.resource}: {self.name} {self.message}".rstrip()


def rows(report: str, log: str) -> tuple[Row, ...]:
    """Every requirement that failed or was not tested, each once."""
    found = _of_report(report) or _of_log(log)
    return tuple(dict.fromkeys(row for row in found if row.result in FAIL | UNTESTED))


def _of_report(html: str) -> list[Row]:
    parser = _Table()
    parser.feed(html)
    parser.close()
    return parser.found


def _of_log(log: str) -> list[Row]:
    found, resource = [], ""
    for line in log.splitlines():
        if hit := re.search(r"Validating (/\S+?)\.\.\.$", line):
            resource = hit.group(1)
        elif hit := _LOG.search(line):
            found.append(Row(resource, hit["name"], hit["result"], hit["rest"]))
    return found


class _Table(HTMLParser):
    """Rows below the address of their resource. A row's last cell is its result."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Row] = []
        self._resource, self._cells = "", list[list[str]]()
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._cells = []
        elif tag in ("td", "th"):
            self._cells.append([])
            self._in = "cell"
        elif "resource-uri" in (dict(attrs).get("class") or ""):
            self._in, self._resource = "uri", ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") or (tag == "div" and self._in == "uri"):
            self._in = ""
        elif tag == "tr" and len(self._cells) >= 3:
            name, *middle, last = ([text for text in cell if text] for cell in self._cells)
            message = "; ".join(text.partition("; Profile:")[0] for cell in middle for text in cell)
            self.found.append(Row(self._resource, " ".join(name), " ".join(last).upper(), message))

    def handle_data(self, data: str) -> None:
        plain = " ".join(data.split())
        if self._in == "uri":
            self._resource = f"{self._resource} {plain}".strip()
        elif self._in == "cell" and self._cells:
            self._cells[-1].append(plain)
