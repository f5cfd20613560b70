"""Quantities: what is read, and that nothing else raises anything but the room's own error."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metalctl.model import units
from metalctl.model.units import UnitError

PARSERS = [
    units.parse_size,
    units.parse_rate,
    units.parse_throughput,
    units.parse_count,
    units.parse_duration,
    units.parse_fraction,
    units.parse_power,
    units.parse_quantity,
    lambda text: units.parse_in("GT/s", text),
]


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (units.parse_size, "512 GiB", 512 * 2**30),
        (units.parse_size, "1_000 GB", 10**12),
        (units.parse_rate, "25 Gb/s", 25 * 10**9),
        (units.parse_power, "1.2 kW", 1200),
        (units.parse_power, "800W", 800),
        (PARSERS[-1], "16 GT/s", 16),
        (PARSERS[-1], "16", 16),
        (units.parse_quantity, "35 %", 0.35),
    ],
)
def test_what_people_write_is_read(parse: object, text: str, value: float) -> None:
    assert callable(parse)
    assert parse(text) == value


WRONG = ["1.2.3", "1.2.3 GiB", "9" * 500, "9" * 308 + " TB", "16 GB/s ", "x", "", "1__0", "0x10", "१"]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_rate_is_the_rooms_own_error(text: str) -> None:
    with pytest.raises(UnitError) as wrong:
        units.parse_rate(text)
    assert len(wrong.value.message) < 200


@pytest.mark.slow
@given(st.text(max_size=30) | st.from_regex(r"[0-9._]{1,400} ?[KMGTkmg]?i?[Bb]?(/s)?", fullmatch=True))
@example("9" * 5000)
def test_no_text_raises_anything_else(text: str) -> None:
    for parse in PARSERS:
        with contextlib.suppress(UnitError):
            assert math.isfinite(parse(text))


@given(st.integers() | st.floats() | st.just(10**400) | st.just(10**5000))
def test_no_number_raises_anything_else(number: float) -> None:
    for parse in PARSERS:
        with contextlib.suppress(UnitError):
            assert math.isfinite(parse(number))


@pytest.mark.parametrize(
    ("value", "text"),
    [(18 * 10**12, "18 TB"), (480_103_981_056, "480.1 GB"), (8 * 2**30, "8 GiB"), (2**40, "1 TiB"), (0, "0 B"),
     (512, "512 B"), (1_600_321_314_816, "1.6 TB"), (999, "999 B"), (1000, "1 kB"), (1024, "1 KiB")],
)  # fmt: skip
def test_a_disk_is_told_as_its_label_says(value: int, text: str) -> None:
    assert units.format_capacity(value) == text
