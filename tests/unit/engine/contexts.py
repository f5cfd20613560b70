"""A tick's context as the engine makes it, for stages that are called by hand."""

from __future__ import annotations

from typing import Any

from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.services import Services
from metalctl.model.dossier import StageRecord
from metalctl.model.stage import Condition, Stage
from metalctl.store import records
from metalctl.store.enrollments import Enrollment
from metalctl.store.nodes import Node
from metalctl.store.records import StageRow


def context_at(
    services: Services, enrollment: Enrollment, node: Node, stage: Stage, memo: dict[str, Any] | None = None
) -> Context:
    """In the store, the stage is as it was written there; else it has just begun."""
    with services.database.connect() as connection:
        row = records.stage(connection, enrollment.id, stage)
    row = row or StageRow(StageRecord(stage, Condition.RUNNING, "2026-01-01T00:00:00+00:00"))
    row.memo = {} if memo is None else memo
    return Context(services, enrollment, node, row)
