"""The runner bundle: what travels to a node.

metalctl/model, metalctl/node, checks/ and the pure-Python libraries they need, as one reproducible tar.gz whose name is
the hash of its content. It carries the byte code too: an emulated node takes most of a minute to compile it, and a node
with another Python than ours takes no notice of it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import marshal
import sys
import tarfile
import warnings
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from importlib.resources import as_file, files
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path

from metalctl.content import checks
from metalctl.engine.errors import EngineError

LIBRARIES = ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "pyudev", "pyroute2")
_SKIP = (".pyc", ".pyo", ".so", ".dist-info/RECORD")
# Of pygments, pytest imports two lexers; the other hundreds are half of all that would travel.
_LEXERS = "pygments/lexers/"
_KEPT_LEXERS = ("__init__.py", "_mapping.py", "diff.py", "python.py")


@cache
def build() -> tuple[str, bytes]:
    """(hash, tar.gz) of the bundle of this version and content."""
    members = dict(sorted(_members()))
    digest = hashlib.sha256(sys.implementation.cache_tag.encode())
    for name, data in members.items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    compiled = {_cache_name(n): _compiled(n, data) for n, data in members.items() if n.endswith(".py")}
    return digest.hexdigest()[:16], _tar(members | compiled)


def _cache_name(name: str) -> str:
    folder, _, file = name.rpartition("/")
    return f"{folder}/__pycache__/{file[:-3]}.{sys.implementation.cache_tag}.pyc".lstrip("/")


def _compiled(name: str, source: bytes) -> bytes:
    """Byte code that is taken without a look at the source's time (PEP 552: unchecked, by hash)."""
    with warnings.catch_warnings():
        # A library's own lapses are not ours to report.
        warnings.simplefilter("ignore")
        code = compile(source, name, "exec", dont_inherit=True)
    unchecked = (1).to_bytes(4, "little")
    return MAGIC_NUMBER + unchecked + source_hash(source) + marshal.dumps(code)


def _members() -> Iterator[tuple[str, bytes]]:
    with as_file(files("metalctl")) as package:
        yield "metalctl/__init__.py", (package / "__init__.py").read_bytes()
        for room in ("model", "node"):
            yield from _tree(package / room, f"metalctl/{room}")
    for name, file in checks.travelling().items():
        if not name.endswith(_SKIP):
            yield f"checks/{name}", file.read_bytes()
    for library in LIBRARIES:
        yield from _library(library)


def _tree(top: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(top.rglob("*")):
        if path.is_file() and path.suffix not in _SKIP and "__pycache__" not in path.parts:
            yield f"{prefix}/{path.relative_to(top)}", path.read_bytes()


def _library(name: str) -> Iterator[tuple[str, bytes]]:
    found = distribution(name)
    for file in found.files or ():
        text = str(file)
        if text.startswith("..") or text.endswith(_SKIP) or "__pycache__" in text or _is_idle_lexer(text):
            continue
        path = Path(str(found.locate_file(file)))
        if not path.is_file():
            raise EngineError(f"{name}: {text} is missing from this installation", hint=f"pip install --force {name}")
        yield text, path.read_bytes()


def _is_idle_lexer(file: str) -> bool:
    return file.startswith(_LEXERS) and file.removeprefix(_LEXERS) not in _KEPT_LEXERS


def _tar(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, compresslevel=6) as stream,
        tarfile.open(fileobj=stream, mode="w") as tar,
    ):
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()
