"""The JSON of an answer: an object, whatever the BMC sent. No I/O.

What is nested deeper than Python's recursion limit is refused. Nothing here or in the parsers recurses into a value, so
that anything shallower does no harm.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from metalctl.bmc.errors import Astray, BadAnswer

Resource = dict[str, Any]
# Several BMCs leave the type out or say text/plain; a page of HTML is never a resource.
_JSON = re.compile(r"(?:application|text)/(?:[\w.+-]*json|plain|octet-stream)\b|$", re.IGNORECASE)


def decode(name: str, path: str, body: bytes, content_type: str = "") -> Resource:
    """The object in `body`; `name` is the BMC. Raises BadAnswer, or Astray when it is nested without measure."""
    if not _JSON.match(content_type):
        raise BadAnswer(f"{name}: {path} is {content_type.split(';')[0]}, not JSON")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = _tolerant(name, path, body)
    if not isinstance(value, dict):
        raise BadAnswer(f"{name}: {path} is not a JSON object")
    return value


def lenient(body: bytes) -> Resource:
    """The object in the answer to an action, {} where there is none: most say nothing more than that they did it."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _tolerant(name: str, path: str, body: bytes) -> Any:
    """What the fast parser refuses and BMCs send all the same: a byte order mark, UTF-16, NaN."""
    try:
        return json.loads(body)
    except RecursionError:
        what, got = "a resource", "JSON too deep to read"
        raise Astray(f"{name}: {path} is nested without end", bmc=name, path=path, expected=what, got=got) from None
    except ValueError:
        raise BadAnswer(f"{name}: {path} is not JSON") from None
