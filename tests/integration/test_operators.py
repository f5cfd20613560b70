"""The verbs of an operator, typed as commands at a service that walks six simulated nodes, and what is said of them."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import operators_rack
from tests.integration.operators_rack import Rack, rack, stop

pytest.importorskip("asyncssh", reason="asyncssh is not installed: pip install metalctl[lab]")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Rack]:
    if reason := operators_rack.why_not():
        pytest.skip(reason)
    with rack(tmp_path, 6) as made:
        yield made


def is_done(node: dict[str, str]) -> bool:
    return (node["stage"], node["condition"]) == ("handed-over", "done")


def test_every_verb_at_a_running_service(operator: Rack) -> None:
    with operator.serving() as service:
        _marks(operator)
        _let_go(operator)
        _once_more(operator)
        _keeping(operator)
        seen = operator.hears("WATCHDOG=1")
        service.send_signal(signal.SIGHUP)
        operator.hears("READY=1", after=operator.hears("RELOADING=1", after=seen))
        assert stop(service) == 0
    assert operator.heard()[-1] == "STOPPING=1"
    assert operator.json("status", code=3)["running"] is False


def _marks(operator: Rack) -> None:
    """Four hands on four nodes while all are under way: the others come to their end."""
    operator.metalctl("enroll", str(operator.csv(6)), "--detach", "--allow-erase")
    operator.metalctl("hold", "n1", "--why", "switch")
    operator.metalctl("park", "n2", "--why", "DIMM A3", "--until", "+2h")
    operator.metalctl("quarantine", "n3", "--why", "label")
    operator.metalctl("cancel", "n4", "--why", "sold")
    assert operator.json("priority", "n6", "--set", "10")[0]["changed"] is True
    assert operator.json("priority", "n6", "--set", "10")[0]["changed"] is False
    assert "--why" in operator.metalctl("park", "n5", code=2)
    found = operator.until(lambda n: is_done(n["n5"]) and is_done(n["n6"]) and n["n4"]["condition"] == "failed"
                           and all(n[name]["condition"] == "held" for name in ("n1", "n2", "n3")))  # fmt: skip
    assert "switch" in found["n1"]["why"]
    assert "parked" in found["n2"]["why"]
    assert "until" in found["n2"]["why"]
    assert (found["n3"]["stage"], "label" in found["n3"]["why"]) == ("prepared", True)
    assert "operator.cancelled" in found["n4"]["why"] + str(found["n4"]["findings"])
    status = operator.json("status")
    assert (status["running"], status["wrong"]) == (True, [])
    assert status["nodes"] == {"done": 2, "failed": 1, "held": 3}
    for node, action, why in (("n1", "held", "switch"), ("n2", "parked", "DIMM A3"), ("n3", "quarantined", "label"),
                              ("n4", "cancelled", "sold"), ("n6", "priority", "")):  # fmt: skip
        assert (action, "ann", why) in operator.audit(node)
    for words in (("hold", "n5"), ("cancel", "n4"), ("priority", "n5", "--set", "1")):
        assert "not under way" in operator.metalctl(*words, code=2)
    assert "under way" in operator.metalctl("forget", "n1", "--yes", code=2)
    assert "no node is called 'n9'" in operator.metalctl("hold", "n9", code=2)


def _let_go(operator: Rack) -> None:
    """What was stopped goes on, once; the cancelled one after a retry."""
    for verb, node, undone in (("resume", "n1", "resume"), ("unpark", "n2", "unpark"), ("release", "n3", "release")):
        assert operator.json(verb, node, "--why", "over")[0]["changed"] is True
        assert operator.json(verb, node)[0]["changed"] is False
        assert (undone, "ann", "over") in operator.audit(node)
    operator.metalctl("enroll", "--retry", "n4", "--detach", "--allow-erase")
    operator.until(lambda n: all(map(is_done, n.values())))
    assert operator.installs() == [1] * 6
    assert operator.json("status")["nodes"] == {"done": 6}
    assert [who for action, who, _ in operator.audit("n4") if action in ("enroll", "retry")] == ["ann", "ann"]


def _once_more(operator: Rack) -> None:
    """Enrolling the file again leaves handed-over nodes alone; `again` does one again, and says by whom."""
    assert "left alone" in operator.metalctl("enroll", str(operator.csv(6)), "--detach")
    assert operator.installs() == [1] * 6
    assert "--yes" in operator.metalctl("again", "n6", code=2)
    operator.metalctl("again", "n6", "--allow-erase", "--yes", "--why", "a new image")
    operator.until(lambda n: not is_done(n["n6"]))
    found = operator.until(lambda n: is_done(n["n6"]) or n["n6"]["condition"] == "failed")
    assert is_done(found["n6"]), found["n6"]
    assert operator.installs() == [1, 1, 1, 1, 1, 2]
    assert ("enroll", "ann", "a new image") in operator.audit("n6")


def _keeping(operator: Rack) -> None:
    """Names, addresses, what is kept and what goes."""
    assert "is not n1" in operator.metalctl("readdress", "n1", "--swap", "n2", "--unseen", "n1", code=2)
    operator.metalctl("rename", "n5", "web5", "--why", "its role")
    assert ("rename", "ann", "its role") in operator.audit("web5")
    operator.metalctl("quarantine", "web5", "--why", "doubt")
    assert "quarantined" in operator.metalctl("forget", "web5", "--yes", code=2)
    operator.metalctl("release", "web5")
    operator.metalctl("forget", "web5", "--yes", "--why", "sold")
    assert "web5" not in operator.nodes()
    assert ("forget", "ann", "sold") in operator.audit("web5")
    assert operator.json("prune", "--older-than", "30")["enrollments"] == 0
    with sqlite3.connect(operator.state / "metalctl.db", timeout=30) as store:
        store.execute("UPDATE enrollments SET updated = '2020-01-01T00:00:00+00:00' WHERE node = 'n6'")
    store.close()
    assert operator.json("prune", "--older-than", "30", "--dry-run")["enrollments"] == 1
    assert operator.json("prune", "--older-than", "30")["enrollments"] == 1
    file, other = operator.folder / "kept.tar.gz", operator.folder / "other"
    operator.metalctl("backup", str(file), "--keys")
    assert "exists" in operator.metalctl("backup", str(file), code=2)
    operator.metalctl("restore", str(file), "--state-dir", str(other))
    assert "holds state already" in operator.metalctl("restore", str(file), "--state-dir", str(other), code=2)
    restored = operator.json("nodes", "--state-dir", str(other))
    assert restored == operator.json("nodes")
    assert {row["name"] for row in restored} == {"n1", "n2", "n3", "n4", "n6"}
    assert is_done(operator.nodes()["n6"])


def test_systemd_hears_no_more_of_a_service_whose_supervisor_hangs(operator: Rack, tmp_path: Path) -> None:
    """Nothing of the process has ended, and it is killed all the same: what is under way goes on at the next start."""
    with operator.serving("--stuck", str(tmp_path / "hang")) as service:
        operator.hears("WATCHDOG=1")
        (tmp_path / "hang").touch()
        quiet = len(operator.heard())
        with pytest.raises(AssertionError):
            operator.hears("WATCHDOG=1", seconds=4.0, after=quiet + 2)
        assert service.poll() is None
        (tmp_path / "hang").unlink()
        operator.hears("WATCHDOG=1", after=len(operator.heard()))
