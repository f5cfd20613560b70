"""Where the log goes: one JSON line an event into a file; a person sees progress, not the log."""

from __future__ import annotations

import logging
from pathlib import Path

import structlog


def to_file(path: Path) -> None:
    """Send metalctl's and its libraries' events to a file, owner-readable only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    handler = logging.FileHandler(path)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso")],
        )
    )
    root = logging.getLogger()
    for replaced in (h for h in root.handlers if isinstance(h, logging.FileHandler)):
        replaced.close()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Below warnings paramiko tells every packet, and an HTTP client every address with its query.
    for chatty in ("paramiko", "urllib3", "sushy", "aiohttp.access", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
