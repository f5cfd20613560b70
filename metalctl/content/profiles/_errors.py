"""What a profile asks of error counters (`errors`), from its tree: sources that must be readable, limits, history."""

from __future__ import annotations

from metalctl.content import yaml
from metalctl.content.profiles import _values as v
from metalctl.content.yaml import Reader
from metalctl.model.watch import KINDS, MORE_SOURCES, TRUE_SOURCES, Limit, Need, Watch


def errors(top: Reader) -> Watch | None:
    """The value of `errors`; None where the profile does not say it."""
    said = "errors" in top.node.items
    r = top.mapping("errors")
    history = r.value("history", yaml.seconds, None)
    watch = Watch(_sources(r.mapping("sources")), _limits(r.mapping("limits")), history)
    r.done()
    return watch if said else None


def _sources(r: Reader) -> dict[str, Need]:
    found = {thing: _need(r.mapping(thing), thing) for thing in TRUE_SOURCES}
    r.done()
    return {thing: need for thing, need in found.items() if need.any or need.all}


def _need(r: Reader, thing: str) -> Need:
    """One of `any` is enough, so each must be a true source; `all` may ask for more beside it."""
    true, more = TRUE_SOURCES[thing], MORE_SOURCES[thing]
    need = Need(r.words("any", yaml.one_of(*true), single=True), r.words("all", yaml.one_of(*true, *more), single=True))
    r.done()
    return need


def _limits(r: Reader) -> dict[str, Limit]:
    found = {kind: _limit(r.mapping(kind)) for kind in KINDS}
    r.done()
    return {kind: limit for kind, limit in found.items() if limit != Limit()}


def _limit(r: Reader) -> Limit:
    limit = Limit(r.value("before", v.errors, None), r.value("rise", v.errors, None))
    r.done()
    return limit
