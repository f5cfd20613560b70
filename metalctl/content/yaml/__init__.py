"""The one way that metalctl reads and writes YAML: profiles, settings, racks, manifests, quirks, what it hands over.

    problems: list[yaml.Problem] = []
    tree = yaml.mapping(path, "a rack", problems)     # every value knows its file, line and column
    top = yaml.Reader(tree, "", problems)             # takes keys out of it and notes what is wrong
    name = top.required("name", yaml.name, "")
    top.done()                                        # what nobody asked for is a mistake, too

No mistake raises: all of them are gathered, and a person reads each as `FILE:LINE:COLUMN: what is wrong` and a hint.
"""

from __future__ import annotations

from metalctl.content.errors import Mistakes, Place, Problem
from metalctl.content.yaml._merge import merge, no_removal
from metalctl.content.yaml._parse import Limits, mapping, parse, read
from metalctl.content.yaml._plain import place_of, plain, validated
from metalctl.content.yaml._reader import Reader
from metalctl.content.yaml._tree import Mapping, Node, Scalar, Sequence, describe, short
from metalctl.content.yaml._values import (
    JsonSchema,
    Mismatch,
    Value,
    boolean,
    day,
    matching,
    name,
    number,
    one_of,
    regex,
    seconds,
    size_from,
    whole,
    whole_between,
    word,
)
from metalctl.content.yaml._write import dump, inline

__all__ = [
    "JsonSchema",
    "Limits",
    "Mapping",
    "Mismatch",
    "Mistakes",
    "Node",
    "Place",
    "Problem",
    "Reader",
    "Scalar",
    "Sequence",
    "Value",
    "boolean",
    "day",
    "describe",
    "dump",
    "inline",
    "mapping",
    "matching",
    "merge",
    "name",
    "no_removal",
    "number",
    "one_of",
    "parse",
    "place_of",
    "plain",
    "read",
    "regex",
    "seconds",
    "short",
    "size_from",
    "validated",
    "whole",
    "whole_between",
    "word",
]
