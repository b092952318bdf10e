"""Every SIMD level holds only instructions of its own, and the environment can pin one."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers import kernels, run_python

from sigresample import _kernels
from sigresample._kernels import _cpu

pytestmark = pytest.mark.uncheckable  # hardly a public function is called

MODULES = ["_cpu", "_openmp", *(f"{name}_{level}" for name in kernels() for level in _kernels.built())]
ROOT = Path(__file__).parents[1]
BELOW_AVX = ("_cpu", "_openmp", "_scalar", "_v2")

objdump = pytest.mark.skipif(shutil.which("objdump") is None, reason="objdump is not installed")
x86 = pytest.mark.skipif("v2" not in _kernels.built(), reason="not a build for x86-64")


def _origin(module: str) -> Path:
    spec = find_spec(f"sigresample._kernels.{module}")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


@cache
def _code(module: str) -> str:
    command = ["objdump", "--disassemble", "--no-show-raw-insn", str(_origin(module))]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _instructions(pattern: str, code: str) -> list[str]:
    return re.findall(rf"^ +[0-9a-f]+:\t({pattern}.*)$", code, re.MULTILINE)


@objdump
@x86
@pytest.mark.parametrize("module", [name for name in MODULES if name.endswith(BELOW_AVX)])
def test_below_avx_no_instruction_needs_it(module: str) -> None:
    code = _code(module)
    assert len(_instructions("ret", code)) > 10, "this disassembly is not understood"
    assert not _instructions("v", code)  # every AVX mnemonic begins so, and no older one
    assert "%ymm" not in code
    assert "%zmm" not in code


@objdump
@x86
@pytest.mark.parametrize("module", [name for name in MODULES if name.endswith("_v3")])
def test_avx2_modules_hold_no_avx512(module: str) -> None:
    code = _code(module)
    assert "%ymm" in code, "no AVX at all: the level's flags are lost"
    assert "%zmm" not in code
    assert not re.search(r"%[xy]mm(1[6-9]|2\d|3[01])|%k[0-7]", code)  # AVX-512 on narrower registers


@objdump
@x86
@pytest.mark.parametrize("module", [name for name in MODULES if name.endswith("_v4")])
def test_avx512_modules_use_it(module: str) -> None:
    assert "%zmm" in _code(module)


@objdump
@pytest.mark.parametrize("module", MODULES)
def test_no_kernel_takes_the_gil_back(module: str) -> None:
    """A nogil helper that may raise takes it at every call, and a parallel loop then crawls."""
    command = ["objdump", "--dynamic-syms", str(_origin(module))]
    symbols = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "PyInit" in symbols or "PyModule" in symbols
    assert "PyGILState_Ensure" not in symbols


LEVEL = "from sigresample import _kernels as k; print(k.level, k.correlate.__name__, k.polyphase.__name__)"


@pytest.mark.parametrize("level", _kernels.available())
def test_the_environment_pins_a_level(tmp_path: Path, level: str) -> None:
    kernels = "sigresample._kernels."
    run = run_python(LEVEL, cwd=tmp_path, SIGRESAMPLE_SIMD=level)
    assert run.stdout.split() == [level, f"{kernels}correlate_{level}", f"{kernels}polyphase_{level}"]


@pytest.mark.parametrize("pin", [None, ""])
def test_without_a_pin_the_best_level_runs(tmp_path: Path, pin: str | None) -> None:
    run = run_python(LEVEL, cwd=tmp_path, **({} if pin is None else {"SIGRESAMPLE_SIMD": pin}))
    assert run.stdout.split()[0] == _kernels.available()[0]


def test_an_unknown_level_is_an_error(tmp_path: Path) -> None:
    run = run_python(LEVEL, cwd=tmp_path, SIGRESAMPLE_SIMD="v9")
    allowed = ", ".join(_kernels.available())
    assert run.stderr.strip().endswith(f"ImportError: SIGRESAMPLE_SIMD: must be one of {allowed} here, got 'v9'")
    assert run.returncode == 1


def test_a_level_that_this_machine_cannot_run_is_an_error_not_a_crash(tmp_path: Path) -> None:
    code = (  # plays an older CPU
        "import sys, types\n"
        "cpu = types.ModuleType('sigresample._kernels._cpu')\n"
        "cpu.levels = lambda: ('scalar',)\n"
        "sys.modules[cpu.__name__] = cpu\n" + LEVEL
    )
    assert run_python(code, cwd=tmp_path).stdout.split()[0] == "scalar"
    for level in set(_kernels.built()) - {"scalar"}:
        run = run_python(code, cwd=tmp_path, SIGRESAMPLE_SIMD=level)
        assert run.stderr.strip().endswith(f"ImportError: SIGRESAMPLE_SIMD: must be one of scalar here, got '{level}'")


def test_scalar_is_always_there_and_comes_last() -> None:
    assert _cpu.levels()[-1] == "scalar"
    assert _kernels.built()[-1] == "scalar"
    assert set(_kernels.available()) <= set(_kernels.built())


def test_sources_without_a_build_say_so(tmp_path: Path) -> None:
    """Python started in the root of the repository finds the sources first."""
    copied = tmp_path / "sigresample"
    copied.mkdir()
    for path in ROOT.joinpath("sigresample").glob("*.py"):
        (copied / path.name).write_bytes(path.read_bytes())
    for folder in ("_kernels", "_routes"):
        (copied / folder).mkdir()
        for path in ROOT.joinpath("sigresample", folder).glob("*.py"):
            (copied / folder / path.name).write_bytes(path.read_bytes())
    # An editable install would find the build all the same.
    code = "import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in type(f).__module__]; "
    done = run_python(code + "import sigresample", cwd=tmp_path)
    assert done.stderr.splitlines()[-1].startswith("ImportError: sigresample: these are the sources, not the build")
