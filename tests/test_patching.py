"""Our functions in scipy.signal's place, and SciPy's own tests of them run so."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.signal

import sigresample
from sigresample import patching

ORIGINALS = {name: getattr(scipy.signal, name) for name in patching.OURS}

# SciPy's test files; of each, what concerns our functions, by pytest's -k, and how many tests that is at least. The
# long ones are on their own, so that processes share them.
OWN_TESTS = {
    "pairs of lengths": ("test_signaltools", "TestOAConvolve and manylens", 5000),
    "large arrays": ("test_signaltools", "TestConvolve2d and large", 1),
    "the others": (
        "test_signaltools",
        "(TestConvolve or TestAllFreqConvolves or TestCorrelate or correlation_lags or correlate_lags "
        "or choose_conv_method or longdtype or TestFFTConvolve or TestOAConvolve "
        "or TestResample or gh_22684 or TestDecimate) and not manylens and not (TestConvolve2d and large)",
        1500,
    ),
    "upfirdn": ("test_upfirdn", "upfirdn or UpFIRDn", 200),
}
# Those that cannot pass, by name, each with the entry of docs/differences.md that it meets. There is none.
EXPECTED: dict[str, str] = {}

# Runs before SciPy's test module is imported: puts ours in place and makes them known to its wrappers.
PLUGIN = """
import sigresample
from scipy._lib._array_api import xp_capabilities_table as table
from sigresample import _originals, patching
sigresample.patch_scipy()
for name, ours in patching.OURS.items():
    table[ours] = table[_originals.original(name)]
"""


@pytest.fixture(autouse=True)
def _back():
    yield
    sigresample.unpatch_scipy()
    assert {name: getattr(scipy.signal, name) for name in patching.OURS} == ORIGINALS


def test_ours_are_in_place_inside_only():
    with sigresample.patch_scipy():
        for name, ours in patching.OURS.items():
            assert getattr(scipy.signal, name) is ours is getattr(sigresample, name)
    assert scipy.signal.convolve is ORIGINALS["convolve"]


def test_patches_nest_and_are_undone_once():
    outer = sigresample.patch_scipy()
    with sigresample.patch_scipy() as inner:
        inner.__exit__(None, None, None)  # undone twice, counted once
        assert scipy.signal.convolve is sigresample.convolve
    assert scipy.signal.convolve is sigresample.convolve
    with outer:
        pass
    assert scipy.signal.convolve is ORIGINALS["convolve"]


def test_unpatch_undoes_all():
    sigresample.patch_scipy()
    sigresample.patch_scipy()
    sigresample.unpatch_scipy()
    assert scipy.signal.convolve is ORIGINALS["convolve"]
    sigresample.unpatch_scipy()


def test_what_kernels_do_not_compute_reaches_scipys_own():
    long = np.arange(5, dtype=np.longdouble)
    with sigresample.patch_scipy():
        got = scipy.signal.convolve(long, long)
        assert scipy.signal.choose_conv_method(long, long) == "direct"
        with pytest.raises(ValueError, match="`fillvalue` must be scalar"):
            scipy.signal.convolve2d([[1]], [[1, 2]], fillvalue=[1, 2])
    assert got.dtype == np.longdouble
    np.testing.assert_array_equal(got, np.convolve(long, long))


def test_explain_and_checks_work_while_patched():
    with sigresample.patch_scipy(), sigresample.checked():
        assert sigresample.explain(scipy.signal.upfirdn, [1.0, 2.0], np.ones(9), 2).shape == (18,)
        np.testing.assert_array_equal(scipy.signal.convolve([1, 2, 3], [1, 1]), [1, 3, 5, 3])


def run(tmp_path, *arguments):
    command = [sys.executable, "-m", "sigresample", "run", *arguments]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)


PROGRAM = """
import sys
import scipy.signal
from scipy.signal import convolve
import neighbour
print(__name__, convolve.__module__, scipy.signal.upfirdn.__module__, *sys.argv, neighbour.here)
sys.exit(int(sys.argv[-1]))
"""


@pytest.mark.parametrize("how", [["program.py"], ["-m", "program"]])
def test_a_program_runs_patched(tmp_path, how):
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "neighbour.py").write_text("here = 'found'\n")
    done = run(tmp_path, *how, "--flag", "-m", "7")
    assert done.returncode == 7, done.stderr
    name, first, second, *arguments, here = done.stdout.split()
    assert (name, first, second, here) == ("__main__", "sigresample.convolution", "sigresample.resampling", "found")
    assert arguments[1:] == ["--flag", "-m", "7"]
    assert Path(arguments[0]).name == "program.py"


AFTERWARDS = """
import atexit, threading
import scipy.signal
def later():
    threading.main_thread().join()
    print(scipy.signal.convolve.__module__, flush=True)
threading.Thread(target=later).start()
atexit.register(lambda: print(scipy.signal.upfirdn.__module__, flush=True))
"""


def test_what_outlives_a_program_stays_patched(tmp_path):
    (tmp_path / "program.py").write_text(AFTERWARDS)
    done = run(tmp_path, "program.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["sigresample.convolution", "sigresample.resampling"]


def test_a_program_is_required_and_its_arguments_are_not(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 2
    assert done.stderr == "sigresample run: the following arguments are required: PROGRAM\n"


@pytest.mark.parametrize(("line", "error"), [("1 / 0", "ZeroDivisionError"), ("open('gone')", "FileNotFoundError")])
def test_a_programs_own_error_is_its_own(tmp_path, line, error):
    (tmp_path / "broken.py").write_text(line + "\n")
    done = run(tmp_path, "broken.py")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert error in done.stderr


@pytest.mark.parametrize("how", [["absent.py"], ["-m", "absent"], ["-m", "absent.deeper"], ["."]])
def test_no_such_program_is_one_line(tmp_path, how):
    done = run(tmp_path, *how)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("sigresample: run: no ")


@pytest.mark.uncheckable  # it checks every call against the very functions under test
@pytest.mark.parametrize("what", OWN_TESTS)
def test_scipys_own_tests(tmp_path, what):
    """All that SciPy tests of these functions, with ours in their place."""
    module, chosen, least = OWN_TESTS[what]
    spec = importlib.util.find_spec(f"scipy.signal.tests.{module}")
    assert spec is not None, "SciPy's wheel ships its tests"
    assert spec.origin is not None
    (tmp_path / "ours_in_place.py").write_text(PLUGIN)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n")
    left_out = [argument for name in EXPECTED for argument in ("--deselect", name)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "ours_in_place", "--tb=short"]
    command += ["-c", str(tmp_path / "pytest.ini"), "-k", chosen, *left_out, spec.origin]
    environment = {"PYTHONPATH": str(tmp_path), "PATH": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    summary = done.stdout.strip().splitlines()[-1]
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert int(summary.split(" passed")[0].split()[-1]) >= least
