"""Files that people (or others) write: whatever they hold, the reader gives rows or one error with every mistake."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from metalctl.bmc.discovery.manifest import _LIMITS, Machine, ManifestErrors, read_manifest
from metalctl.bmc.discovery.nodes_csv import read_csv
from metalctl.bmc.discovery.targets import parse_targets
from metalctl.bmc.endpoint import parse_endpoint
from metalctl.bmc.errors import BmcError
from metalctl.content import yaml

pytestmark = pytest.mark.slow
# No deadline for an example: a machine may be slow. What never ends is ended by the test's own time.
EXAMPLES = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = ["machines:", "- ", "  - ", "mac: ", "serial: ", "unit: ", "b0:7b:25:d6:51:82", "F54P1G3", "credential: env:R",
         "{", "}", "[", "]", ",", "\n", "  ", "#", "&a ", "*a", "!!python/object:os.system ", "---", "'", '"', "|",
         "\t", ": ",
         "? ", "%YAML 9.9", "\0", "日", "0x" + "f" * 40, "10.0.0.1", ": !!binary "]  # fmt: skip
CELLS = [
    "name",
    "bmc",
    "credential",
    "profile",
    ",",
    ";",
    "\n",
    "\r",
    '"',
    "#",
    "10.0.0.1",
    "https://",
    "env:A",
    " ",
    "\0",
    "日",
]


def in_file(data: bytes, suffix: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="scan-fuzz-"))
    (folder / f"f{suffix}").write_bytes(data)
    return folder / f"f{suffix}"


def error_of(read: Callable[[], object]) -> BmcError | None:
    try:
        read()
    except BmcError as error:
        return error
    return None


def text_of(words: list[str]) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(words), max_size=60).map(lambda parts: "".join(parts).encode())


@EXAMPLES
@given(st.one_of(st.binary(max_size=400), text_of(WORDS)))
@example(b"a: " + b"[" * 5000)
@example(b"a: !!int " + b"9" * 6000)
@example(b"%YAML " + b"1" * 5000)
@example(b"- " * 3000)
def test_manifests(data: bytes) -> None:
    file = in_file(data, ".yaml")
    wrong: ManifestErrors | None = None
    machines: list[Machine] = []
    try:
        machines = read_manifest(file)
    except ManifestErrors as error:
        wrong = error
    file.unlink()
    file.parent.rmdir()
    assert bool(machines) != bool(wrong)
    assert all(m.credential_ref and (m.mac or m.serial) for m in machines)
    if wrong:
        assert all(p.file == str(file) for p in wrong.problems)
        assert len(wrong.message) < 100_000


@EXAMPLES
@given(st.one_of(st.binary(max_size=400), text_of(CELLS)))
def test_nodes_files(data: bytes) -> None:
    file = in_file(data, ".csv")
    for read in (lambda: read_csv(file), lambda: read_csv(file, "env:A"), lambda: parse_targets([str(file)])):
        assert error_of(read) is None or error_of(read).message  # type: ignore[union-attr]
    file.unlink()
    file.parent.rmdir()


@EXAMPLES
@given(st.one_of(st.text(max_size=60), st.from_regex(r"[0-9a-fA-F.:/\[\]@?=-]{0,40}", fullmatch=True)))
def test_targets_and_endpoints(text: str) -> None:
    for read in (
        lambda: parse_targets([text]),
        lambda: parse_targets(["10.0.0.1"], [text]),
        lambda: parse_endpoint(text),
    ):
        assert error_of(read) is None or error_of(read).hint  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{a: " * 9 + b"x", "expected at most 8 levels, got more"),
        (b"a: [" + b"1," * 400_000, "expected at most 100000 values, got more"),
        (b"[" * 1_000_000, "expected at most 8 levels, got more"),
        (b"a: &x [1]\nb: [*x, *x]\n", "anchors and aliases are not read here"),
    ],
    ids=["mappings", "values", "levels", "aliases"],
)
def test_a_file_without_end_is_cut_off_at_its_limit(data: bytes, why: str) -> None:
    """Read to its end, the third would be told for their missing bracket instead."""
    mistakes: list[yaml.Problem] = []
    assert yaml.parse(data, "f.yaml", mistakes, _LIMITS) is None
    assert [mistake.message for mistake in mistakes] == [why]
