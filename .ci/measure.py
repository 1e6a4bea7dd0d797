"""Print the size of the product code and its import circles; exit with 1 if there is a circle.

Files, lines, and code lines (lines that are neither blank, comment, docstring nor import), for each top-level package
and in all. A circle is a set of modules that import one another at run time or for type checking alike.
"""

from __future__ import annotations

import ast
import sys
import tokenize
from pathlib import Path

import grimp

PACKAGES = ("simulator", "conformance")
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.ENDMARKER}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(path: Path) -> int:
    """Count the lines of a file that hold code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out: set[int] = set()
    for node in ast.walk(tree):
        texts = [node.body[0]] if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None else []
        if isinstance(node, ast.Import | ast.ImportFrom):
            texts.append(node)
        for text in texts:
            left_out.update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    with path.open("rb") as file:
        held = {
            line
            for token in tokenize.tokenize(file.readline)
            if token.type not in NO_CODE and token.string.strip()
            for line in range(token.start[0], token.end[0] + 1)
        }
    return len(held - left_out)


def circles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Find the strongly connected sets of modules (Tarjan's algorithm), largest first."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    sets: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = lowest[module] = len(index)
        stack.append(module)
        for imported in graph.find_modules_directly_imported_by(module):
            if imported not in index:
                visit(imported)
                lowest[module] = min(lowest[module], lowest[imported])
            elif imported in stack:
                lowest[module] = min(lowest[module], index[imported])
        if lowest[module] == index[module]:
            members = stack[stack.index(module) :]
            del stack[-len(members) :]
            if len(members) > 1:
                sets.append(sorted(members))

    sys.setrecursionlimit(10_000)
    for module in sorted(graph.modules):
        if module not in index:
            visit(module)
    return sorted(sets, key=len, reverse=True)


def main() -> int:
    """Print the figures; return the exit code."""
    totals = [0, 0, 0]
    for package in PACKAGES:
        paths = sorted(Path(package).rglob("*.py"))
        lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)
        figures = [len(paths), lines, sum(map(code_lines, paths))]
        totals = [total + figure for total, figure in zip(totals, figures, strict=True)]
        print(f"{package:12} {figures[0]:4} files {figures[1]:7,} lines {figures[2]:7,} code lines")
    print(f"{'together':12} {totals[0]:4} files {totals[1]:7,} lines {totals[2]:7,} code lines")
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    import_circles = circles(graph)
    print(f"{len(import_circles)} import circles", *(" ".join(members) for members in import_circles), sep="\n  ")
    return 1 if import_circles else 0


if __name__ == "__main__":
    sys.exit(main())
