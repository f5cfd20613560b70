"""Make a root file system out of a recipe with mmdebstrap.

The packages of earlier builds (ramdisk and image share most) are hard-linked into the new tree, so that a second build
downloads only what changed. update-initramfs runs once, in the recipe's last hook: INITRD=No keeps the kernel's own run
away.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from metalctl.boot.build import sources
from metalctl.boot.build.recipe import Recipe, files
from metalctl.boot.build.tools import Progress, run

HINT = (
    "is the Debian mirror reachable? `apt-get update` shows it; $METALCTL_DEBIAN_MIRROR names another one, "
    "and the builder must be root"
)


def make(recipe: Recipe, work: Path, packages: Path, progress: Progress) -> Path:
    """Build the tree at `work/root` and return it. Raises ToolFailed with mmdebstrap's last lines."""
    root = work / "root"
    packages.mkdir(parents=True, exist_ok=True)
    lay(recipe, work / "overlay")
    filters = [f"path-exclude={glob}\n" for glob in recipe.exclude] + [
        f"path-include={glob}\n" for glob in recipe.include
    ]
    (work / "dpkg-filters").write_text("".join(filters))
    command = ["mmdebstrap", *arguments(recipe, work, packages), recipe.release, str(root)]
    command += sources.lines(recipe.release, recipe.components)
    env = {**os.environ, "INITRD": "No", "TMPDIR": str(work), "LC_ALL": "C.UTF-8"}
    run(command, on_line=_narrator(progress), env=env, namespace=True, hint=HINT, log=work / "mmdebstrap.log")
    return root


def lay(recipe: Recipe, target: Path) -> None:
    """Gather the overlays in one tree with settled modes: a wheel or a checkout does not keep them.

    Those of folders too, whatever the umask: they become the modes of / and /etc of what is built.
    """
    target.mkdir()
    for overlay in recipe.overlays:
        for path in files(overlay):
            place = target / path.relative_to(overlay)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
            place.chmod(0o755 if path.read_bytes()[:2] == b"#!" else 0o644)
    for folder in (target, *(one for one in target.rglob("*") if one.is_dir())):
        folder.chmod(0o755)


def arguments(recipe: Recipe, work: Path, packages: Path) -> Iterator[str]:
    """mmdebstrap's options, without suite, target and mirrors."""
    yield from ("--mode=root", "--variant=apt", "--format=directory", "--architectures=amd64")
    yield from ("--skip=download/empty", "--skip=essential/unlink", "--skip=cleanup/apt/cache")
    yield f"--include={','.join(recipe.packages)}"
    yield f"--keyring={sources.KEYRING}"
    yield '--aptopt=Acquire::Languages "none"'
    for stage, script in hooks(recipe, work, packages):
        yield f"--{stage}-hook={script}"


def hooks(recipe: Recipe, work: Path, packages: Path) -> Iterator[tuple[str, str]]:
    """(stage, shell text with the tree as $1), in order."""
    shared, overlay = shlex.quote(str(packages)), shlex.quote(str(work / "overlay"))
    archives = '"$1"/var/cache/apt/archives'
    fetch = f"find {shared} -name '*.deb' -exec cp -l -t {archives} {{}} +"
    yield "setup", f"mkdir -p {archives} && {fetch}"
    # Not by --dpkgopt: mmdebstrap would then filter the first packages itself, in Perl, at a fifth of the speed.
    filters = shlex.quote(str(work / "dpkg-filters"))
    yield "extract", 'rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/info/* "$1"/usr/share/locale/*'
    yield "extract", f'cp {filters} "$1"/etc/dpkg/dpkg.cfg.d/90metalctl'
    # No fsync for every file of a tree that is thrown away if the machine dies; not so in the finished system.
    yield "extract", 'echo force-unsafe-io > "$1"/etc/dpkg/dpkg.cfg.d/99metalctl-build'
    yield "customize", 'rm "$1"/etc/dpkg/dpkg.cfg.d/99metalctl-build'
    yield "customize", f"find {archives} -name '*.deb' -exec cp -ln -t {shared} {{}} + && rm -f {archives}/*.deb"
    yield "customize", f'cp -r --preserve=mode {overlay}/. "$1"/'
    if recipe.enable:
        yield "customize", f'chroot "$1" systemctl enable {shlex.join(recipe.enable)}'
    for kind, names in (("system", recipe.mask), ("system-generators", recipe.mask_generators)):
        yield "customize", f'mkdir -p "$1"/etc/systemd/{kind}'
        for name in names:
            yield "customize", f'ln -sf /dev/null "$1"/etc/systemd/{kind}/{shlex.quote(name)}'
    for script in recipe.hooks:
        yield "customize", f'sh {shlex.quote(str(script))} "$1"'


def _narrator(progress: Progress) -> Progress:
    def narrate(line: str) -> None:
        if line.startswith("I: ") and "running --" not in line:
            progress(line.removeprefix("I: "))

    return narrate
