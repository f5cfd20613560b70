"""A file that is not there is said to be not found, by every command that takes one, before anything else is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from metalctl.cli.main import cli, run

# Paths that a command writes, or makes: that nothing is there yet is as it should be.
WRITTEN = {"output", "state_dir", "backup file", "new folder"}
# Words that may be files: what makes one of it.
WORDS = {
    "enroll": ["none.csv"],
    "discover": ["none.csv"],
    "discover (manifest)": ["none.yaml"],
    "profile check": ["./none.yaml"],
    "profile show": ["./none.yaml"],
    "profile diff": ["compute", "./none.yaml"],
    "match": ["--inventory", "none.json"],
}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def cases() -> Iterator[tuple[str, list[str]]]:
    """A command line for each option and argument that is a path to read; the other arguments are words."""
    for path, command in commands(cli):
        for one in command.params:
            if not isinstance(one.type, click.Path) or {one.name, f"{path[-1]} {one.name}"} & WRITTEN:
                continue
            others = [p for p in command.params if isinstance(p, click.Argument) and p is not one and p.required]
            words = [p.type.choices[0] if isinstance(p.type, click.Choice) else "n1" for p in others]
            named = ["none.file"] if isinstance(one, click.Argument) else [one.opts[-1], "none.file"]
            needed = [w for p in command.params if isinstance(p, click.Option) and p.required and p is not one
                      for w in (p.opts[-1], "new")]  # fmt: skip
            yield f"{' '.join(path)} {one.name}", [*path, *named, *needed, *words]


CASES = [*cases(), *((name, [*name.partition(" (")[0].split(), *words]) for name, words in WORDS.items())]


def test_the_walk_finds_what_people_name() -> None:
    names = {name for name, _ in CASES}
    assert {"enroll expected", "restore file", "lab up rack_file", "nodes config", "bmc replay file"} <= names
    assert len(names) > 60


@pytest.mark.parametrize(("name", "words"), CASES, ids=[name for name, _ in CASES])
def test_a_file_that_is_not_there_is_not_found(
    name: str,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("METALCTL_CONFIG", raising=False)
    code = run(words)
    said = " ".join(capsys.readouterr())
    missing = next(word for word in words if word.removeprefix("./").startswith("none.")).removeprefix("./")
    assert (code, f"{missing}: file not found" in said) == (2, True), said
    assert "correct these" not in said
    assert not (tmp_path / "state").exists(), "nothing is made before that is said"
