"""Words that a technician has to decode, counted in the pages and in what a user reads of the code.

`python -m tests.unit.manual.words` writes words.json after some were removed; --list FILE... shows where they are.

What a user reads of the code: every text of metalctl/ but for docstrings, the docstrings of commands (their help), the
manuals of checks, and the templates of reports. Names in `…` are no prose.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.unit.manual._pages import HERE, name, prose, written

LEDGER = Path(__file__).with_name("words.json")
# The first column of the table in docs/style.md → what is looked for.
WORDS = {
    "leave (a permission)": (
        r"\b(?:the|a|its|this|that|no|such|with|without|by|of) leave\b|\bleave (?:to (?:erase|write|over)|is for|for)"
    ),
    "anew": r"\banew\b",
    "is told, are told, tells": r"\b(?:is|are|was|were|be|been|and) told\b|\btells?\b",
    "told of, told apart": r"\btold (?:of|apart|to|by|from|as|with)\b",
    "mend, mended": r"\bmend(?:s|ed|ing)?\b",
    "lack, lacks": r"\black(?:s|ed|ing)?\b",
    "whoever, whom, nobody, somebody, anybody": r"\b(?:whoever|whom|nobody|somebody|anybody|whosoever)\b",
    "vouch": r"\bvouch(?:es|ed)?\b",
    "hold to, held to, hold against": r"\b(?:hold|holds|held|holding) (?:\w+ ){0,3}(?:to|against)\b",
    "is looked at": r"\b(?:is|are|was|were|be|been) looked at\b",
    "walk, walks, walked": r"\bwalk(?:s|ed|ing)?\b",
    "speak of, spoken to": r"\bsp(?:eak|eaks|oke|oken) (?:of|to)\b",
    "in spite of": r"\bin spite of\b",
    "beside": r"\bbeside\b",
    "otherwise than, called otherwise": r"\botherwise than\b|\bcall(?:ed)? \w* ?otherwise\b",
    "shall": r"\bshall\b",
    "is no, are no": r"(?<!\bthere )\b(?:is|are|was) no (?!longer\b|more\b)\w+",
    "by itself": r"\bby (?:itself|themselves)\b",
    "what is the matter": r"\bthe matter\b",
    "so far as, as far as": r"\b(?:as|so) far as\b",
}
_ALL = {word: re.compile(pattern, re.IGNORECASE) for word, pattern in WORDS.items()}
Line = tuple[int, str]


def found(text: str) -> list[str]:
    """The avoided words of a text, by their names in the style page."""
    plain = re.sub(r"`[^`]*`", "", text)
    return [word for word, pattern in _ALL.items() for _ in pattern.findall(plain)]


def of_page(page: Path) -> Iterator[Line]:
    """The prose of a page; the style page's tables are about the words themselves."""
    for number, line in prose(page.read_text()):
        if not (page.name == "style.md" and line.startswith("|")):
            yield number, line


def of_code(text: str, *, docstrings: bool = False) -> Iterator[Line]:
    """The texts that a user may read; the docstring of a click command is its help."""
    tree = ast.parse(text)
    hidden = set() if docstrings else set(_docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in hidden and " " in node.value:
            yield node.lineno, node.value


def _docstrings(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            called = [ast.unparse(d) for d in getattr(node, "decorator_list", ())]
            is_help = any(re.search(r"\b(?:click|command|group|verb)\b", c) for c in called)
            if isinstance(first, ast.Expr) and not is_help:
                yield first.value


def lines() -> Iterator[tuple[str, Iterator[Line]]]:
    """(file, its lines) of all that is counted."""
    for page in written():
        if page.name != "CHANGELOG.md":
            yield name(page), of_page(page)
    for file in sorted((HERE / "metalctl").rglob("*.py")):
        yield name(file), of_code(file.read_text())
    for file in sorted((HERE / "checks").rglob("*.py")):
        yield name(file), of_code(file.read_text(), docstrings=True)
    for file in sorted((HERE / "reports").rglob("*.j2")):
        yield name(file), enumerate(file.read_text().splitlines(), 1)


@cache
def counts() -> dict[str, int]:
    """File → how many avoided words it has; files without one are left out."""
    counted = {file: sum(len(found(text)) for _, text in texts) for file, texts in lines()}
    return {file: number for file, number in counted.items() if number}


def room(file: str) -> str:
    """metalctl/bmc, docs/howto, checks …: where a file may be moved or divided without a new count."""
    parts = file.split("/")
    return "/".join(parts[:2]) if parts[0] in ("metalctl", "docs") and len(parts) > 2 else parts[0]


def risen(now: dict[str, int], ledger: dict[str, int]) -> list[str]:
    """The files with more avoided words than the ledger has, unless their room has no more than before.

    So a file may be moved or divided within its room; what it brings along is not new.
    """
    more = []
    for file, number in now.items():
        here = room(file)
        total, before = (sum(n for f, n in of.items() if room(f) == here) for of in (now, ledger))
        if number > ledger.get(file, 0) and total > before:
            more.append(f"{file}: {number} avoided words, {ledger.get(file, 0)} before")
    return more


def main(words: list[str]) -> int:
    """The program; see the module's docstring."""
    if words[:1] == ["--list"]:
        for file, texts in lines():
            for number, text in texts if not words[1:] or file.startswith(tuple(words[1:])) else ():
                for word in found(text):
                    sys.stdout.write(f"{file}:{number}: {word}: {' '.join(text.split())[:140]}\n")
        return 0
    LEDGER.write_text(json.dumps(counts(), indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
