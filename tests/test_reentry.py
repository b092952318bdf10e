"""Calls that come in the middle of another: a signal handler's, another thread's, a forked child's."""

import os
import signal
import subprocess
import sys
import threading
import traceback
import warnings

import numpy as np
import pytest

import sigresample
from sigresample import _workspace, checking, patching
from sigresample._cache import ENTRY_BYTES, Cache
from sigresample._guard import Guard

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # Python 3.12, of forks

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
alarms = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there is no alarm")


def interrupted(work, code, handler):
    """Run work, and the handler before every instruction of the functions whose code is given; return how often."""
    times = 0

    def trace(frame, event, _):
        nonlocal times
        if frame.f_code not in code:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            sys.settrace(None)
            handler()
            times += 1
            sys.settrace(trace)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return times


HANDLERS = {
    "the same key": lambda cache: (cache.get(1), cache.__setitem__(1, np.zeros(10, np.uint8))),
    "a crowd": lambda cache: [cache.__setitem__(key, np.zeros(50, np.uint8)) for key in range(10, 20)],
    "its end": lambda cache: cache.pop(1, None),
    "clearing": lambda cache: cache.clear(),
}


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_cache_may_be_entered_again_at_any_instruction(handler):
    cache = Cache(4 * (100 + ENTRY_BYTES))

    def work():
        for key in (1, 2, 3, 1, 4, 5, 6, 1):
            assert cache.get(key) in (None, key)
            cache[key] = (key, np.zeros(100, np.uint8))[0]
            cache.pop(key - 2, None)
        list(cache)

    code = {getattr(Cache, name).__code__ for name in ("__getitem__", "__setitem__", "__delitem__", "__iter__")}
    cache_of_arrays = HANDLERS[handler]

    def enter():
        cache_of_arrays(cache)
        cache.pop(1, None)  # what work puts there is a number

    assert interrupted(work, code, enter) > 100
    assert cache.nbytes <= cache.limit
    cache[7] = np.zeros(100, np.uint8)
    assert cache.nbytes == sum(ENTRY_BYTES + getattr(cache[key], "nbytes", 0) for key in cache) <= cache.limit


def test_workspaces_may_be_lent_at_any_instruction():
    _workspace.clear()
    out = []

    def use():
        space = _workspace.Workspace.lent()
        space.empty((40_000,), np.dtype("u1"))
        out.append(space)
        assert len({each.buffer.__array_interface__["data"][0] for each in out if each.buffer.size}) == sum(
            each.buffer.size > 0 for each in out
        )
        out.remove(space)
        space.give_back()

    code = {_workspace.Workspace.lent.__code__, _workspace.Workspace.give_back.__code__}
    assert interrupted(lambda: [use() for _ in range(3)], code, use) > 50
    assert sum(kept.size for kept in _workspace._free) <= _workspace.KEPT_BYTES
    _workspace.clear()


def child_finishes(work):
    """Fork; return whether the child came to the end of work, or was given up: a machine may be busy."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(60)
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def held_elsewhere(guard, then):
    """Return what `then` returns while another thread holds the guard."""
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with guard:
            entered.set()
            leave.wait(120)

    thread = threading.Thread(target=hold)
    thread.start()
    assert entered.wait(20)
    try:
        return then()
    finally:
        leave.set()
        thread.join()


@forks
@alarms
def test_a_child_gets_a_guard_of_its_own_and_mends_what_it_guards():
    mended = []
    guard = Guard(lambda: mended.append(True))

    def enter():
        with guard, guard:
            assert mended == [True]

    assert held_elsewhere(guard, lambda: child_finishes(enter))
    assert mended == []

    def unmended():
        with guard:
            assert mended == []

    with guard:  # the forking thread's own: it goes on in the child
        assert child_finishes(unmended)


@forks
@alarms
def test_a_child_forked_in_the_middle_of_a_check_has_its_warnings():
    import scipy.signal

    hidden = checking._quiet()
    before = list(warnings.filters)

    def compare():
        assert list(warnings.filters) == before
        with sigresample.checked():
            sigresample.convolve([1.0, 2.0], [1.0])

    assert scipy.signal.convolve([1.0, 2.0], [1.0]).size == 2
    assert held_elsewhere(hidden, lambda: child_finishes(compare))
    assert list(warnings.filters) == before


@forks
@alarms
@pytest.mark.parametrize("patched", [False, True])
def test_a_child_forked_in_the_middle_of_a_patch_has_all_names_or_none(patched):
    import scipy.signal

    theirs = {name: getattr(scipy.signal, name) for name in patching.OURS}
    with sigresample.patch_scipy():  # looks all of them up
        pass

    def half():
        scipy.signal.convolve = theirs["convolve"] if patched else sigresample.convolve

        def whole():
            want = patching.OURS if patched else theirs
            assert all(getattr(scipy.signal, name) is want[name] for name in want)
            with sigresample.patch_scipy():
                assert scipy.signal.upfirdn is sigresample.upfirdn

        return child_finishes(whole)

    try:
        if patched:
            sigresample.patch_scipy()
        assert held_elsewhere(patching._changing, half)
    finally:
        scipy.signal.convolve = theirs["convolve"]
        sigresample.unpatch_scipy()


# Both run calls that use every cache and workspace, in a process of their own that a deadlock cannot hold up for long.
CALLS = """
import faulthandler, os, signal, sys, threading, time, warnings
import numpy as np
import sigresample
warnings.simplefilter("ignore")
faulthandler.dump_traceback_later(120, exit=True)
x = np.random.default_rng(0).standard_normal(20_000)
def calls():
    sigresample.resample_poly(x[:50], 3, 2)
    sigresample.resample(x[:8192], 4096)
calls()
want = sigresample.resample_poly(x[:50], 3, 2).tobytes()
"""

FORKS = """
def spin():
    while True:
        calls()
for _ in range(4):
    threading.Thread(target=spin, daemon=True).start()
sys.setswitchinterval(1e-6)
for _ in range(30):
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        calls()
        os._exit(0 if sigresample.resample_poly(x[:50], 3, 2).tobytes() == want else 3)
    if os.waitpid(child, 0)[1]:
        os._exit(1)
os._exit(0)
"""

SIGNALS = """
times = 0
def handler(*_):
    global times
    times += 1
    calls()
    assert sigresample.resample_poly(x[:50], 3, 2).tobytes() == want
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
end = time.monotonic() + 2
while time.monotonic() < end:
    sigresample.resample_poly(x[:50], 3, 2)
signal.setitimer(signal.ITIMER_REAL, 0)
sys.exit(0 if times > 100 else 4)
"""


@forks
@alarms
@pytest.mark.parametrize("what", [FORKS, SIGNALS], ids=["forks", "signals"])
def test_nothing_waits_for_a_thread_that_is_not_there(what, tmp_path):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CALLS + what],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
