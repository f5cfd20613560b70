"""The HTML pages: jinja2 templates of the content room (`reports/`), everything inline, nothing fetched, no script.

A site may override `reports/node.html.j2` (or the styles) by putting its own under /etc/metalctl/reports/.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from metalctl.content import paths
from metalctl.content.errors import ContentMissing
from metalctl.model.cohort import Cohort
from metalctl.model.dossier import Dossier
from metalctl.model.units import format_quantity, format_rate, format_size
from metalctl.report import view
from metalctl.report.clean import clean, slug
from metalctl.report.judge import Judgement, judge
from metalctl.report.strip import Strips


def node(dossier: Dossier, now: datetime | None = None, cohorts: Iterable[Cohort] = ()) -> str:
    """The page of one node. cohorts: among which its measurements are shown."""
    at = now or datetime.now(UTC)
    judgement = judge(dossier, at.date())
    return (
        _environment()
        .get_template("node.html.j2")
        .render(
            d=dossier,
            j=judgement,
            headline=view.headline(dossier, judgement),
            timeline=view.timeline(dossier, at),
            facts=view.facts(dossier),
            runs=view.runs(judgement),
            strips=Strips(cohorts, dossier.node),
            generated=_stamp(at),
        )
    )


class Batch:
    """The index of several nodes, gathered one by one; of each is kept what its line shows. now: for tests."""

    def __init__(self, now: datetime | None = None) -> None:
        self._at = now or datetime.now(UTC)
        self._headlines: dict[str, view.Headline] = {}
        self.rows: list[tuple[Dossier, Judgement]] = []

    def add(self, dossier: Dossier) -> None:
        """One line more."""
        judgement = judge(dossier, self._at.date())
        self._headlines[dossier.node] = view.headline(dossier, judgement)
        stages = tuple(replace(record, evidence={}, findings=()) for record in dossier.stages)
        nothing: dict[str, Any] = dict.fromkeys(("out_of_band", "in_band", "installed"))
        line = replace(dossier, stages=stages, findings=(), runs=(), artifacts=(), **nothing)
        self.rows.append((line, replace(judgement, findings=(), checks=(), waivers=())))

    def render(self) -> str:
        """The page."""
        tally = view.tally(judgement for _, judgement in self.rows)
        words = {"rows": self.rows, "headlines": self._headlines, "tally": tally, "view": view}
        return _environment().get_template("batch.html.j2").render(**words, generated=_stamp(self._at), at=self._at)


class _Content(BaseLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Any]:
        try:
            path: Path = paths.find(f"reports/{template}")
        except ContentMissing as error:
            raise TemplateNotFound(template) from error
        written = path.stat().st_mtime_ns
        return path.read_text(), str(path), lambda: _same(template, path, written)


def _same(template: str, path: Path, written: int) -> bool:
    """Whether the template that was read is still the one that counts."""
    try:
        return paths.find(f"reports/{template}") == path and path.stat().st_mtime_ns == written
    except (ContentMissing, OSError):
        return False


def render(template: str, **variables: Any) -> str:
    """A page of the content room's templates."""
    return _environment().get_template(template).render(**variables)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=_Content(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(
        size=lambda v: "" if v is None else format_size(v),
        rate=lambda v: "" if v is None else format_rate(v),
        quantity=format_quantity,
        gauge=view.gauge,
        when=view.when,
        lasted=view.lasted,
        duration=_duration,
        slug=slug,
        yesno=lambda v: "" if v is None else ("yes" if v else "no"),
    )
    return environment


def _finalize(value: Any) -> Any:
    # Runs before escaping: what a machine calls itself may hold characters that no page can carry.
    if value is None:
        return ""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
