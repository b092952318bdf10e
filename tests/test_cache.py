"""The caches: bounded in bytes, the least recently used gone first, emptied all at once."""

import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest

import sigresample
from sigresample import _cache, _filters, _long_fft, _plans
from sigresample._cache import ENTRY_BYTES, Cache
from sigresample._routes import _transform_tables


def test_the_least_recently_used_goes_first():
    cache = Cache(3 * (1000 + ENTRY_BYTES))
    for key in "abc":
        cache[key] = np.zeros(1000, np.uint8)
    assert list(cache) == ["a", "b", "c"]
    assert cache.get("a") is not None  # used
    cache["d"] = (np.zeros(400, np.uint8), [np.zeros(600, np.uint8)], None)
    assert list(cache) == ["c", "a", "d"]
    assert cache.nbytes == cache.limit
    cache["c"] = np.zeros(1, np.uint8)
    assert cache.nbytes == cache.limit - 999
    del cache["d"]
    assert (len(cache), cache.nbytes) == (2, 1001 + 2 * ENTRY_BYTES)
    assert cache.get("d") is None
    with pytest.raises(KeyError):
        cache["d"]
    with pytest.raises(TypeError, match="unhashable"):
        cache.get([])


def test_what_is_too_large_is_not_kept_and_replaces_nothing():
    cache = Cache(10_000, largest=2000)
    cache["small"] = np.zeros(100, np.uint8)
    cache["large"] = np.zeros(2000, np.uint8)
    assert list(cache) == ["small"]
    cache["small"] = np.zeros(2000, np.uint8)  # the old value must not stand for the new one
    assert (len(cache), cache.nbytes) == (0, 0)


def test_a_crowd_of_small_entries_is_bounded_too():
    cache = Cache(10 * ENTRY_BYTES)
    for i in range(1000):
        cache[i] = None
    assert list(cache) == list(range(990, 1000))


def test_threads_agree_on_the_bytes():
    cache = Cache(50 * (64 + ENTRY_BYTES))

    def work(seed):
        rng = np.random.default_rng(seed)
        for key in rng.integers(0, 200, 3000).tolist():
            if key % 7 == 0:
                with suppress(KeyError):
                    del cache[key]
            held = cache.get(key)
            assert held is None or held[0] == key
            cache[key] = np.full(rng.integers(1, 8), key)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert cache.nbytes == sum(cache[key].nbytes + ENTRY_BYTES for key in cache) <= cache.limit


def test_clear_cache_empties_all():
    cache = Cache(1 << 20)
    cache["x"] = np.zeros(9)
    sigresample.resample_poly(np.ones(50), 3, 2)
    sigresample.convolve(np.ones(30_000), np.ones(2000))
    sigresample.resample(np.ones(2**15), 2**14)
    held = (_filters._cache, _transform_tables._cache, _long_fft._cache)
    assert all(map(len, held))
    assert _plans.plan.cache_info().currsize or sigresample.convolve([1.0], [1.0]).size
    sigresample.clear_cache()
    assert _plans.plan.cache_info().currsize == 0
    assert all(len(each) == each.nbytes == 0 for each in (cache, *held))


def test_a_cache_that_is_gone_is_not_held():
    gc.collect()
    before = len(_cache._all)
    cache = Cache(100)
    assert len(_cache._all) == before + 1
    del cache
    gc.collect()
    assert len(_cache._all) == before


def test_a_call_after_clearing_gives_the_same():
    x = np.random.default_rng(1).standard_normal(3000)
    first = sigresample.resample_poly(x, 7, 5), sigresample.convolve(x, x[:900])
    sigresample.clear_cache()
    for got, want in zip((sigresample.resample_poly(x, 7, 5), sigresample.convolve(x, x[:900])), first, strict=True):
        np.testing.assert_array_equal(got, want)
