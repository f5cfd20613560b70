"""The one reader of YAML: what is read, where everything stands, and that no file exhausts us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic.dataclasses import dataclass

from metalctl.content import yaml
from metalctl.content.errors import Mistakes, Problem

OPEN = yaml.Limits(anchors=True, documents=3)


def tree(text: str, limits: yaml.Limits = yaml.Limits()) -> tuple[list[yaml.Node] | None, list[str]]:  # noqa: B008
    problems: list[Problem] = []
    return yaml.parse(text.encode(), "f.yaml", problems, limits), [str(p) for p in problems]


def only(text: str, limits: yaml.Limits = OPEN) -> yaml.Node:
    roots, problems = tree(text, limits)
    assert problems == []
    assert roots
    return roots[0]


def test_every_value_and_every_key_knows_its_line_and_column() -> None:
    root = only("a: 1\nb:\n  - {c: two, d: }\n")
    assert isinstance(root, yaml.Mapping)
    assert (root.keys["b"][1:], yaml.place_of(root, "a")[1:]) == ((2, 1), (1, 4))
    assert yaml.place_of(root, "b", 0, "c") == ("f.yaml", 3, 9)
    assert yaml.place_of(root, "b", 0, "d") == ("f.yaml", 3, 14), "an empty value stands at its key"
    assert yaml.place_of(root, "b", 7, "x")[1:] == (3, 3), "what is not there is placed at what is around it"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 'f.yaml:3:1: "a" is given twice (line 1)\n  → keep one of them'),
        ("a:\n\tb: 1\n", "f.yaml:2:1: not YAML: "),
        ("a: [1, *no]\n", 'f.yaml:1:8: nothing above is called "no"'),
        ("a: &a [*a]\n", 'f.yaml:1:8: nothing above is called "a"'),
        ("a: 1\n--- \n*a\n", 'f.yaml:3:1: nothing above is called "a"'),
        ("a: {<<: 3}\n", 'f.yaml:1:5: <<: expected keys and values, got "3"'),
        ("---\n---\n---\n---\n", "f.yaml:4:1: expected at most 3 documents, got more"),
        ("- \xff\n".encode("latin-1"), "f.yaml:1:3: expected UTF-8 text, got other bytes"),
    ],
)
def test_a_mistake_is_placed(text: str | bytes, said: str) -> None:
    problems: list[Problem] = []
    yaml.parse(text if isinstance(text, bytes) else text.encode(), "f.yaml", problems, OPEN)
    assert [str(p)[: len(said)] for p in problems] == [said]


def test_a_tab_at_the_start_of_a_line_is_explained() -> None:
    assert tree("a:\n\tb: 1\n")[1][0].endswith("→ indent with spaces, never with tabs")


def test_what_is_merged_in_is_what_the_other_says_and_this_does_not() -> None:
    root = only("- &x {a: 1, b: 2}\n- {<<: *x, b: 3}\n- {<<: [*x, {c: 4}], a: 0}\n")
    assert yaml.plain(root) == [{"a": 1, "b": 2}, {"a": 1, "b": 3}, {"a": 0, "b": 2, "c": 4}]
    assert yaml.place_of(root, 1, "a")[1:] == (2, 3)


def test_a_small_file_does_not_become_a_large_one() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    roots, problems = tree("\n".join(lines), OPEN)
    assert roots is None
    assert "expected at most 5000 values, got more" in problems[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [("off", "off"), ("yes", "yes"), ("12:30:00", "12:30:00"), ("012", 12), ("true", True), ("False", False),
     ("'true'", "true"), ("~", None), ("", None), ("'~'", "~"), ("1_000", "1_000"), ("1e3", 1000.0), ("-4", -4),
     ("2026-12-01", "2026-12-01"), ("9" * 5000, "9" * 5000), (".5", 0.5), (".", "."), ("!!str 5", "5")],
)  # fmt: skip
def test_plain_values_have_the_types_of_yaml_1_2(text: str, value: object) -> None:
    (got,) = yaml.plain(only(f"- {text}"))
    assert (type(got), got) == (type(value), value)


@pytest.mark.parametrize("value", ["on", "b0:7b:25:d6:51:82", "1:30", "~", "é", "a: b", {"k": [1, "2", None, True]}])
def test_what_is_written_is_read_back_by_us_and_by_yaml_1_1(value: Any) -> None:
    import yaml as library

    for text in (yaml.dump({"x": value}), "x: " + yaml.inline(value)):
        assert yaml.plain(only(text)) == library.safe_load(text) == {"x": value}
    assert "\n" not in yaml.inline(value)


@dataclass(config={"extra": "forbid"})
class Inner:
    port: int = 1


@dataclass(config={"extra": "forbid"})
class Outer:
    inner: Inner
    names: tuple[str, ...] = ()


def test_what_pydantic_refuses_is_placed_with_the_key_that_was_meant() -> None:
    root = only("names: [a, {}]\ninner:\n  port: many\n  prot: 3\n")
    assert isinstance(root, yaml.Mapping)
    problems: list[Problem] = []
    assert yaml.validated(root, Outer, problems) is None
    told = Mistakes(problems).message.splitlines()
    assert [line.partition(": ")[0] for line in told if "→" not in line] == ["f.yaml:1:12", "f.yaml:3:9", "f.yaml:4:3"]
    assert told[-2:] == ['f.yaml:4:3: inner: no key is called "prot"', "  → did you mean port?"]


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    problems: list[Problem] = []
    assert yaml.read(tmp_path / "none.yaml", problems) is None
    assert [str(p) for p in problems] == [f"{tmp_path}/none.yaml: file not found\n  → check the name and permissions"]


def test_a_secret_is_not_repeated() -> None:
    def reference(_: str) -> str:
        raise yaml.Mismatch("a reference", secret=True)

    root = only("credential: hunter2")
    assert isinstance(root, yaml.Mapping)
    problems: list[Problem] = []
    yaml.Reader(root, "", problems).value("credential", reference, "")
    assert [p.message for p in problems] == ["credential: expected a reference, got something else"]
