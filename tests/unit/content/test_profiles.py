"""The loader of profiles: what ships, what people write, and what nobody should."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from metalctl.content import profiles
from metalctl.content.errors import ProfileError
from metalctl.model.errors import UsageError

HERE = Path(__file__).parent
GOOD = "role: compute\nrequires: {disks: [{role: os}]}\n"


def write(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def messages(file: Path) -> list[str]:
    return [f"{p.line}: {p.message}" for p in profiles.check(file)]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root of the content path that comes before what metalctl ships."""
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["controller", "compute", "storage", "lab/controller", "lab/compute", "lab/storage"])
def test_every_shipped_profile_is_good_and_what_it_names_exists(name: str) -> None:
    assert name in profiles.names()
    assert profiles.check(name) == []
    profile = profiles.load(name)
    assert profile.name == name
    assert profile.role == name.rpartition("/")[2]
    assert profile.lab is name.startswith("lab/")
    assert set(profile.burn_in) | set(profile.accept) == set(profile.checks), "a check that never runs"


def test_the_shipped_sizes_are_those_of_the_issue() -> None:
    compute, storage = profiles.load("compute").requires, profiles.load("storage").requires
    assert compute.cpu.cores
    assert compute.cpu.cores.low == 64
    assert compute.memory.total
    assert compute.memory.total.low == 512 * 2**30
    assert compute.bonds[0].speed
    assert compute.bonds[0].speed.low == 25e9
    assert {d.role: d.count.low for d in storage.disks} == {"os": 1, "osd": 12, "wal": 2}


def test_every_limit_of_a_lab_profile_is_its_own_and_not_inherited() -> None:
    """Limits of real hardware would fail an emulated node, or take an hour."""
    for role in ("controller", "compute", "storage"):
        real, lab = profiles.load(role).checks, profiles.load(f"lab/{role}").checks
        inherited = [f"{role}: {c} {k}" for c in lab for k, v in lab[c].items() if real[c].get(k) == v and v]
        assert inherited == []


def test_limits_are_in_base_units() -> None:
    assert profiles.load("compute").checks["nvme-randread"] == {"min_iops": 400_000.0, "max_p99": 0.002}


@pytest.mark.parametrize("case", sorted((HERE / "broken").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_mistake_is_named_at_once_with_its_line(case: Path) -> None:
    assert messages(case) == case.with_suffix(".expected").read_text().splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "1: expected a profile (keys and values), got an empty file", id="an empty file"),
        pytest.param("- a\n", "1: expected a profile (keys and values), got a list", id="a list"),
        pytest.param("role: x\n\tcpu: 1\n", "2: not YAML", id="a tab"),
        pytest.param("role: [\n", "2: not YAML", id="an open bracket"),
        pytest.param(b"role: \xff\xfe\n", "1: expected UTF-8 text", id="other bytes"),
        pytest.param("role: \x00", "1: not YAML", id="a control character"),
        pytest.param("a: &x 1\nb: *x\n", "1: anchors and aliases", id="an alias"),
        pytest.param("a: 1\n---\nb: 1\n", "2: expected at most 1 document", id="two documents"),
        pytest.param("? [a]\n: b\n", "1: expected a key, got a list", id="a list as key"),
        pytest.param("a: " + "[" * 5000, "1: expected at most 32 levels", id="deep nesting"),
        pytest.param("a: [" + "1," * 30_000, "1: expected at most 5000 values", id="many values"),
        pytest.param("#" * 300_000, "0: expected at most 64 KiB", id="a huge file"),
        pytest.param('a: "\\UFFFFFFFF"\n', "1: ", id="a code point beyond Unicode"),
        pytest.param(
            GOOD + "checks: {mtu: {min_x: " + "9" * 500 + "}}\n", "3: checks.mtu.min_x", id="an infinite number"
        ),
        pytest.param(GOOD + "checks: {mtu: {min_x: 1.2.3}}\n", "3: checks.mtu.min_x: expected a quantity", id="1.2.3"),
    ],
)
def test_garbage_is_one_sentence(tmp_path: Path, text: str | bytes, expected: str) -> None:
    found = messages(write(tmp_path, "p.yaml", text))
    assert found[0].startswith(expected), found


def test_what_is_not_a_file_is_one_sentence(tmp_path: Path) -> None:
    assert "not a regular file" in messages(tmp_path)[0]
    assert "file not found" in messages(tmp_path / "none.yaml")[0]
    assert "cannot be read" in messages(Path("a\0b.yaml"))[0]


RELAXED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@RELAXED
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")),
        st.text(alphabet="{}[]:,-?&*!|>'\"%@`#~ \n\tab1\\x<.=", max_size=120).map(str.encode),
        st.text(alphabet="{}[]:, \n>=<.~ab1", max_size=60).map(lambda t: (GOOD + "checks: " + t).encode()),
    )
)
@example(b"\xef\xbb\xbfrole: compute\n")
@example(b"%YAML 9.9\n--- a\n")
@example(b"!!python/object/apply:os.system [ls]\n")
@example(b"role: {[a]: b}\n")
def test_no_garbage_gives_a_traceback(tmp_path: Path, text: bytes) -> None:
    file = write(tmp_path, "p.yaml", text)
    found = profiles.check(file)
    assert all(p.message and p.file for p in found)
    with contextlib.suppress(ProfileError):
        profiles.load(file)


KEYS = ["role", "requires", "cpu", "cores", "memory", "total", "disks", "kind", "network", "bonds", "checks", "mtu",
        "install", "root_disk", "firmware", "burn_in", "extends", "name", "lab"]  # fmt: skip
WORDS = st.sampled_from(["64", ">= 1", "1..2", "", "~", "true", "os", "[]", "{}", "-1", "1e9", "base", "compute", ".."])
TREES = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=4).map(
            lambda d: "{" + ", ".join(f"{k}: {v}" for k, v in d.items()) + "}"
        ),
    ),
    max_leaves=12,
)


@RELAXED
@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=6))
def test_no_wrong_shape_gives_a_traceback(tmp_path: Path, tree: dict[str, str]) -> None:
    file = write(tmp_path, "p.yaml", "\n".join(f"{k}: {v}" for k, v in tree.items()))
    assert all(p.message for p in profiles.check(file))


def test_mappings_merge_lists_replace_and_a_tilde_takes_away(site: Path) -> None:
    write(site, "profiles/own.yaml", "extends: compute\nchecks: {iperf3: {min_throughput: 20 Gb/s}, nvme-seqread: ~}\n"
          "burn_in: [iperf3]\nrequires: {cpu: {cores: '32', iommu: ~}}\n")  # fmt: skip
    own = profiles.load("own")
    assert own.requires.cpu.cores
    assert (own.requires.cpu.cores.low, own.requires.cpu.cores.high) == (32, 32)
    assert own.requires.cpu.threads
    assert own.requires.cpu.iommu is None
    assert own.checks["iperf3"] == {"min_throughput": 20e9}
    assert "nvme-seqread" not in own.checks
    assert own.burn_in == ("iperf3",)


def test_a_site_profile_may_extend_the_one_it_hides(site: Path) -> None:
    write(site, "profiles/compute.yaml", "extends: compute\nsummary: ours\n")
    assert profiles.load("compute").summary == "ours"
    assert profiles.load("compute").requires.bonds
    assert profiles.load("lab/compute").requires.bonds


def test_a_circle_is_told_with_its_way(site: Path) -> None:
    write(site, "profiles/a.yaml", "extends: b\n")
    file = write(site, "profiles/b.yaml", "extends: a\n")
    assert messages(file) == ["1: extends: b.yaml → a.yaml → b goes in a circle"]


def test_a_mistake_in_the_parent_is_told_with_the_parents_file(site: Path) -> None:
    write(site, "profiles/parent.yaml", "role: compute\nrequires:\n  cpu: {cores: many}\n")
    child = write(site, "profiles/child.yaml", "extends: parent\nrequires: {disks: [{role: os}]}\n")
    assert [(Path(p.file).name, p.line) for p in profiles.check(child)] == [("parent.yaml", 3)]


def test_a_path_may_be_extended_and_a_name_is_suggested(tmp_path: Path) -> None:
    write(tmp_path, "mother.yaml", GOOD)
    assert profiles.load(write(tmp_path, "child.yaml", "extends: ./mother.yaml\n")).role == "compute"
    problems = profiles.check(write(tmp_path, "typo.yaml", "rol: x\nextends: compue\n"))
    assert [(p.line, p.hint) for p in problems] == [(1, "did you mean role?"), (2, "did you mean compute?")]


def test_an_unknown_name_is_a_usage_error_with_a_suggestion() -> None:
    with pytest.raises(UsageError, match="did you mean storage"):
        profiles.load("storag")


def test_checks_limits_and_systems_must_exist(tmp_path: Path) -> None:
    text = GOOD + "checks:\n  nvme-randred: {}\n  nvme-randread: {min_iopps: 3}\ninstall: {os: debian-21}\n"
    problems = profiles.check(write(tmp_path, "p.yaml", text))
    assert [(p.line, p.hint) for p in problems] == [
        (4, "did you mean nvme-randread?"),
        (5, "did you mean min_iops?"),
        (5, "see: metalctl check show nvme-randread"),
        (6, "did you mean debian-12?"),
    ]


def test_the_digest_is_of_what_is_asked_not_of_how_it_is_written(tmp_path: Path) -> None:
    one = profiles.load(write(tmp_path, "a/p.yaml", GOOD + "checks: {mtu: {mtu: 9k}}\n")).digest
    same = profiles.load(write(tmp_path, "b/p.yaml", "# a remark\n" + GOOD + "checks:\n  mtu: {mtu: 9000}\n")).digest
    other = profiles.load(write(tmp_path, "c/p.yaml", GOOD + "checks: {mtu: {mtu: 9001}}\n")).digest
    assert one == same
    assert one != other
    assert len(one) == 64
