"""The systemd unit of the service, for this installation."""

from __future__ import annotations

import sys
from pathlib import Path


def unit_text(config: Path | None, *, standby: bool) -> str:
    """The text of the unit; the site may override its template (pxe/systemd/metalctl.service.j2)."""
    import jinja2

    from metalctl.content.paths import find

    template = jinja2.Template(find("pxe/systemd/metalctl.service.j2").read_text(), undefined=jinja2.StrictUndefined)
    program = Path(sys.argv[0]).absolute()
    chosen = config.absolute() if config else ""
    return str(template.render(program=program, config=chosen, standby=standby))
