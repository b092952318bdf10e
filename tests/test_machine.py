"""Forks, several Python threads at once, and the limits of others, through the public functions."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import assert_same_bytes, run_python

import sigresample as sr

fork = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")

START = """
import multiprocessing, os, threading
import numpy as np
import sigresample as sr

rng = np.random.default_rng(1)
x, h = rng.standard_normal((700, 600)).astype(np.float32), rng.standard_normal((5, 5)).astype(np.float32)
z, taps = rng.standard_normal(200_000), rng.standard_normal(161)

def call(workers):
    image = sr.convolve2d(x, h, mode="same", workers=workers)
    return image.tobytes(), sr.upfirdn(taps, z, 3, 2, workers=workers).tobytes()

want = call(2)

def child():
    assert call(4) == want
    assert call(None) == want
    assert call(-1) == want
"""


@fork
def test_forked_children_finish_after_a_parallel_call(tmp_path: Path) -> None:
    code = (
        START
        + """
for _ in range(4):
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(30)
    assert process.exitcode == 0, process.exitcode
    assert call(2) == want  # the parent still runs on two
"""
    )
    run = run_python(code, cwd=tmp_path, timeout=150)
    assert run.returncode == 0, run.stderr


@fork
def test_children_forked_while_other_threads_compute_finish(tmp_path: Path) -> None:
    code = (
        START
        + """
stop = threading.Event()

def busy():
    while not stop.is_set():
        call(2)

threads = [threading.Thread(target=busy) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(8):
    pid = os.fork()
    if pid == 0:
        child()
        grandchild = os.fork()
        if grandchild == 0:
            child()
            os._exit(0)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
stop.set()
for thread in threads:
    thread.join()
"""
    )
    run = run_python(code, cwd=tmp_path, timeout=150)
    assert run.returncode == 0, run.stderr


@fork
def test_a_forked_child_keeps_to_one_thread_and_says_so(tmp_path: Path) -> None:
    code = (
        START
        + """
if os.fork() == 0:
    from sigresample import _threads
    assert _threads.count("f", 4, 10**9) == _threads.count("f", None, 10**9) == _threads.count("f", -1, 0) == 1
    assert "fork" in sr.show_config("dict")["threads"]["forked"]
    os._exit(0)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
assert "forked" not in sr.show_config("dict")["threads"]
"""
    )
    run = run_python(code, cwd=tmp_path)
    assert run.returncode == 0, run.stderr


CALLS: dict[str, Any] = {
    "convolve": lambda x, w: sr.convolve(x[0], x[1, :40], workers=w),
    "convolve2d": lambda x, w: sr.convolve2d(x, x[:5, :5], mode="same", boundary="symm", workers=w),
    "correlate2d by FFT": lambda x, w: sr.correlate2d(x, x[:40, :40], method="fft", workers=w),
    "upfirdn": lambda x, w: sr.upfirdn(x[0, :61], x, 3, 2, workers=w),
    "resample_poly": lambda x, w: sr.resample_poly(x, 160, 147, axis=1, workers=w),
}


@pytest.mark.parametrize("name", CALLS)
def test_four_python_threads_at_once_give_the_bytes_of_one(name: str) -> None:
    rng = np.random.default_rng(7)
    inputs = [rng.standard_normal((90, 400)) for _ in range(8)]
    want = [CALLS[name](x, 1) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        for workers in (1, 2, None):
            got = list(pool.map(CALLS[name], inputs, [workers] * len(inputs)))
            for y, z in zip(got, want, strict=True):
                assert_same_bytes(y, z)


@pytest.mark.parametrize("name", CALLS)
def test_any_number_of_workers_gives_the_bytes_of_one(name: str) -> None:
    x = np.random.default_rng(8).standard_normal((90, 400)).astype(np.float32)
    for workers in (2, 7, 2**40, None, -1):
        assert_same_bytes(CALLS[name](x, workers), CALLS[name](x, 1))


@pytest.mark.parametrize(
    ("workers", "error", "text"),
    [
        (0, ValueError, "workers must not be 0"),
        (True, TypeError, "workers must be an integer or None, got True"),
        (1.0, TypeError, "workers must be an integer or None, got 1.0"),
        (-(10**6), ValueError, r"workers must be at least -\d+ here, got -1000000"),
    ],
)
@pytest.mark.parametrize("name", ["convolve", "correlate", "convolve2d", "correlate2d", "upfirdn", "resample_poly"])
def test_bad_workers_are_named_by_every_function(name: str, workers: Any, error: Any, text: str) -> None:
    args = {"upfirdn": ([1.0], [1.0, 2.0]), "resample_poly": ([1.0, 2.0], 3, 2)}.get(name, ([[1.0]], [[2.0]]))
    with pytest.raises(error, match=f"^{name}: {text}"):
        getattr(sr, name)(*args, workers=workers)


def test_omp_num_threads_is_obeyed_by_a_call(tmp_path: Path) -> None:
    code = START + "print(sr.explain(sr.convolve2d, x, h).workers, sr.explain(sr.upfirdn, taps, z, 3, 2).workers)"
    assert run_python(code, cwd=tmp_path, OMP_NUM_THREADS="1").stdout.split() == ["1", "1"]
