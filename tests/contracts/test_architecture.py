"""What the architecture promises: layers, sizes, a light import, a sorted public API."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cauda

SOURCE = Path(cauda.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60


def test_public_names_are_sorted_and_load() -> None:
    names = [name for name in cauda.__all__ if not name.startswith("_")]
    assert names == sorted(names)
    assert all(getattr(cauda, name) is not None for name in cauda.__all__)


def test_an_unknown_public_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(AttributeError, match="analyze"):
        cauda.diagnose  # noqa: B018


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import cauda", {"torch", "numpy", "onnxruntime", "pydicom"}),
        ("import cauda.cli", {"torch", "onnxruntime", "pydicom", "scipy", "pydantic"}),
        ("import cauda.wiring", {"torch", "monai"}),
        ("import cauda.relate, cauda.knowledge", {"torch", "pydicom", "scipy", "SimpleITK"}),
        ("import cauda.phantom", {"torch", "monai"}),
    ],
)
def test_imports_stay_light(statement: str, absent: set[str]) -> None:
    code = f"{statement}; import sys; print(*({absent!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not found.stdout.split()


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_modules_and_functions_stay_readable(module: Path) -> None:
    text = module.read_text()
    assert text.count("\n") <= LONGEST_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            first = node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0]
            length = (node.end_lineno or 0) - first.lineno
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


def test_library_code_neither_prints_nor_exits() -> None:
    loud = [
        f"{module.name}:{node.lineno}"
        for module in MODULES
        if "cli" not in module.parts
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"print", "exit", "breakpoint"}
    ]
    assert not loud
