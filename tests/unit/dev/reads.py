"""Which attributes of which classes the sources read: types followed through annotations, as far as they say them.

Small on purpose: names resolve through imports, values through annotations of parameters, fields and return types,
assignments, loops and comprehensions. What it cannot follow is not counted as read.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

Types = frozenset[str]  # "module.Class" of every class that a value may be of, or hold
NOTHING: Types = frozenset()
Env = dict[str, Types]


@dataclass
class Module:
    """One file. names: what an imported name means."""

    name: str
    tree: ast.Module
    names: dict[str, str] = field(default_factory=dict)


class Sources:
    """All files below a folder, and the reads in them."""

    def __init__(self, root: Path, leave_out: tuple[str, ...] = ()) -> None:
        self.modules = {name: _module(name, file) for name, file in _files(root) if not name.startswith(leave_out)}
        self.fields: dict[str, Env] = defaultdict(dict)
        self.returns: Env = {}
        self.aliases: Env = {}
        self.found: set[tuple[str, str]] = set()
        self.by_name: Types = NOTHING
        for work in (self._alias, self._declare, lambda module: self._walk(module, module.tree.body, {})):
            for module in self.modules.values():
                work(module)

    def reads(self, owner: str, name: str) -> bool:
        """Whether a field of a class is read, by its name or through getattr with a name that stands in the sources."""
        return (owner, name) in self.found or (owner in self.by_name and name in self._words)

    @cached_property
    def _words(self) -> set[str]:
        every = (n for m in self.modules.values() for n in ast.walk(m.tree))
        return {n.value for n in every if isinstance(n, ast.Constant) and isinstance(n.value, str)}

    def resolve(self, module: Module, name: str) -> str:
        """The full name of what a name means in a module, through re-exports."""
        full = module.names.get(name, f"{module.name}.{name}")
        for _ in range(4):
            owner, _, last = full.rpartition(".")
            if owner not in self.modules or last not in self.modules[owner].names:
                break
            full = self.modules[owner].names[last]
        return full

    def _annotated(self, module: Module, node: ast.expr | None) -> Types:
        """Every class that an annotation names: of a value, or of what it holds."""
        if node is None:
            return NOTHING
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node = ast.parse(node.value, mode="eval").body
        found: Types = NOTHING
        for n in ast.walk(node):
            if isinstance(n, ast.Name):
                full = self.resolve(module, n.id)
                found |= self.aliases.get(full, frozenset({full}))
            elif isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name):
                owner = self.modules.get(self.resolve(module, n.value.id))
                found |= {self.resolve(owner, n.attr)} if owner else NOTHING
        return found

    def _alias(self, module: Module) -> None:
        """`Drives = tuple[Drive, ...]`"""
        for node in module.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
                for target in node.targets:
                    self.aliases[f"{module.name}.{getattr(target, 'id', '')}"] = self._annotated(module, node.value)

    def _declare(self, module: Module) -> None:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                self._declare_class(module, node)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.returns[f"{module.name}.{node.name}"] = self._annotated(module, node.returns)

    def _declare_class(self, module: Module, node: ast.ClassDef) -> None:
        own = self.fields[f"{module.name}.{node.name}"]
        for inner in node.body:
            if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
                own[inner.target.id] = self._annotated(module, inner.annotation)
            elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                own.setdefault(inner.name, self._annotated(module, inner.returns))
                self._declare_attributes(module, inner, own)

    def _declare_attributes(self, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef, own: Env) -> None:
        given = {a.arg: self._annotated(module, a.annotation) for a in _arguments(node)}
        for inner in ast.walk(node):
            for target, value in _assigned(inner):
                if isinstance(target, ast.Attribute) and isinstance(value, ast.Name) and value.id in given:
                    own.setdefault(target.attr, given[value.id])

    def _walk(self, module: Module, body: Iterable[ast.AST], env: Env, owner: str = "") -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                self._walk(module, node.body, env, f"{module.name}.{node.name}")
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner = env | {a.arg: self._annotated(module, a.annotation) for a in _arguments(node)}
                if owner:
                    inner["self"] = frozenset({owner})
                self._walk(module, node.body, inner)
            else:
                Scope(self, module, env).visit(node)


def _module(name: str, file: Path) -> Module:
    module = Module(name, ast.parse(file.read_bytes()))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module.names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return module


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Target and value, also of `a, b = x, y`."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from zip(target.elts, node.value.elts, strict=False)
            else:
                yield target, node.value


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


class Scope(ast.NodeVisitor):
    """The statements of one function, in their order."""

    def __init__(self, sources: Sources, module: Module, env: Env) -> None:
        self.sources, self.module, self.env = sources, module, env

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A function inside of one."""
        self.sources._walk(self.module, [node], self.env)

    def visit_Assign(self, node: ast.Assign) -> None:
        """x = value"""
        self.generic_visit(node)
        for target in node.targets:
            self._bind(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """x: T = value"""
        self.generic_visit(node)
        if isinstance(node.target, ast.Name):
            self.env[node.target.id] = self.sources._annotated(self.module, node.annotation)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """x := value"""
        self.generic_visit(node)
        self._bind(node.target, node.value)

    def visit_For(self, node: ast.For) -> None:
        """for x in values"""
        self.visit(node.iter)
        self._bind(node.target, node.iter)
        for inner in [*node.body, *node.orelse]:
            self.visit(inner)

    def _comprehension(self, node: ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp) -> None:
        for one in node.generators:
            self.visit(one.iter)
            self._bind(one.target, one.iter)
            for condition in one.ifs:
                self.visit(condition)
        for inner in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self.visit(inner)

    visit_GeneratorExp = visit_ListComp = visit_SetComp = visit_DictComp = _comprehension

    def visit_Call(self, node: ast.Call) -> None:
        """A lambda in a call (`sorted(these, key=lambda one: …)`) is about what else is given."""
        given = self._any(map(self.type, node.args))
        for inner in [*node.args, *(k.value for k in node.keywords)]:
            if isinstance(inner, ast.Lambda):
                self.env |= {a.arg: given for a in inner.args.args}
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """x.name: a read of every class that x may be."""
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            self.sources.found |= {(one, node.attr) for one in self.type(node.value)}

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        """What a value holds is not told apart from the value: both have its types."""
        if isinstance(target, ast.Name):
            self.env[target.id] = self.type(value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            several = isinstance(value, ast.Call) and getattr(value.func, "id", "") == "zip"
            parts = value.args if several and isinstance(value, ast.Call) else parts
            for index, inner in enumerate(target.elts):
                self._bind(inner, parts[index] if index < len(parts) else value)

    def type(self, node: ast.expr) -> Types:
        """The classes that a value may be of."""
        if isinstance(node, ast.Name):
            return self.env.get(node.id, NOTHING)
        if isinstance(node, ast.Attribute):
            return self._any(self.sources.fields.get(one, {}).get(node.attr, NOTHING) for one in self.type(node.value))
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, (ast.Subscript, ast.Starred, ast.Await, ast.NamedExpr)):
            return self.type(node.value)
        if isinstance(node, ast.IfExp):
            return self.type(node.body) | self.type(node.orelse)
        if isinstance(node, ast.BoolOp):
            return self._any(map(self.type, node.values))
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return self._any(map(self.type, node.elts))
        if isinstance(node, (ast.GeneratorExp, ast.ListComp, ast.SetComp)):
            return self.type(node.elt)
        return self.type(node.value) if isinstance(node, ast.DictComp) else NOTHING

    def _call(self, node: ast.Call) -> Types:
        """Of a class: it; of a function: what it returns; of a method that is not ours (`get`, `values`): its owner."""
        func, given = node.func, self._any(map(self.type, node.args))
        if isinstance(func, ast.Name) and func.id == "getattr":
            # Which name it is nobody knows here: one of those that the source spells out somewhere.
            self.sources.by_name |= self.type(node.args[0])
        if isinstance(func, ast.Name):
            full = self.sources.resolve(self.module, func.id)
            return frozenset({full}) if full in self.sources.fields else self.sources.returns.get(full, given)
        if isinstance(func, ast.Attribute):
            if isinstance(func.value, ast.Name) and func.value.id not in self.env:
                owner = self.sources.modules.get(self.sources.resolve(self.module, func.value.id))
                full = self.sources.resolve(owner, func.attr) if owner else ""
                return frozenset({full}) if full in self.sources.fields else self.sources.returns.get(full, NOTHING)
            own = self.type(func.value)
            return self._any(self.sources.fields.get(one, {}).get(func.attr, frozenset({one})) for one in own)
        return NOTHING

    @staticmethod
    def _any(types: Iterable[Types]) -> Types:
        return frozenset().union(*types)
