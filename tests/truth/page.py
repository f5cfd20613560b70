"""docs/reference/truth.md: which kind of untruth which test holds, and how that test was red before the mend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.truth.outcome import Seen

PAGE = Path("docs/reference/truth.md")
HOW = {"assertion": "assertion", "absent": "did not exist", "error": "error"}
SUM = {"assertion": "red by an assertion", "absent": "because it did not exist", "error": "by an error"}
ROW = re.compile(r"^\| (?P<item>\S+) \| (?P<kind>.*?) \| `(?P<test>tests/[^`]+)` \|", re.M)
HEAD = """# What passes was seen

Made by `./dev truth` from the tests; do not edit it. Each line is a kind of untruth (a PASS that nobody saw, a lost
part, a disk taken for free), the test that holds it, and how that test is red on the code of commit {old}, before the
mends. The tests of today were run twice, with today's code and with that commit's code and content:

- **assertion**: the old code ran and did the wrong thing; the first line of what the test said of it.
- **did not exist**: what the test asks for (a module, an option, a file) was not there. That is a weaker witness.
- **error**: the old code ended with an error of its own.
- **not red**: the test passes on the old code too, so it holds nothing new. `./dev truth` then ends with 1.

{tests} tests hold {kinds} kinds: {by}.

| item | kind | test | red on {old} |
|---|---|---|---|
"""


def render(old: Mapping[str, Seen], commit: str) -> str:
    """The page. old: what became of each test on the old commit."""
    rows = sorted((item, kind, test) for test, found in old.items() for item, kind in found.marks)
    rows.sort(key=lambda row: (_natural(row[0]), row[1], row[2]))
    seen = {name: _best(test) for name, test in old.items()}
    counts = [f"{sum(best == how for best in seen.values())} {name}" for how, name in SUM.items()]
    bare = sum(not best for best in seen.values())
    by = ", ".join(counts) + (f", {bare} not red" if bare else "")
    kinds = len({(item, kind) for item, kind, _ in rows})
    head = HEAD.format(old=commit, tests=len(old), kinds=kinds, by=by)
    return head + "".join(f"| {item} | {_cell(kind)} | `{test}` | {_red(old[test])} |\n" for item, kind, test in rows)


def listed(text: str) -> set[tuple[str, str, str]]:
    """(item, kind, test) of the page's rows."""
    return {(row["item"], row["kind"], row["test"]) for row in ROW.finditer(text)}


def marked(tests: Iterable[Seen]) -> set[tuple[str, str, str]]:
    """(item, kind, test) as the page has to list them."""
    return {(item, _cell(kind), test.name) for test in tests for item, kind in test.marks}


def _best(test: Seen) -> str:
    return next((how for how, _ in test.reds()), "")


def _red(test: Seen) -> str:
    reds = test.reds()
    if not reds:
        return "**not red**"
    how, text = reds[0]
    of = f" ({len(reds)} of {len(test.cases)} cases)" if len(test.cases) > 1 else ""
    return f"{HOW[how]}{of}: `{_cell(text)}`"


def _cell(text: str) -> str:
    return " ".join(text.replace("`", "'").replace("|", "\\|").split())


def _natural(item: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", item)]


def missing(found: Iterable[Seen], rows: set[tuple[str, str, str]]) -> Iterator[str]:
    """What is wrong with the page's rows, one line each."""
    there = marked(found)
    yield from (f"not on the page: {item} {test}" for item, _, test in sorted(there - rows))
    yield from (f"on the page, and no longer marked so: {item} {test}" for item, _, test in sorted(rows - there))
