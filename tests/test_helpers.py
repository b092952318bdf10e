"""The helpers raise: a comparison that cannot fail proves nothing."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma, variants


@pytest.mark.parametrize(
    ("got", "want", "bound"),
    [
        ([1.0, 2.0], [1.0, 2.1], 0.05),
        ([1.0, 2.0], [1.0], 1.0),
        ([1.0, np.nan], [1.0, 2.0], 1e9),
        ([1.0, np.inf], [1.0, -np.inf], 1e9),
        ([1.0, 2.0], [1.0, 2.5], [0.0, np.nan]),
    ],
)
def test_assert_close_raises(got: list[float], want: list[float], bound: float) -> None:
    with pytest.raises(AssertionError):
        assert_close(got, want, np.asarray(bound))


def test_assert_close_names_the_first_difference() -> None:
    with pytest.raises(AssertionError, match=r"at \(1, 0\): .*0\.0.*, wanted .*1\.0.* 2 differ"):
        assert_close(np.zeros((2, 2)), np.array([[0.0, 0.0], [1.0, 1.0]]), 0.5)


def test_assert_close_passes_within_the_bound() -> None:
    assert_close([1.0, np.nan, np.inf], [1.05, np.nan, np.inf], 0.06)


def test_assert_same_bytes_raises_on_a_last_bit_and_on_a_sign() -> None:
    one = np.array([1.0, 0.0])
    assert_same_bytes(one, one.copy())
    for other in (np.nextafter(one, 2), np.array([1.0, -0.0]), one.astype(np.float32)):
        with pytest.raises(AssertionError):
            assert_same_bytes(one, other)


def test_gamma_refuses_to_promise_nothing() -> None:
    assert gamma(1, np.float64) == pytest.approx(2.0**-53)
    with pytest.raises(AssertionError):
        gamma(2**24, np.float32)


def test_variants_hold_the_same_values_in_other_memory() -> None:
    x = np.arange(6.0).reshape(2, 3)
    seen = dict(variants(x))
    for form in seen.values():
        np.testing.assert_array_equal(form, x)
    assert not seen["read-only"].flags.writeable
    assert not seen["unaligned"].flags.aligned
    assert seen["reversed"].strides[0] < 0
    assert seen["record field"].strides[-1] == 9
