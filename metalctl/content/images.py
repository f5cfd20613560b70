"""The operating systems that can be installed: each is a recipe folder `pxe/images/NAME/` on the content path."""

from __future__ import annotations

from metalctl.content import paths


def names() -> list[str]:
    """Their names, sorted; a site's folder of a shipped name takes its place."""
    folders = (folder for top in paths.find_all("pxe/images") for folder in top.iterdir())
    return sorted({folder.name for folder in folders if (folder / "recipe.toml").is_file()})
