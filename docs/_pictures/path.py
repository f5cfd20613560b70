"""The path of a node: its stages in order with their budgets, from the code, and what each leaves as evidence."""

from __future__ import annotations

from docs._pictures import _svg
from metalctl.engine.pipeline.spine import SPINE
from metalctl.model.stage import Stage

WIDTH, MARGIN, GAP, HEIGHT = 1000.0, 20.0, 16.0, 108.0
COLUMNS = 5
# Whom metalctl speaks to in that stage, and the evidence that lets the node go on.
TOLD = {
    Stage.DISCOVERED: ("BMC, no login", "a BMC answered as a BMC"),
    Stage.VERIFIED: ("BMC", "serial, UUID and MACs, read after the login"),
    Stage.INSPECTED: ("BMC, then ramdisk", "two inventories of one machine"),
    Stage.MATCHED: ("no machine", "a finding for each requirement"),
    Stage.PREPARED: ("ramdisk", "empty disks, bonds with their LACP partner"),
    Stage.BURNED_IN: ("ramdisk", "a journal with a result for each check and part"),
    Stage.INSTALLED: ("ramdisk, then disk", "the image read back; a call from the disk"),
    Stage.ACCEPTED: ("installed system", "the same parts; the checks again"),
    Stage.CERTIFIED: ("no machine", "a signed certificate that verifies"),
    Stage.HANDED_OVER: ("cloud, then node", "read back from the cloud; SSH key removed"),
}


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.0f} h"


def draw() -> str:
    """The drawing."""
    width = (WIDTH - 2 * MARGIN - GAP * (COLUMNS - 1)) / COLUMNS
    parts = [_svg.text(MARGIN, 30, "The path of a node", size=18, weight="600")]
    for number, spec in enumerate(SPINE):
        row, column = divmod(number, COLUMNS)
        x, y = MARGIN + column * (width + GAP), 50 + row * (HEIGHT + 34)
        who, evidence = TOLD[spec.stage]
        writes = spec.stage in (Stage.BURNED_IN, Stage.INSTALLED)
        parts.append(_svg.box(x, y, width, HEIGHT, fill="#fbeee3" if writes else "#eef3f8"))
        parts.append(_svg.text(x + 10, y + 22, str(spec.stage.value), size=15, weight="600"))
        parts.append(_svg.text(x + width - 10, y + 22, _time(spec.budget), size=11, ink=_svg.GREY, at="end"))
        parts.append(_svg.text(x + 10, y + 42, f"talks to: {who}", size=11, ink=_svg.GREY))
        for line, words in enumerate(_svg.wrapped(evidence, 24)):
            parts.append(_svg.text(x + 10, y + 62 + 15 * line, words, size=12))
        if column + 1 < COLUMNS:
            parts.append(_svg.arrow(x + width, y + HEIGHT / 2, x + width + GAP - 1, y + HEIGHT / 2))
        elif number + 1 < len(SPINE):
            parts.append(_svg.arrow(x + width / 2, y + HEIGHT, MARGIN + width / 2, y + HEIGHT + 33))
    height = 50 + 2 * HEIGHT + 34
    note = "orange: writes to disks. At the right: time of its own after which the stage is stuck (UNKNOWN)."
    parts.append(_svg.text(MARGIN, height + 24, note, size=11, ink=_svg.GREY))
    return _svg.drawing(WIDTH, height + 40, "The stages of a node and their evidence", parts)
