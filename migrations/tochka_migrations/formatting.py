"""Writing Alembic's operations as a formatter leaves them: double quotes, a hundred columns."""

import ast
from collections.abc import Iterator, Sequence
from typing import Final

LINE_LENGTH: Final = 100
_STEP: Final = 4
_SCHEMA_ARGUMENTS: Final = frozenset({"schema", "source_schema", "referent_schema"})


def formatted(code: str, *, schema: str, indent: int) -> str:
    """Return the calls in *code*, each on lines of its own; *schema* is called `SCHEMA`."""
    tree = _Plainer(schema).visit(ast.parse(code))
    lines = [" " * indent + _laid_out(statement, indent, after=0) for statement in tree.body]
    return "\n".join(lines)


def imports_of(*codes: str) -> list[str]:
    """Return the lines that import what *codes* name, in the order of isort."""
    chains = [chain for code in codes for chain in _chains(ast.parse(code))]
    lines = {_IMPORTS.get(chain[0], f"import {'.'.join(chain[:-1])}") for chain in chains}
    return sorted(lines, key=lambda line: (line.startswith("from"), line))


class _Plainer(ast.NodeTransformer):
    """Takes away what only Alembic needs: the marks of names that are final."""

    def __init__(self, schema: str) -> None:
        self._schema = schema

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[0] if ast.unparse(node.func) == "op.f" else node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        self.generic_visit(node)
        is_schema = isinstance(node.value, ast.Constant) and node.value.value == self._schema
        if node.arg in _SCHEMA_ARGUMENTS and is_schema:
            node.value = ast.Name("SCHEMA")
        return node


def _laid_out(node: ast.AST, indent: int, *, after: int = 1) -> str:
    """Return *node* on one line if it fits, else with its parts on lines of their own.

    *after* is how many characters follow it on the line.
    """
    line = _on_one_line(node)
    if indent + len(line) + after <= LINE_LENGTH:
        return line
    match node:
        case ast.Expr(value):
            return _laid_out(value, indent, after=after)
        case ast.keyword(arg=str(name), value=value):
            return f"{name}={_laid_out(value, indent, after=after + len(name) + 1)}"
        case ast.Call(func, args, keywords) if args or keywords:
            return f"{_on_one_line(func)}({_parts((*args, *keywords), indent)})"
        case ast.List([_, *_] as items) | ast.Tuple([_, _, *_] as items):
            return _bracketed(node, _parts(items, indent))
    return line


def _parts(nodes: Sequence[ast.AST], indent: int) -> str:
    inner = indent + _STEP
    line = ", ".join(_on_one_line(node) for node in nodes)
    if inner + len(line) <= LINE_LENGTH:
        return f"\n{' ' * inner}{line}\n{' ' * indent}"
    lines = [f"{' ' * inner}{_laid_out(node, inner)},\n" for node in nodes]
    return f"\n{''.join(lines)}{' ' * indent}"


def _on_one_line(node: ast.AST) -> str:
    match node:
        case ast.Constant(str(value)):
            return _quoted(value)
        case ast.Expr(value):
            return _on_one_line(value)
        case ast.keyword(arg=str(name), value=value):
            return f"{name}={_on_one_line(value)}"
        case ast.Call(func, args, keywords):
            parts = ", ".join(_on_one_line(part) for part in (*args, *keywords))
            return f"{_on_one_line(func)}({parts})"
        case ast.List(items) | ast.Tuple([_, _, *_] as items):
            return _bracketed(node, ", ".join(_on_one_line(item) for item in items))
    return ast.unparse(node)


def _bracketed(node: ast.AST, parts: str) -> str:
    return f"[{parts}]" if isinstance(node, ast.List) else f"({parts})"


def _quoted(value: str) -> str:
    """Return a literal in double quotes, unless single ones need fewer backslashes."""
    both = repr(value + "'\"")  # with both in it, repr chooses single quotes
    inner = both[1:-4]
    if value.count('"') > value.count("'"):
        return f"'{inner}'"
    return '"' + inner.replace("\\'", "'").replace('"', '\\"') + '"'


def _chains(tree: ast.AST) -> Iterator[list[str]]:
    """Yield the dotted names that are called, such as `sa`, `Column`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func).split(".")


_IMPORTS: Final = {
    "sa": "import sqlalchemy as sa",
    "op": "from alembic import op",
    "postgresql": "from sqlalchemy.dialects import postgresql",
}
