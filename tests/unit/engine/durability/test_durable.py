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

walker = Walker(tick)
durable = Durable(f"sqlite:///{folder}/w.db", sys.argv[2].split(","), walker.walk)
durable.launch()
durable.start([("n1", 1)])
durable.start([("n1", 1)])
while DBOS.get_workflow_status("n1.1").status in ("ENQUEUED", "PENDING"):
    time.sleep(0.05)
durable.stop()
walker.close()
"""


def walk(folder: Path, stages: str) -> subprocess.Popen[bytes]:
    """A process that walks the stages and ends when the workflow has ended, however it does."""
    return subprocess.Popen([sys.executable, "-c", WALKER, str(folder), stages])


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
