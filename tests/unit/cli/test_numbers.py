"""Every number on the command line is finite and has limits, whichever command takes it."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from metalctl.cli._lab_bmcs import _Seconds
from metalctl.cli._moment import moment
from metalctl.cli._numbers import Count, Number
from metalctl.cli.main import cli

NUMERIC = (type(click.FLOAT), type(click.INT), _Seconds)
FINITE = pytest.mark.truth("A11", "a number on the command line is finite and within limits, in every command")
# What no number of any option is.
NEVER = ["nan", "NaN", "inf", "-inf", "infinity", "1e999", "-1e999", "1e300", "", "seven", "0x10"]


def numbers(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Parameter]]:
    """(the words of the command, the option) of every option that takes a number, in all commands below."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from numbers(found, (*words, name))
    for param in command.params:
        if isinstance(param.type, NUMERIC):
            yield words, param


OPTIONS = list(numbers(cli))


def test_the_walk_sees_the_commands() -> None:
    assert {"power", "discover", "bmc bios", "lab bmcs", "prune"} <= {" ".join(words) for words, _ in OPTIONS}
    assert len(OPTIONS) > 12


@FINITE
@pytest.mark.parametrize("option", OPTIONS, ids=lambda one: f"{' '.join(one[0])} {one[1].opts[0]}")
def test_a_number_is_finite_and_has_limits(option: tuple[tuple[str, ...], click.Parameter]) -> None:
    param = option[1]
    for text in NEVER:
        with pytest.raises(click.BadParameter):
            param.type.convert(text, param, None)
    assert isinstance(param.type, (Number, Count, _Seconds))
    if isinstance(param.type, (Number, Count)):
        assert param.type.min is not None
        assert param.type.max is not None
        assert param.type(str(param.type.max), param, None) == param.type.max


@FINITE
@pytest.mark.parametrize("words", [["--timeout", "inf"], ["--timeout", "nan"], ["--rate", "nan"], ["--rate", "inf"],
                                   ["--port", "0"], ["--ipmi-port", "65536"]], ids=" ".join)  # fmt: skip
def test_discover_says_what_is_wrong_with_a_number(words: list[str]) -> None:
    done = CliRunner().invoke(cli, ["discover", "127.60.9.9", *words])
    assert done.exit_code == 2, done.output
    assert words[0] in done.output
    assert "metalctl itself failed" not in done.output


@FINITE
@pytest.mark.parametrize("text", ["+99999999999d", "+9999999999999999999h", "nan", "+3w", "9999-12-31T23:59:59-23:00"])
def test_a_time_beyond_all_calendars_is_no_time(text: str) -> None:
    with pytest.raises(click.BadParameter):
        moment(text)
