"""A disk's health in a few words."""

from __future__ import annotations

from metalctl.model.inventory import DiskHealth


def health(found: DiskHealth | None) -> str:
    """A disk's health in a few words; "?" when it was not read."""
    if found is None:
        return "?"
    parts = [
        found.status or "not stated",
        f"{found.wear:g} % worn" if found.wear is not None else "",
        *(f"{count} {word}" for count, word in _errors(found) if count),
        *found.faults,
        *found.doubts,
        f"{found.celsius:g} °C" if found.celsius is not None else "",
    ]
    return ", ".join(p for p in parts if p)


def _errors(found: DiskHealth) -> tuple[tuple[int | None, str], ...]:
    return (
        (found.defects, "defects"),
        (found.pending, "pending"),
        (found.offline, "offline uncorrectable"),
        (found.uncorrected, "uncorrected"),
        (found.timeouts, "timeouts"),
        (found.predicted, "predicted failures"),
        (found.link_errors, "link errors"),
        (found.non_medium, "non-medium errors"),
        (found.other, "other errors"),
    )
