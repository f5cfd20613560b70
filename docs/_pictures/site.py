"""mkdocs hook: the pages at the top of the repository are pages of the site too, with their links turned."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

HERE = Path(__file__).parents[2]
# Page at the top → page of the site.
PAGES = {"ARCHITECTURE.md": "explanation/architecture.md", "CHANGELOG.md": "changelog.md"}
LONGEST = 40  # characters of a word that is kept whole
WIDE = ("reference/truth.md",)  # a table that needs the place of the navigation


def turned(text: str, depth: int) -> str:
    """Links to docs/… as seen from a page so many folders down in docs/."""
    return re.sub(r"\]\(docs/", "](" + "../" * depth, text)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """mkdocs calls this for each page: a wide one is shown without the navigation."""
    if page.file.src_uri in WIDE:
        page.meta["hide"] = ["navigation", "toc"]
    return markdown


def on_page_content(html: str, **_: Any) -> str:
    """mkdocs calls this with each page as HTML: inline code such as --allow-erase is not broken at a hyphen."""
    return re.sub(r"(?<!<pre>)<code>([^<\n]*)</code>", lambda found: f"<code>{unbroken(found[1])}</code>", html)


def unbroken(code: str) -> str:
    """Each word that a browser would break, and that fits into a column, in a span of its own."""
    words = (f'<span class="word">{w}</span>' if "-" in w and len(w) <= LONGEST else w for w in code.split(" "))
    return " ".join(words)


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """mkdocs calls this when it has listed the pages."""
    for name, page in PAGES.items():
        text = turned((HERE / name).read_text(), page.count("/"))
        files.append(File.generated(config, page, content=text))
    return files
