"""Taking nodes in: everything or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from metalctl.engine import operate
from metalctl.engine.operate import submit
from metalctl.engine.operate.submit import Row
from metalctl.engine.pipeline import overview
from metalctl.model.dossier import StageRecord
from metalctl.model.errors import UsageError
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.store import enrollments, marks, nodes, records
from metalctl.store.records import StageRow


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_USERNAME", "admin")
    monkeypatch.setenv("LAB_PASSWORD", "not shown anywhere")


def good(name: str, number: int) -> Row:
    return Row(name, f"https://127.0.0.{number}", "env:LAB", "lab/compute", f"nodes.csv:{number}")


def test_one_bad_row_keeps_all_rows_out_and_every_mistake_is_named(database: Engine) -> None:
    rows = [good("a", 2), Row("b", "https://127.0.0.3", "env:LAB", "lab/compot", "nodes.csv:3"),
            Row("c", "https://127.0.0.4", "env:NOPE", "lab/compute", "nodes.csv:4")]  # fmt: skip
    with pytest.raises(UsageError) as caught:
        submit.submit(database, rows, level="quick", allow_erase=False)
    assert "nodes.csv:3" in caught.value.message
    assert "nodes.csv:4" in caught.value.message
    assert "nodes.csv:2" not in caught.value.message
    with database.connect() as connection:
        assert nodes.listing(connection) == []
        assert enrollments.listing(connection) == []


def test_a_bad_row_is_one_line_that_names_line_and_column_of_its_first_mistake(database: Engine) -> None:
    columns = ("name", "bmc", "credential", "profile")
    submit.submit(database, [good("a", 2)], level="quick", allow_erase=False)
    rows = [
        Row("b", "https://127.0.0.3", "env:LAB", "lab/compot", "nodes.csv:3", columns=columns),
        Row("c", "https://127.0.0.4", "env:NOPE", "lab/compot", "nodes.csv:4", columns=columns),
        Row("d", "https://127.0.0.2", "env:LAB", "lab/compute", "nodes.csv:5", columns=columns),
        Row("a", "https://127.0.0.2", "env:LAB", "lab/compute", "nodes.csv:6", columns=columns),
    ]
    with pytest.raises(UsageError) as caught:
        submit.check(database, rows)
    lines = caught.value.message.splitlines()
    places = [line.partition(": ")[0] for line in lines]
    assert places == ["nodes.csv:3:4", "nodes.csv:4:3", "nodes.csv:5:2", "nodes.csv:6:1"]
    assert "lab/compute" in lines[0], "the profile that was meant is suggested"
    assert "NOPE_USERNAME" in lines[1]
    assert "lab/compot" in lines[1]


def test_a_node_under_way_is_not_enrolled_twice(database: Engine) -> None:
    submit.submit(database, [good("a", 2)], level="quick", allow_erase=False)
    with pytest.raises(UsageError, match="being enrolled already"):
        submit.submit(database, [good("a", 2)], level="quick", allow_erase=False)


def test_a_bmc_of_another_node_is_refused(database: Engine) -> None:
    submit.submit(database, [good("a", 2)], level="quick", allow_erase=False)
    with pytest.raises(UsageError, match="belongs to a already"):
        submit.submit(database, [good("b", 2)], level="quick", allow_erase=False)


def test_only_a_failed_node_can_retry_and_its_leave_to_erase_is_not_the_batchs(database: Engine, enrolled: Any) -> None:
    enrollment = enrolled("a")
    with pytest.raises(UsageError, match="only failed nodes"):
        submit.retry(database, ["a"], allow_erase=False)
    with database.begin() as connection:
        failed = {"stage": Stage.PREPARED.value, "condition": Condition.FAILED.value, "fault": "hardware"}
        enrollments.change(connection, enrollment, **failed)
    submit.retry(database, ["a"], allow_erase=True)
    with database.connect() as connection:
        again = enrollments.get(connection, enrollment)
        assert (again.attempt, again.ended, again.fault) == (2, False, "")
        assert enrollments.batch_options(connection, again.batch)["allow_erase"] is False


@pytest.mark.parametrize(
    ("faults", "code"), [((None, None), 0), (("hardware", None), 1), (("hardware", "metalctl"), 3)]
)
def test_the_exit_code_tells_hardware_from_metalctl(
    faults: tuple[str | None, ...], code: int, database: Engine, enrolled: Any
) -> None:
    for number, fault in enumerate(faults):
        enrollment = enrolled(f"n{number}")
        values = {"condition": Condition.FAILED.value, "fault": fault} if fault else {"condition": Condition.DONE.value}
        with database.begin() as connection:
            enrollments.change(connection, enrollment, stage=Stage.HANDED_OVER.value, **values)
    assert overview.exit_code(overview.standings(database)) == code


def test_the_same_file_with_a_row_added_leaves_handed_over_nodes_alone(database: Engine, enrolled: Any) -> None:
    done = enrolled("a")
    with database.begin() as connection:
        enrollments.change(connection, done, stage=Stage.HANDED_OVER.value, condition=Condition.DONE.value)
    submitted = submit.submit(database, [good("a", 2), good("b", 3)], level="quick", allow_erase=True)
    assert submitted.left_alone == ("a",)
    with database.connect() as connection:
        assert enrollments.latest(connection, "a").id == done
        assert [e.node for e in enrollments.listing(connection, submitted.batch)] == ["b"]
    nothing = submit.submit(database, [good("a", 2)], level="quick", allow_erase=False)
    assert (nothing.batch, nothing.left_alone) == ("", ("a",))


def test_a_node_is_done_again_only_when_it_is_named(database: Engine, enrolled: Any) -> None:
    done = enrolled("a")
    with database.begin() as connection:
        enrollments.change(connection, done, stage=Stage.HANDED_OVER.value, condition=Condition.DONE.value)
    again = submit.submit(database, [good("a", 2)], level="quick", allow_erase=False, again=["a"])
    assert again.left_alone == ()
    with database.connect() as connection:
        assert enrollments.latest(connection, "a").id != done


@pytest.mark.parametrize("name", ["b", "typo"])
def test_again_for_a_node_that_is_not_handed_over_or_not_in_the_file_is_refused(name: str, database: Engine) -> None:
    with pytest.raises(UsageError, match=f"--again {name}"):
        submit.submit(database, [good("b", 3)], level="quick", allow_erase=False, again=[name])


@pytest.mark.parametrize("once_more", ["retry", "again"])
def test_a_cancel_that_came_too_late_does_not_end_what_is_queued_next(once_more: str, database: Engine) -> None:
    """It is in the moment in which a stage fails, or the last one passes: nobody is left to act on it."""
    submit.submit(database, [good("a", 2)], level="quick", allow_erase=False)
    operate.cancel(database, "a", "ann")
    with database.begin() as connection:
        latest = enrollments.latest(connection, "a")
        done = (Stage.MATCHED, Condition.FAILED) if once_more == "retry" else (ORDER[-1], Condition.DONE)
        enrollments.change(connection, latest.id, stage=done[0].value, condition=done[1].value)
    if once_more == "retry":
        submit.retry(database, ["a"], allow_erase=False)
    else:
        operate.again(database, ["a"], level="quick", allow_erase=False, actor="ann")
    with database.connect() as connection:
        assert marks.of_node(connection, "a") == {}
        assert enrollments.latest(connection, "a").condition is Condition.WAITING


@pytest.mark.parametrize(("touched", "left"), [(False, ("a",)), (True, ())])
def test_a_node_in_use_that_was_queued_again_and_cancelled_before_anything_was_done_is_left_alone(
    touched: bool, left: tuple[str, ...], database: Engine, enrolled: Any
) -> None:
    done = enrolled("a")
    with database.begin() as connection:
        enrollments.change(connection, done, stage=Stage.HANDED_OVER.value, condition=Condition.DONE.value)
    submit.submit(database, [good("a", 2)], level="quick", allow_erase=False, again=["a"])
    with database.begin() as connection:
        latest = enrollments.latest(connection, "a")
        enrollments.change(connection, latest.id, stage=Stage.INSPECTED.value, condition=Condition.FAILED.value)
        row = StageRow(StageRecord(Stage.INSPECTED, Condition.FAILED, ""), memo={"ordering": 1} if touched else {})
        records.save_stage(connection, latest.id, row)
    submitted = submit.submit(database, [good("a", 2), good("b", 3)], level="quick", allow_erase=False)
    assert submitted.left_alone == left
