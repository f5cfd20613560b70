"""Text of unknown origin (serials, models, LLDP names) made fit for XML, HTML and file names.

BMCs and drives return control characters, lone surrogates and, with ill will, markup. Markup is the business of the
writers (jinja2 escapes, ElementTree escapes); what no escaping can carry is replaced here, visibly.
"""

from __future__ import annotations

import re

# Everything that XML 1.0 forbids, and the characters that reorder the text around them on a screen.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)
_UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")


def clean(text: str) -> str:
    """The text with each forbidden character replaced by U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", text)


def slug(name: str) -> str:
    """A file name of it: no separators, no leading dot, never empty."""
    return _UNSAFE_IN_NAMES.sub("_", name).lstrip(".") or "_"
