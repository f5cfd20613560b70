"""The command line: what is listed, how every error ends, what it costs to start."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from metalctl.cli import main as program
from metalctl.model.errors import MetalctlError, UsageError

PRESENT = [name for name in program.COMMANDS if importlib.util.find_spec(f"metalctl.cli.{name}")]


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Puts a command `nodes` in place that fails so."""

    def use(error: BaseException) -> None:
        @click.command()
        @click.option("--json", "as_json", is_flag=True)
        def nodes(as_json: bool) -> None:
            raise error

        monkeypatch.setattr(program.Commands, "get_command", lambda *_: nodes)

    return use


@pytest.mark.parametrize("name", PRESENT)
def test_every_command_has_a_complete_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert "\nExamples:\n  metalctl " in text or "$(metalctl " in text
    assert f"metalctl {name}" in text


@pytest.mark.parametrize("name", PRESENT)
def test_every_option_and_subcommand_says_what_it_is(name: str) -> None:
    command = getattr(importlib.import_module(f"metalctl.cli.{name}"), name)
    todo = [command, *getattr(command, "commands", {}).values()]
    for each in todo:
        assert each.help, each.name
        for parameter in each.params:
            assert isinstance(parameter, click.Argument) or parameter.help, (each.name, parameter.name)


def test_every_listed_command_stands_in_a_group() -> None:
    assert sorted(program.COMMANDS) == sorted(name for names in program.GROUPS.values() for name in names)


def test_help_lists_the_commands_and_imports_none_of_them() -> None:
    script = (
        "import sys; from metalctl.cli.main import run; run(['--help']);"
        "print([m for m in sys.modules if m.startswith('metalctl.') and m not in"
        " ('metalctl.cli', 'metalctl.cli.main', 'metalctl.cli._errors', 'metalctl.cli._command', 'metalctl.model',"
        " 'metalctl.model.errors')])"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert all(f" {name} " in output for name in PRESENT)
    assert output.splitlines()[-1] == "[]"


def test_the_version_is_told_without_the_heavy_libraries() -> None:
    script = "import sys; from metalctl.cli.main import run; run(['--version']); print(*sorted(sys.modules))"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    heavy = {
        "rich.console",
        "sqlalchemy",
        "pydantic",
        "dbos",
        "paramiko",
        "yaml",
        "asyncio",
        "jinja2",
        "cryptography",
    }
    assert output.startswith("metalctl ")
    assert not heavy & set(output.split())


def test_start_up_loads_little_more_than_click() -> None:
    """Start-up costs what is imported: 36 modules beside click's (55 ms). One heavy library is as many or more.

    It is counted and not timed: times are of the machine and of who else uses it.
    """
    script = (
        "import sys, click; before = set(sys.modules); from metalctl.cli.main import run; run(['--version']);"
        "print(len(set(sys.modules) - before))"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert 0 < int(output.splitlines()[-1]) < 50


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MetalctlError("the BMC is gone", hint="look"), 3),
        (UsageError("wrong", hint="look"), 2),
        (click.UsageError("wrong"), 2),
        (KeyboardInterrupt(), 130),
        (SystemExit(1), 1),
        (RuntimeError("boom"), 3),
    ],
)
def test_every_error_has_its_exit_code_and_is_told_on_stderr(
    error: BaseException, code: int, failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(error)
    assert program.run(["nodes"]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    if not isinstance(error, SystemExit):
        assert told.err.strip().startswith("metalctl: ")


def test_an_error_may_state_its_own_exit_code(failing: Callable[[BaseException], None]) -> None:
    class Faulty(MetalctlError):
        exit_code = 1

    failing(Faulty("a node failed"))
    assert program.run(["nodes"]) == 1


def test_a_surprise_leaves_its_traceback_in_the_log_only(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    failing(RuntimeError("boom"))
    assert program.run(["nodes"]) == 3
    log = tmp_path / "state" / "metalctl.log"
    assert f"with the log at {log}" in capsys.readouterr().err
    assert "RuntimeError: boom" in log.read_text()
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_a_log_that_cannot_be_written_there_is_written_elsewhere(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "file"))
    failing(RuntimeError("boom"))
    assert program.run(["nodes"]) == 3
    log = Path(capsys.readouterr().err.rpartition(" ")[2].strip())
    assert "boom" in log.read_text()
    log.unlink()


def test_with_json_an_error_is_an_object_on_stdout(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(MetalctlError("the BMC is gone", hint="look", node="n1"))
    assert program.run(["nodes", "--json"]) == 3
    told = capsys.readouterr()
    error = json.loads(told.out)["error"]
    assert (error["message"], error["hint"], error["exit_code"]) == ("the BMC is gone", "look", 3)
    assert error["fields"] == {"node": "n1"}
    assert "the BMC is gone" in told.err


@pytest.mark.parametrize("words", [[], ["profile"]])
def test_without_a_command_the_help_is_told_as_for_wrong_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(words) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.splitlines()[0][:15]) == ("", "Usage: metalctl")
    assert "Examples:" in told.err


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["nodse"]) == 2
    assert "metalctl --help" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["profile", "show", "compute", "--json"], ["check", "list"], ["--help"]])
def test_a_reader_that_goes_away_is_no_failure_of_the_hardware(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "metalctl.cli.main", *words]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("words", [["profile", "list", "--json"], ["profile", "list"]])
def test_an_output_that_cannot_be_written_is_one_sentence_and_exit_3(words: list[str], tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "metalctl.cli.main", *words],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "METALCTL_STATE": str(tmp_path)},
        )  # fmt: skip
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_folder_that_is_not_there_is_named_and_no_fault_of_metalctl(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))
    data = Path(__file__).parents[1] / "report" / "data" / "accepted.json"
    assert program.run(["report", "--from", str(data), "-o", "/proc/nowhere", "--json"]) == 3
    told = capsys.readouterr()
    assert "/proc/nowhere" in told.err
    assert "itself failed" not in told.err
    assert json.loads(told.out)["error"]["kind"] == "FileNotFoundError"
    assert "Traceback" in (tmp_path / "state" / "metalctl.log").read_text()


def test_no_colour_is_used_where_none_is_wanted() -> None:
    environment = {**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "", "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "metalctl.cli.main", "--help"]
    assert "\x1b[3" not in subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout


def test_the_shell_completes_commands_profiles_and_checks() -> None:
    def completed(words: str, count: int) -> list[str]:
        environment = {
            **os.environ,
            "_METALCTL_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(count),
        }
        command = [
            sys.executable,
            "-c",
            "import sys; from metalctl.cli.main import main; sys.argv=['metalctl']; main()",
        ]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completed("metalctl pro", 1) == ["profile"]
    assert completed("metalctl profile show lab/c", 3) == ["lab/compute", "lab/controller"]
    assert completed("metalctl check show wal", 3) == ["wal-fsync"]
