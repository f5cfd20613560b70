"""The nodes file: who shall be enrolled, one row a machine.

    name,bmc,credential,profile
    cmp1,https://10.0.0.11,file:/etc/metalctl/secrets.json#rack1,compute
    sto1,ipmi://10.0.0.12,env:RACK1,storage

`bmc` is required. `credential` too, unless the caller has a default for all. `name` and `profile` may be left out,
the name is then made from the address. Blank lines and lines that begin with # are skipped. Every mistake is
reported at once, one message a row, and then nothing is imported.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from metalctl.bmc.endpoint import Endpoint, parse_endpoint
from metalctl.bmc.errors import BadEndpoint, CsvErrors
from metalctl.content.errors import Place, Problem
from metalctl.content.secrets import SecretError, check_reference
from metalctl.model.errors import why_unreadable

LARGEST = 8 << 20
MOST_PROBLEMS = 500
COLUMNS = ("name", "bmc", "credential", "profile")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. credential_ref: a reference, never a secret. profile: "" when the row names none. line: from 1.

    columns: the header, for who finds a mistake in a cell later.
    """

    name: str
    endpoint: Endpoint
    credential_ref: str
    profile: str
    line: int
    columns: tuple[str, ...] = ()


def read_csv(path: str | Path, credential_ref: str = "") -> list[Entry]:
    """All entries of a nodes file; raises CsvErrors with every mistake. credential_ref: for rows that name none."""
    path = Path(path)
    try:
        text = text_of(path)
    except (OSError, ValueError) as error:  # UnicodeDecodeError is a ValueError
        hint = "name a CSV file with the columns " + ",".join(COLUMNS)
        raise CsvErrors([Problem(Place(str(path)), why_unreadable(error), hint)]) from None
    reader = _Table(str(path), credential_ref)
    entries: list[Entry] = []
    try:
        entries = reader.read(text)
    except csv.Error as error:
        reader.problems.append(Problem(Place(str(path), 1, 1), f"is not a CSV file: {error}"))
    if reader.problems:
        raise CsvErrors(reader.problems, hint="nothing was imported; correct these rows and run it again")
    return entries


def text_of(path: Path) -> str:
    """What is in a CSV file; raises OSError, or ValueError when it is too large or no text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
    return text


class _Table:
    def __init__(self, file: str, default: str) -> None:
        self._file = file
        self._default = default
        self._columns: list[str] = []
        self._seen: dict[tuple[str, object], int] = {}
        self.problems: list[Problem] = []

    def read(self, text: str) -> list[Entry]:
        rows = _rows(text)
        try:
            line, header = next(rows)
        except StopIteration:
            self._problem(1, [("", "the file is empty; its first line names the columns: " + ",".join(COLUMNS))])
            return []
        if not self._header(line, header):
            return []
        entries = []
        for line, row in rows:
            if entry := self._row(line, row):
                entries.append(entry)
            elif len(self.problems) >= MOST_PROBLEMS:
                self._problem(line, [("", f"{MOST_PROBLEMS} mistakes: the rest was not read")])
                break
        if not entries and not self.problems:
            self._problem(line, [("", "the file has no rows below its header")])
        return entries

    def _header(self, line: int, header: list[str]) -> bool:
        self._columns = [cell.strip().lower() for cell in header]
        wrong = [(name, _unknown(name)) for name in self._columns if name not in COLUMNS]
        wrong += [(name, f"column {name!r} is there twice") for name in COLUMNS if self._columns.count(name) > 1]
        needed = ("bmc",) if self._default else ("bmc", "credential")
        wrong += [("", f"column {name!r} is missing") for name in needed if name not in self._columns]
        if wrong:
            self._problem(line, wrong)
        return not wrong

    def _row(self, line: int, row: list[str]) -> Entry | None:
        if len(row) > len(self._columns):
            self._problem(line, [("", f"{len(row)} cells under {len(self._columns)} columns; is a comma not quoted?")])
            return None
        cells = {name: cell.strip() for name, cell in zip(self._columns, row, strict=False)}
        wrong: list[tuple[str, str]] = []
        endpoint = self._endpoint(cells.get("bmc", ""), line, wrong)
        name = self._name(cells.get("name", ""), endpoint, line, wrong)
        reference = self._reference(cells.get("credential", ""), wrong)
        if wrong or endpoint is None:
            self._problem(line, sorted(wrong, key=lambda item: self._position(item[0])))
            return None
        return Entry(name, endpoint, reference, cells.get("profile", ""), line, tuple(self._columns))

    def _endpoint(self, text: str, line: int, wrong: list[tuple[str, str]]) -> Endpoint | None:
        if not text:
            wrong.append(("bmc", "bmc is empty"))
            return None
        try:
            endpoint = parse_endpoint(text)
        except BadEndpoint as error:
            wrong.append(("bmc", f"bmc {error.message}"))
            return None
        # One machine over two protocols is still one machine.
        self._once("bmc", (endpoint.address, endpoint.port, endpoint.system), str(endpoint), line, wrong)
        return endpoint

    def _name(self, name: str, endpoint: Endpoint | None, line: int, wrong: list[tuple[str, str]]) -> str:
        if not name:
            return default_name(endpoint) if endpoint else ""
        if not _NAME.fullmatch(name.lower()):
            wrong.append(("name", f"name {name!r} cannot be a host name (letters, digits and hyphens, at most 63)"))
            return ""
        self._once("name", name.lower(), repr(name), line, wrong)
        return name

    def _reference(self, text: str, wrong: list[tuple[str, str]]) -> str:
        reference = text or self._default
        if not reference:
            wrong.append(("credential", "credential is empty"))
            return ""
        try:
            check_reference(reference)
        except SecretError as error:
            wrong.append(("credential", error.message))
        return reference

    def _once(self, column: str, key: object, shown: str, line: int, wrong: list[tuple[str, str]]) -> None:
        first = self._seen.setdefault((column, key), line)
        if first != line:
            wrong.append((column, f"{column} {shown} is already in line {first}"))

    def _position(self, name: str) -> int:
        return self._columns.index(name) + 1 if name in self._columns else 1

    def _problem(self, line: int, wrong: list[tuple[str, str]]) -> None:
        place = Place(self._file, line, self._position(wrong[0][0]))
        self.problems.append(Problem(place, "; ".join(text for _, text in wrong)))


def default_name(endpoint: Endpoint) -> str:
    """A host name made from the address: bmc7.example.net is bmc7-example-net, 10.0.0.11 is node-10-0-0-11."""
    parts = [endpoint.address, str(endpoint.port or ""), endpoint.system]
    plain = re.sub(r"[^a-z0-9]+", "-", "-".join(filter(None, parts)).lower()).strip("-")
    return plain[:63].strip("-") if plain[0].isalpha() else f"node-{plain}"[:63].strip("-")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line that each begins on (a quoted cell may span lines)."""
    reader = csv.reader(text.splitlines(keepends=True))
    begin = 1
    for row in reader:
        if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#"):
            yield begin, row
        begin = reader.line_num + 1


def _unknown(name: str) -> str:
    if ";" in name:
        return "the columns are separated by semicolons; use commas"
    close = difflib.get_close_matches(name, COLUMNS, 1)
    return f"there is no column {name!r}" + (
        f"; did you mean {close[0]!r}?" if close else f"; use {', '.join(COLUMNS)}"
    )
