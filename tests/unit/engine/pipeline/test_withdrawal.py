"""After the handover nobody of us gets into the node: our key is taken off it and deleted here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metalctl.engine.errors import RemoteError
from metalctl.engine.pipeline import withdrawal
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Wait
from metalctl.engine.pipeline.services import Services
from metalctl.engine.reach import access
from metalctl.model.stage import Stage
from metalctl.model.verdict import Verdict
from metalctl.store import audit, enrollments, epochs, nodes
from metalctl.store.errors import Fenced
from tests.unit.engine.contexts import context_at

SITE = "ssh-ed25519 AAAAC3NzaSITE ops@site"


class FakeNode:
    def __init__(self, *lines: str, deaf: bool = False) -> None:
        self.file, self.deaf = "".join(f"{line}\n" for line in lines), deaf

    def read_from(self, _path: str, _offset: int) -> bytes:
        return self.file.encode()

    def put(self, _path: str, data: bytes) -> None:
        if not self.deaf:
            self.file = data.decode()


@pytest.fixture
def ctx(services: Services, enrolled: Callable[..., str]) -> Context:
    identifier = enrolled()
    with services.database.connect() as connection:
        enrollment, node = enrollments.get(connection, identifier), nodes.get(connection, "n1")
    access.client_key(services.settings.state, identifier)
    return context_at(services, enrollment, node, Stage.HANDED_OVER)


def reach(monkeypatch: pytest.MonkeyPatch, node: FakeNode | RemoteError) -> None:
    def remote(_self: Context, _kind: str) -> Any:
        if isinstance(node, RemoteError):
            raise node
        return node

    monkeypatch.setattr(Context, "remote", remote)


def ours(ctx: Context) -> str:
    return access.public_line(ctx.services.settings.state, ctx.enrollment.id)


def test_our_key_goes_from_the_node_and_from_here_and_the_sites_stays(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = FakeNode(SITE, f'from="10.0.0.1" {ours(ctx)} edited')
    reach(monkeypatch, node)
    assert withdrawal.withdraw(ctx) == ()
    assert node.file == f"{SITE}\n"
    assert not access.has_key(ctx.services.settings.state, ctx.enrollment.id)
    with ctx.store() as connection:
        trail = [row["action"] for row in audit.of_node(connection, "n1")]
    assert "key-withdrawn" in trail
    assert withdrawal.withdraw(ctx) == (), "a second time there is nothing to do"


@pytest.mark.parametrize("gone", [RemoteError("connection refused"), FakeNode("deaf", deaf=True)])
def test_a_node_that_keeps_the_line_is_told_and_the_key_is_deleted_all_the_same(
    gone: Any, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(gone, FakeNode):
        gone.file = ours(ctx)
    reach(monkeypatch, gone)
    tries = [withdrawal.withdraw(ctx) for _ in range(withdrawal.TRIES)]
    assert all(isinstance(one, Wait) for one in tries[:-1])
    (told,) = tries[-1]  # type: ignore[misc]
    assert (told.verdict, told.severity, told.blocks) == (Verdict.UNKNOWN, "warning", False)
    assert not access.has_key(ctx.services.settings.state, ctx.enrollment.id)


def test_a_service_that_was_replaced_takes_nothing_off(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    node = FakeNode(SITE, ours(ctx))
    reach(monkeypatch, node)
    with ctx.store() as connection:
        ctx.services.epoch = epochs.begin(connection, ctx.services.name, "old")
    with ctx.store() as connection:
        epochs.begin(connection, ctx.services.name, "new")
    with pytest.raises(Fenced):
        withdrawal.withdraw(ctx)
    assert ours(ctx) in node.file
