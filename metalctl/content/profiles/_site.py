"""`requires.site`: what a profile asks of the requirements that the site added (metalctl/content/requirements.py)."""

from __future__ import annotations

from metalctl.content import requirements, yaml
from metalctl.content.profiles import _values as v
from metalctl.content.requirements import Definition
from metalctl.content.suggest import suggest
from metalctl.content.yaml import JsonSchema, Reader
from metalctl.model.profile import SiteRequirement

_ANY: JsonSchema = {"type": ["string", "number", "boolean", "array"]}


def site(r: Reader) -> tuple[SiteRequirement, ...]:
    """Every key is the name of a requirement; one that is not on the content path is a mistake."""
    found = []
    for name in r.free(_ANY).items:
        definition = requirements.load(name, r.problems)
        if definition is None and name not in requirements.names():
            hint = suggest(name, requirements.names()) or f"add it as {requirements.FOLDER}/{name}.yaml"
            r.wrong(r.node.keys[name], f"{r.path}: no requirement is called {yaml.short(name)}", hint)
        elif definition:
            found.append(_asked(r, definition))
    return tuple(found)


def _asked(r: Reader, of: Definition) -> SiteRequirement:
    bounds = r.value(of.name, v.quantity_range, None) if of.number else None
    words = () if of.number else r.words(of.name, yaml.word, single=True)
    return SiteRequirement(
        name=of.name,
        parts=of.parts,
        fact=of.fact,
        where=of.where or {},
        judged=of.judged,
        bounds=bounds,
        words=words,
        remedy=of.remedy,
    )
