"""mkdocs hook: the pages at the top of the repository are pages of the site too, with their links turned."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

HERE = Path(__file__).parents[2]
# Page at the top → page of the site.
PAGES = {"ARCHITECTURE.md": "explanation/architecture.md", "CHANGELOG.md": "changelog.md"}


def turned(text: str, depth: int) -> str:
    """Links to docs/… as seen from a page so many folders down in docs/."""
    return re.sub(r"\]\(docs/", "](" + "../" * depth, text)


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """mkdocs calls this when it has listed the pages."""
    for name, page in PAGES.items():
        text = turned((HERE / name).read_text(), page.count("/"))
        files.append(File.generated(config, page, content=text))
    return files
