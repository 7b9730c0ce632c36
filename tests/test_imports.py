"""Imports point one way: read from the source, and seen in fresh interpreters."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import realtime

ROOT = Path(realtime.__file__).parent

# From the bottom up: a module may import from its own row and from those above it in this list.
LAYERS = (
    {"about", "errors", "messages", "cores", "machine"},
    {"frame", "opencv"},
    {"model", "interfaces", "sizes", "color", "text", "tonemap"},
    {"flow", "motion", "detail", "cuts", "providers", "styles", "model_files", "compose", "engine",
     "buffered", "metrics", "sources", "sinks"},
    {"stabilizer", "temporal_metrics", "batch", "sheet", "enlarger"},
    {"pipeline"},
    {"live", "comparison", "comparison_plot", "bench", "doctor"},
    {"cli", "__main__"},
)  # fmt: skip
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
FILES = sorted(ROOT.rglob("*.py"))


def room(path: Path) -> str:
    """The module or package directly below ``realtime`` that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def internal_imports(path: Path, tree: ast.Module) -> set[str]:
    """The rooms that a file imports from."""
    package = ("realtime", *path.relative_to(ROOT).parts[:-1])
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            parts = (*base, *(node.module or "").split(".")) if node.module else base
            names = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
            found.update(names)
    return found


def absolute_imports(tree: ast.Module) -> set[str]:
    """The packages that a file imports by their full name."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    return found


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_the_reader_of_imports_sees_what_it_should():
    tree = ast.parse("from ..errors import E\nfrom . import x\nimport a.b\nfrom c.d import e\n")
    assert internal_imports(ROOT / "sources" / "file.py", tree) == {"errors", "sources"}
    assert absolute_imports(tree) == {"a", "c"}
    tree = ast.parse("from . import flow\nfrom .sinks.null import NullSink")
    assert internal_imports(ROOT / "pipeline.py", tree) == {"flow", "sinks"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downward(path):
    name = room(path)
    if name == "__init__":
        assert internal_imports(path, parse(path)) == set()
        return
    assert name in RANK, f"give {name} its place in LAYERS"
    for other in internal_imports(path, parse(path)):
        assert RANK[other] <= RANK[name], f"{name} must not import {other}"


def test_no_two_rooms_import_each_other():
    """Within a row too, the direction is one way."""
    graph: dict[str, set[str]] = {}
    for path in FILES:
        graph.setdefault(room(path), set()).update(internal_imports(path, parse(path)))

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        todo = graph.get(start, set()) - {start}
        while todo:
            seen |= todo
            todo = set().union(*(graph.get(name, set()) for name in todo)) - seen
        return seen

    assert [name for name in graph if name in reachable(name)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_runtime_imports_nothing_of_training(path):
    tree = parse(path)
    forbidden = {"torch", "torchvision", "onnx", "onnxscript", "export", "realtime"}
    found = absolute_imports(tree) & forbidden
    assert not found, "internal imports are relative, and training is not part of the runtime"


@pytest.mark.parametrize(
    "module", ["realtime", "realtime.engine", "realtime.pipeline", "realtime.interfaces"]
)
def test_importing_loads_nothing_of_training(module):
    code = f"import sys, {module}; print(*sorted(name.split('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "realtime" in loaded
    assert not loaded & {"torch", "torchvision", "onnx", "onnxscript", "export"}
    assert done.stderr == ""


def test_the_names_of_devices_come_without_the_runtime():
    """Shell completion needs them at once."""
    code = "import sys, realtime.providers; print({'numpy', 'onnxruntime'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
