"""What was true when a node was queued is what it is done by, whatever is edited meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from metalctl.engine.durability import pins
from metalctl.engine.evidence.dossiers import gather
from metalctl.engine.operate import submit
from metalctl.engine.pipeline.services import Services
from metalctl.model.errors import MetalctlError
from metalctl.model.stage import Condition, Stage
from metalctl.store import contents, enrollments, nodes, schema
from metalctl.store.enrollments import Enrollment
from metalctl.store.errors import NotFound
from tests.unit.engine.contexts import context_at

PROFILE = "extends: lab/compute\nrequires: {memory: {total: '>= 8 GiB'}}\ninstall: {root_disk: os}\n"


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_USERNAME", "admin")
    monkeypatch.setenv("LAB_PASSWORD", "not shown anywhere")
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path / "site"))
    folder = tmp_path / "site/profiles"
    folder.mkdir(parents=True)
    (folder / "rack7.yaml").write_text(PROFILE)
    return folder


@pytest.fixture
def queued(database: Engine, content: Path) -> Enrollment:
    row = submit.Row("n1", "https://127.0.0.9", "env:LAB", "rack7")
    submit.submit(database, [row], level="quick", allow_erase=False)
    return found(database)


def found(database: Engine) -> Enrollment:
    with database.connect() as connection:
        return enrollments.latest(connection, "n1")


def edit(content: Path) -> None:
    edited = PROFILE.replace("8 GiB", "16 GiB").replace("root_disk: os", "root_disk: data")
    (content / "rack7.yaml").write_text(edited)


def test_a_profile_that_is_edited_in_mid_enrollment_moves_no_root_disk_and_is_not_certified(
    queued: Enrollment, content: Path, services: Services
) -> None:
    edit(content)
    with services.database.connect() as connection:
        node = nodes.get(connection, "n1")
        dossier = gather(connection, queued)
    ctx = context_at(services, queued, node, Stage.INSTALLED)
    assert ctx.profile.install.root_disk == "os"
    assert dossier.profile_digest == ctx.profile.digest


def test_templates_and_checks_are_those_of_the_day_on_which_the_node_was_queued(
    queued: Enrollment, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.connect() as connection:
        before = pins.templates(connection, queued, "debian-12"), pins.runner(connection, queued)
        monkeypatch.setattr(pins, "_templates", lambda _: {"meta-data": "edited"})
        monkeypatch.setattr(pins.bundle, "build", lambda: ("other", b"other"))
        assert (pins.templates(connection, queued, "debian-12"), pins.runner(connection, queued)) == before
    assert before[0]["user-data"] != "edited"


@pytest.mark.parametrize(
    ("failed_in", "taken"), [(Stage.VERIFIED, True), (Stage.BURNED_IN, True), (Stage.ACCEPTED, False)]
)
def test_a_retry_says_what_changed_and_takes_it_only_when_the_machine_is_matched_anew(
    failed_in: Stage, taken: bool, queued: Enrollment, content: Path, database: Engine
) -> None:
    edit(content)
    with database.begin() as connection:
        enrollments.change(connection, queued.id, stage=failed_in.value, condition=Condition.FAILED.value)
    retried = submit.retry(database, ["n1"], allow_erase=False)
    assert any("root_disk: os → data" in line for line in retried.told)
    assert ("the new is used" in retried.told[-1]) is taken
    with database.connect() as connection:
        assert pins.profile(connection, found(database)).install.root_disk == ("data" if taken else "os")


def test_a_retry_after_no_edit_says_nothing(queued: Enrollment, database: Engine) -> None:
    with database.begin() as connection:
        enrollments.change(connection, queued.id, stage=Stage.MATCHED.value, condition=Condition.FAILED.value)
    assert submit.retry(database, ["n1"], allow_erase=False).told == ()


def test_pinned_content_that_was_changed_in_the_database_is_not_used(queued: Enrollment, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(update(schema.contents).values(data=b"{}"))
        with pytest.raises(NotFound, match="changed"):
            pins.profile(connection, queued)


def test_content_is_kept_once(database: Engine) -> None:
    with database.begin() as connection:
        assert contents.keep(connection, "profile", b"x") == contents.keep(connection, "profile", b"x")


@pytest.mark.parametrize("now", ["gone", "broken"])
def test_a_profile_that_cannot_be_read_any_more_keeps_no_node_back_that_is_past_it(
    now: str, queued: Enrollment, content: Path, database: Engine
) -> None:
    file = content / "rack7.yaml"
    file.unlink() if now == "gone" else file.write_text("requires: [")
    for stage in (Stage.MATCHED, Stage.ACCEPTED):
        with database.begin() as connection:
            enrollments.change(connection, queued.id, stage=stage.value, condition=Condition.FAILED.value)
        if stage is Stage.MATCHED:
            with pytest.raises(MetalctlError):
                submit.retry(database, ["n1"], allow_erase=False)
    retried = submit.retry(database, ["n1"], allow_erase=False)
    assert "cannot be read" in retried.told[0]
    assert "kept as queued" in retried.told[-1]
    with database.connect() as connection:
        assert pins.profile(connection, found(database)).install.root_disk == "os"
