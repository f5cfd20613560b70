"""Credential references: resolved where used, never repeated in a message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metalctl.content.secrets import Secret, SecretError, check_reference, resolve


def write(path: Path, content: object, mode: int = 0o600) -> Path:
    file = path / "secrets.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    file.chmod(mode)
    return file


def test_a_file_reference_is_resolved(tmp_path: Path) -> None:
    file = write(tmp_path, {"rack1": {"username": "root", "password": "hunter2"}})
    assert resolve(f"file:{file}#rack1") == Secret("root", "hunter2")


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o606])
def test_a_file_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    file = write(tmp_path, {"rack1": {"username": "root", "password": "hunter2"}}, mode)
    with pytest.raises(SecretError) as caught:
        resolve(f"file:{file}#rack1")
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    ["hunter2 {", [1], {}, {"rack1": "hunter2"}, {"rack1": {"username": "root"}},
     {"rack1": {"username": 1, "password": "hunter2"}}],
)  # fmt: skip
def test_a_file_of_another_shape_is_an_error_that_repeats_nothing(tmp_path: Path, content: object) -> None:
    with pytest.raises(SecretError) as caught:
        resolve(f"file:{write(tmp_path, content)}#rack1")
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_a_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SecretError, match="file not found"):
        resolve("file:/nowhere/x.json#rack1")


def test_the_environment_is_resolved_and_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACK1_USERNAME", "root")
    with pytest.raises(SecretError, match="RACK1_PASSWORD"):
        resolve("env:RACK1")
    monkeypatch.setenv("RACK1_PASSWORD", "hunter2")
    assert resolve("env:RACK1").password == "hunter2"


@pytest.mark.parametrize("reference", ["hunter2", "", "vault:hunter2", "root:hunter2", "hunter2#x"])
def test_what_is_no_reference_may_be_a_password_and_is_not_repeated(reference: str) -> None:
    with pytest.raises(SecretError) as caught:
        check_reference(reference)
    assert "hunter2" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("reference", ["file:/x.json", "file:#x", "file:/x#", "env:", "env:A B", "env"])
def test_an_incomplete_reference_is_refused(reference: str) -> None:
    with pytest.raises(SecretError):
        check_reference(reference)


def test_a_secret_never_shows_its_password() -> None:
    secret = Secret("root", "hunter2")
    assert "hunter2" not in f"{secret} {secret!r}"
