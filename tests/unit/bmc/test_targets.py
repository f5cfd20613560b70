"""What to scan: read as people write it, lazily."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from metalctl.bmc.discovery.targets import parse_targets
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BadEndpoint, BadTarget


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("10.0.0.0/30", ["10.0.0.1", "10.0.0.2"]),
        ("10.0.0.5/30", ["10.0.0.5", "10.0.0.6"]),
        ("10.0.0.4/31", ["10.0.0.4", "10.0.0.5"]),
        ("10.0.0.9-10.0.0.11", ["10.0.0.9", "10.0.0.10", "10.0.0.11"]),
        ("10.0.0.9-11", ["10.0.0.9", "10.0.0.10", "10.0.0.11"]),
        ("10.0.0.7", ["10.0.0.7"]),
        ("bmc7.example.net", ["bmc7.example.net"]),
        ("ipmi://10.0.0.7:6230", [Endpoint("10.0.0.7", "ipmi", 6230)]),
        ("2001:db8::/126", [f"2001:db8::{n}" if n else "2001:db8::" for n in range(4)]),
    ],
)
def test_a_target_is_read(target: str, expected: list[object]) -> None:
    assert list(parse_targets([target])) == expected


def test_overlaps_are_scanned_once_and_exclusions_never() -> None:
    found = list(parse_targets(["10.0.0.1-4", "10.0.0.3-6", "https://10.0.0.2"], ["10.0.0.2", "10.0.0.4-5"]))
    assert found == ["10.0.0.1", "10.0.0.3", "10.0.0.6"]


def test_a_large_network_is_walked_without_being_built() -> None:
    targets = parse_targets(["10.0.0.0/9"])
    assert len(targets) == 2**23 - 2
    assert list(islice(targets, 2)) == ["10.0.0.1", "10.0.0.2"]


@pytest.mark.parametrize(
    "target",
    [
        "10.0.0.0/33",
        "10.0.0.9-10.0.0.1",
        "10.0.0.300",
        "2001:db8::/64",
        "none.csv",
        "a b",
        "10.0.0.5-300",
        "10.0.0.5-10.0.0.x",
        "10.0.0.5-",
        "2001:db8::1-9z",
    ],
)
def test_what_cannot_be_scanned_is_refused(target: str) -> None:
    with pytest.raises((BadTarget, BadEndpoint)) as caught:
        parse_targets([target])
    assert caught.value.hint


def test_a_csv_file_gives_its_bmc_column(tmp_path: Path) -> None:
    file = tmp_path / "nodes.csv"
    file.write_text("name,bmc\na,ipmi://10.0.0.1\nb,10.0.0.2\n")
    assert list(parse_targets([str(file)])) == [Endpoint("10.0.0.1", "ipmi"), Endpoint("10.0.0.2")]
