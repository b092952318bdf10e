"""The shape of the project: floors, names, sizes, one version."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import run_python

import sigresample

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sigresample"
MODULES = {".".join(p.relative_to(PACKAGE).with_suffix("").parts): p for p in PACKAGE.rglob("*.py")}

# What faces are made of is machinery, though users see its public names.
UNDER_FACES = {"explaining", "checking"}


def _imports(name: str) -> Iterator[str]:
    """Yield the modules of this package that a module imports, at its top or inside a function."""
    package = name.split(".")
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = package[: len(package) - node.level] + (node.module.split(".") if node.module else [])
        for alias in node.names:
            forms = ([*base, alias.name], [*base, alias.name, "__init__"], base, [*base, "__init__"])
            yield from [found for form in forms if (found := ".".join(form)) in MODULES][:1]


GRAPH = {name: set(_imports(name)) - {name} for name in MODULES}


def test_imports_are_read() -> None:
    assert "checking" in GRAPH["_face"]
    assert "_kernels.__init__" in GRAPH["config"]
    assert sum(map(len, GRAPH.values())) > 10


def test_modules_import_only_downwards() -> None:
    """No cycle, so that the modules stand on floors."""
    left = {name: set(below) for name, below in GRAPH.items()}
    while left:
        lowest = {name for name, below in left.items() if not below}
        assert lowest, f"these import each other in a ring: {sorted(left)}"
        left = {name: below - lowest for name, below in left.items() if name not in lowest}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_machinery_imports_no_face(name: str) -> None:
    machinery = name.split(".")[0].startswith("_") and name not in ("__init__", "__main__")
    if machinery or name in UNDER_FACES:
        faces = {below for below in GRAPH[name] if not below.startswith("_")} - UNDER_FACES
        assert not faces


def test_kernels_stand_at_the_bottom() -> None:
    for name in MODULES:
        if name.startswith("_kernels."):
            assert all(below.startswith("_kernels.") for below in GRAPH[name])


def test_every_module_is_installed() -> None:
    listed = {
        str(build.parent.relative_to(PACKAGE) / name)
        for build in PACKAGE.rglob("meson.build")
        for name in re.findall(r"'([\w/]+\.pyi?)'", build.read_text())
    }
    there = {str(p.relative_to(PACKAGE)) for p in PACKAGE.rglob("*.py*") if p.suffix in (".py", ".pyi")}
    assert there == listed


def test_there_is_one_version() -> None:
    declared = re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text())
    assert declared is not None
    assert sigresample.__version__ == declared[1]
    assert f"## {declared[1]}" in (ROOT / "CHANGELOG.md").read_text()


def test_import_is_light(tmp_path: Path) -> None:
    """Nothing of SciPy, and beyond NumPy nothing that takes long to load."""
    code = (
        "import sys, numpy; before = set(sys.modules); import sigresample; new = set(sys.modules) - before;"
        "print(*sorted(n for n in new if not n.startswith('sigresample')))"
    )
    run = run_python(code, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    heavy = [name for name in run.stdout.split() if name.split(".")[0] not in ("_cython_3_3_1", "cython_runtime")]
    assert not [name for name in heavy if name.split(".")[0] in ("scipy", "matplotlib", "pywt", "tqdm", "asyncio")]
    assert len(heavy) < 20, heavy


def test_threads_settings_of_others_are_left_alone(tmp_path: Path) -> None:
    code = (
        "import os; before = dict(os.environ); import sigresample; from sigresample._kernels import _openmp;"
        "n = _openmp.max_threads(); import numpy as np;"
        "x = np.zeros((300, 300), np.float32);"
        "sigresample.convolve2d(x, x[:7, :7], workers=3); sigresample.convolve2d(x, x[:7, :7], workers=1);"
        "assert _openmp.max_threads() == n; assert dict(os.environ) == before"
    )
    run = run_python(code, cwd=tmp_path)
    assert run.returncode == 0, run.stderr


def test_every_error_text_has_a_name_of_its_own() -> None:
    """Two constants of one name would leave one function with the other's sentence."""
    tree = ast.parse((PACKAGE / "_errors.py").read_text())
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    assert sorted(names) == sorted(set(names))
