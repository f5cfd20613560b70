"""The durable walk, in a process of its own that is killed with SIGKILL in the middle."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.unit.waiting import until

WALKER = """
import sys, time
from pathlib import Path
from dbos import DBOS
from metalctl.engine.durability.durable import Durable
from metalctl.engine.pipeline.outcome import Next
from metalctl.engine.pipeline.walker import Walker

folder = Path(sys.argv[1])
log = folder / "ticks"

def tick(enrollment, stage):
    with log.open("a") as file:
        file.write(f"{enrollment} {stage}\\n")
    if stage == "slow" and not (folder / "go").exists():
        return Next.wait(0.1)
    return Next(ended=True, passed=stage != "broken")

def left(enrollment):
    seen = log.read_text().split() if log.exists() else []
    return [s for s in sys.argv[2].split(",") if s == "slow" or s not in seen]

walker = Walker(tick, left)
durable = Durable(f"sqlite:///{folder}/w.db", walker.walk)
durable.launch()
durable.start([("n1", 1)])
durable.start([("n1", 1)])
while DBOS.get_workflow_status("n1.1").status in ("ENQUEUED", "PENDING"):
    time.sleep(0.05)
durable.stop()
walker.close()
"""


def walk(folder: Path, stages: str, script: str = WALKER) -> subprocess.Popen[bytes]:
    """A process that walks the stages and ends when the workflow has ended, however it does."""
    return subprocess.Popen([sys.executable, "-c", script, str(folder), stages])


def ticks(folder: Path) -> list[str]:
    log = folder / "ticks"
    return [line.split()[1] for line in log.read_text().splitlines()] if log.exists() else []


def test_after_kill_9_a_completed_stage_does_not_run_again_and_the_interrupted_one_goes_on(tmp_path: Path) -> None:
    first = walk(tmp_path, "one,two,slow,end")
    until(lambda: ticks(tmp_path).count("slow") >= 2)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    (tmp_path / "go").touch()
    second = walk(tmp_path, "one,two,slow,end")
    assert second.wait(120) == 0
    seen = ticks(tmp_path)
    assert seen.count("one") == seen.count("two") == seen.count("end") == 1


def test_a_failed_stage_ends_the_walk(tmp_path: Path) -> None:
    assert walk(tmp_path, "one,broken,end").wait(120) == 0
    assert ticks(tmp_path) == ["one", "broken"]


def test_work_that_was_begun_by_another_version_is_taken_over_at_once(tmp_path: Path) -> None:
    """The library recovers its own version only; whoever waits for it would wait for ever."""
    older = 'from metalctl.engine.durability import durable\ndurable.WORKFLOW_VERSION = "older"\n'
    first = walk(tmp_path, "one,slow", older + WALKER)
    until(lambda: ticks(tmp_path).count("slow") >= 2)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    (tmp_path / "go").touch()
    seen = ticks(tmp_path).count("slow")
    second = walk(tmp_path, "one,slow", WALKER.replace('"n1.1"', '"n1.1.1"'))
    assert second.wait(120) == 0
    assert ticks(tmp_path).count("slow") == seen + 1
    assert ticks(tmp_path).count("one") == 1
