"""A convolution as a matrix, as a linear operator, and as bilinear upsampling."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from helpers import assert_close, assert_same_bytes, gamma, run_python
from layer_cases import Case, cases
from scipy.sparse.linalg import aslinearoperator, lsqr

from sigresample import nn
from sigresample.nn import ConvOperator, bilinear_kernel, convolution_matrix

SOME = cases(1, 240)


def conv(case: Case) -> Any:
    return getattr(nn, f"conv{case.rank}d")


def transposed(case: Case) -> Any:
    return getattr(nn, f"conv_transpose{case.rank}d")


# ── the matrix ─────────────────────────────────────────────────────────────────────────────────


def test_a_product_with_the_matrix_is_the_convolution() -> None:
    rng = np.random.default_rng(2)
    for case in SOME:
        x, w = case.integers(rng, case.x), case.integers(rng, case.w)
        matrix = convolution_matrix(w, case.x, **case.how)
        np.testing.assert_array_equal(matrix @ x.ravel(), conv(case)(x, w, **case.how).ravel(), str(case))


def test_a_product_with_its_transpose_is_the_transposed_convolution() -> None:
    rng = np.random.default_rng(3)
    for case in SOME:
        y, w = case.integers(rng, case.y), case.integers(rng, case.w)
        want = transposed(case)(y, w, output_size=case.x[-case.rank :], **case.how)
        got = convolution_matrix(w, case.x, **case.how).T @ y.ravel()
        np.testing.assert_array_equal(got, want.ravel(), str(case))


def test_the_matrix_is_sparse_in_canonical_form() -> None:
    rng = np.random.default_rng(4)
    for case in SOME[:60]:
        w = case.integers(rng, case.w)
        matrix = convolution_matrix(w, case.x, **case.how)
        assert isinstance(matrix, scipy.sparse.csr_array)
        assert matrix.shape == (np.prod(case.y, dtype=int), np.prod(case.x, dtype=int))
        assert matrix.dtype == w.dtype and matrix.indices.dtype == np.int32
        assert matrix.has_canonical_format
        anew = scipy.sparse.csr_array((matrix.data, matrix.indices, matrix.indptr), matrix.shape)
        anew.check_format()
        assert anew.has_canonical_format, case  # asked of a matrix that cannot remember having been told so


def test_taps_of_zero_are_kept_and_padding_is_left_out() -> None:
    w = np.array([[[0.0, 1.0, 0.0]]])
    assert convolution_matrix(w, (1, 5), padding=1).nnz == 3 * 5 - 2
    assert convolution_matrix(w, (1, 5), padding=1, padding_mode="circular").nnz == 3 * 5
    assert convolution_matrix(w, (1, 5), padding=1, padding_mode="replicate").nnz == 3 * 5 - 2


@pytest.mark.parametrize("letter", "bBhHiIlLqQefdFD")
def test_the_matrix_is_of_the_type_of_the_weights(letter: str) -> None:
    w = np.array([[[1, 2]]]).astype(np.dtype(letter).newbyteorder(">"))
    matrix = convolution_matrix(w, (1, 3))
    assert matrix.dtype == (np.float32 if letter == "e" else np.dtype(letter))
    np.testing.assert_array_equal(matrix.toarray(), [[1, 2, 0], [0, 1, 2]])


# ── the operator ───────────────────────────────────────────────────────────────────────────────


def test_the_operator_is_the_matrix() -> None:
    rng = np.random.default_rng(5)
    for case in SOME[::2]:
        w = case.integers(rng, case.w)
        matrix, operator = convolution_matrix(w, case.x, **case.how), ConvOperator(w, case.x, **case.how)
        assert operator.shape == matrix.shape and operator.dtype == matrix.dtype
        assert (operator.input_shape, operator.output_shape) == (case.x, case.y)
        if 0 in case.x:
            continue  # SciPy's operators have no vectors without elements
        x, y = (rng.integers(-9, 10, (n, 3)) for n in operator.shape[::-1])
        np.testing.assert_array_equal(operator @ x, matrix @ x, str(case))
        np.testing.assert_array_equal(operator @ x[:, 0], matrix @ x[:, 0], str(case))
        np.testing.assert_array_equal(operator.rmatmat(y), matrix.T @ y, str(case))
        np.testing.assert_array_equal(operator.T @ y[:, :1], matrix.T @ y[:, :1], str(case))


def test_the_adjoint_of_complex_weights_conjugates() -> None:
    rng = np.random.default_rng(6)
    w = rng.integers(-9, 10, (4, 2, 3, 2)) + 1j * rng.integers(-9, 10, (4, 2, 3, 2))
    how: dict[str, Any] = {"stride": (2, 1), "padding": 1, "groups": 2, "padding_mode": "reflect"}
    operator, matrix = ConvOperator(w, (4, 5, 6), **how), convolution_matrix(w, (4, 5, 6), **how)
    x, y = (rng.integers(-9, 10, n) + 1j * rng.integers(-9, 10, n) for n in operator.shape[::-1])
    # All are whole numbers, far below 2**53: exact in float64.
    assert np.vdot(operator @ x, y) == np.vdot(x, operator.rmatvec(y))
    np.testing.assert_array_equal(operator.H @ y, matrix.conj().T @ y)
    np.testing.assert_array_equal(operator.T @ y, matrix.T @ y)


def test_the_operator_keeps_its_own_weights() -> None:
    w = np.ones((1, 1, 2))
    operator = ConvOperator(w, (1, 3))
    w[...] = 0
    np.testing.assert_array_equal(operator @ np.ones(3), [2, 2])


def test_vectors_of_a_batch_are_convolved_alike() -> None:
    rng = np.random.default_rng(7)
    w, x = rng.random((3, 2, 3, 3), np.float32), rng.random((4, 2, 6, 5), np.float32)
    operator = ConvOperator(w, x.shape, padding=1)
    want = nn.conv2d(x, w, padding=1)
    assert_same_bytes((operator @ x.ravel()).reshape(want.shape), want)
    one = ConvOperator(w, x.shape[1:], padding=1, workers=2)
    assert_same_bytes((one @ x.reshape(4, -1).T).T.reshape(want.shape).copy(), want)
    assert_same_bytes(pickle.loads(pickle.dumps(one)) @ x[0].ravel(), want[0].ravel())


def test_lsqr_undoes_a_convolution_where_a_transposed_one_does_not() -> None:
    rng = np.random.default_rng(8)
    image = rng.random((1, 12, 11))
    w = np.array([[[[0.0, 0.1, 0.0], [0.1, 0.6, 0.1], [0.0, 0.1, 0.0]]]])  # its eigenvalues lie in (0.2, 1)
    blur = ConvOperator(w, image.shape, padding=1)
    blurred = blur @ image.ravel()
    found = lsqr(blur, blurred, atol=1e-14, btol=1e-14)[0]
    residual = np.linalg.norm(blur @ found - blurred)
    # The smallest singular value of the matrix is what a residual can be divided by.
    least = np.linalg.svd(convolution_matrix(w, image.shape, padding=1).toarray(), compute_uv=False)[-1]
    assert least > 0.2 and residual < 1e-12 * np.linalg.norm(blurred)
    assert np.linalg.norm(found - image.ravel()) <= (residual + 1e-14 * np.linalg.norm(blurred)) / least
    assert np.linalg.norm(blur.rmatvec(blurred) - image.ravel()) > 0.1 * np.linalg.norm(image)


def test_scipys_own_wrapping_of_the_matrix_agrees() -> None:
    """Through a solver, float rounding apart: the operator and the matrix make the same steps."""
    rng = np.random.default_rng(9)
    w = rng.standard_normal((3, 2, 3))
    how: dict[str, Any] = {"stride": 2, "padding": 1, "padding_mode": "circular"}
    operator, wrapped = ConvOperator(w, (2, 8), **how), aslinearoperator(convolution_matrix(w, (2, 8), **how))
    x = rng.standard_normal(16)
    scale = convolution_matrix(abs(w), (2, 8), **how) @ abs(x)
    assert_close(operator @ x, wrapped @ x, 2 * gamma(6, float) * scale)


BAD: list[tuple[Any, Any, dict[str, Any], type[Exception], str]] = [
    ((3,), (1, 5), {}, ValueError, "weight must have 3, 4 or 5 dimensions, got shape"),
    ((1,) * 6, (1, 5), {}, ValueError, "weight must have 3, 4 or 5 dimensions, got shape"),
    ((1, 1, 3), (5,), {}, ValueError, "input must have 3 dimensions, or 2 without a batch, got shape"),
    ((1, 1, 3), 5, {}, TypeError, "input_shape must be a tuple of integers, got 5"),
    ((1, 1, 3), (), {}, TypeError, "input_shape must be a tuple of integers"),
    ((1, 1, 3), (1, 5.0), {}, TypeError, "input_shape must be a tuple of integers"),
    ((1, 1, 3), (1, -5), {}, ValueError, "input_shape must not be negative"),
    ((1, 1, 3), (1, 0), {}, ValueError, "input must have elements along each axis"),
    ((1, 1, 0), (1, 5), {}, ValueError, "weight must have elements along each axis"),
    ((1, 1, 3), (2, 5), {}, ValueError, "input must have 1 channels for weight of shape"),
    ((2, 1, 3), (3, 5), {"groups": 3}, ValueError, "weight's first axis must be divisible by groups"),
    ((1, 1, 3), (1, 5), {"groups": 0}, ValueError, "groups must be positive, got 0"),
    ((1, 1, 3), (1, 5), {"stride": 0}, ValueError, "stride must be positive, got 0"),
    ((1, 1, 3), (1, 5), {"dilation": 2**55}, ValueError, "the kernel must fit into the padded input"),
    ((1, 1, 3), (1, 5), {"padding": -1}, ValueError, "padding must not be negative, got -1"),
    (
        (1, 1, 3),
        (1, 5),
        {"padding": 5, "padding_mode": "reflect"},
        ValueError,
        "padding must be smaller than the input",
    ),
    ((1, 1, 3), (1, 5), {"padding": 6, "padding_mode": "circular"}, ValueError, "padding must be at most the input"),
    ((1, 1, 3), (1, 5), {"padding_mode": "bad"}, ValueError, "padding_mode must be one of"),
]


@pytest.mark.parametrize("w, x, how, error, text", BAD, ids=[f"{w} {x} {how}" for w, x, how, _, _ in BAD])
@pytest.mark.parametrize("make", [convolution_matrix, ConvOperator])
def test_what_is_refused(make: Any, w: Any, x: Any, how: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"{make.__name__}: {text}"):
        make(np.zeros(w), x, **how)


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="convolution_matrix: the result must fit into memory, got shape"):
        convolution_matrix(np.zeros((1, 1, 3)), (1, 2**61))
    with pytest.raises((ValueError, MemoryError)):
        convolution_matrix(np.zeros((1, 1, 3)), (1, 2**50))
    for make in (convolution_matrix, ConvOperator):
        with pytest.raises(TypeError, match=f"{make.__name__}: weight must hold numbers, got <U1"):
            make(np.full((1, 1, 3), "a"), (1, 5))
    operator = ConvOperator(np.zeros((1, 1, 3)), (1, 5))
    with pytest.raises(ValueError, match="dimension mismatch"):
        operator @ np.zeros(4)


# ── bilinear upsampling ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 5, 8, 9, 16])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_bilinear_kernel_upsamples(factor: int, dtype: Any) -> None:
    """On samples of a plane the result is that plane, half-pixel, away from the border; everywhere it is torch's."""
    w = bilinear_kernel(2, factor, dtype=dtype)
    assert w.shape == (2, 1, 2 * factor - factor % 2, 2 * factor - factor % 2) and w.dtype == dtype
    x = np.random.default_rng(1).random((1, 2, 6, 7)).astype(dtype)
    how: dict[str, Any] = {"stride": factor, "padding": factor // 2, "groups": 2}
    rows, columns = np.mgrid[:6, :7]
    plane = (3 * rows + 5 * columns).astype(dtype)[None]
    up = nn.conv_transpose2d(plane, w[:1], **{**how, "groups": 1})[0]
    at = np.mgrid[: 6 * factor, : 7 * factor]
    rows, columns = (at + 0.5) / factor - 0.5
    inside = (slice(factor // 2, 6 * factor - factor // 2), slice(factor // 2, 7 * factor - factor // 2))
    # Weights and their products are rounded, then at most four products are added.
    bound = gamma(8, dtype) * (3 * 6 + 5 * 7)
    assert_close(up[inside], (3 * rows + 5 * columns)[inside], bound)
    torch = pytest.importorskip("torch")
    want = torch.nn.functional.interpolate(torch.tensor(x), scale_factor=factor, mode="bilinear").numpy()
    got = nn.conv_transpose2d(x, w, **how)
    assert got.shape == want.shape
    assert_close(got[(..., *inside)], want[(..., *inside)], 2 * gamma(16, dtype))


def test_bilinear_weights_of_every_output_add_up_to_one() -> None:
    for factor in range(1, 12):
        w = bilinear_kernel(1, factor, dtype=np.float64)[0, 0]
        for i in range(factor):
            for j in range(factor):
                assert abs(w[i::factor, j::factor].sum() - 1) <= gamma(8, np.float64)
        assert_same_bytes(w, w.T.copy())
        assert_same_bytes(w, w[::-1, ::-1].copy())


def test_bilinear_weights_are_a_layers() -> None:
    layer = nn.ConvTranspose2d(21, 21, 16, stride=8, padding=4, groups=21, bias=False, rng=0)
    layer.weight = bilinear_kernel(21, 8)
    x = np.ones((21, 5, 6), np.float32)
    np.testing.assert_array_equal(layer(x)[:, 4:-4, 4:-4], 1)
    assert layer.output_shape(x.shape) == (21, 40, 48)
    own = bilinear_kernel(2, 2)
    own[0] = 0  # each channel has weights of its own
    assert own[1].any() and own.flags.writeable
    assert bilinear_kernel(0, 2).shape == (0, 1, 4, 4)
    assert bilinear_kernel(1, 2, dtype=complex).dtype == complex


@pytest.mark.parametrize(
    "args, error, text",
    [
        ((1, 0), ValueError, "factor must be positive, got 0"),
        ((1, -2), ValueError, "factor must be positive, got -2"),
        ((-1, 2), ValueError, "channels must not be negative, got -1"),
        ((1, 2.0), TypeError, "factor must be an integer"),
        ((1, (2, 2)), TypeError, r"factor must be an integer, got \(2, 2\)"),
        ((2.0, 2), TypeError, "channels must be an integer, got 2.0"),
        ((1, "2"), TypeError, "factor must be an integer, got '2'"),
        ((1, 2**55), ValueError, "the result must fit into memory"),
        ((2**55, 2**20), ValueError, "the result must fit into memory"),
        ((1, 2**70), ValueError, "factor must be at most"),
    ],
)
def test_bilinear_kernels_that_are_refused(args: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"bilinear_kernel: {text}"):
        bilinear_kernel(*args)
    with pytest.raises(TypeError, match="bilinear_kernel: dtype must be a float or complex type, got int64"):
        bilinear_kernel(1, 2, dtype=np.int64)


@pytest.mark.parametrize("made", [ConvOperator, convolution_matrix])
def test_arguments_of_another_kind_are_named(made: Any) -> None:
    w = np.ones((1, 1, 3, 3))
    for shape, got in ((3, "3"), (3.5, "3.5"), ("ab", "'ab'"), ((1, 4.0, 4), "4.0"), ((1, (4,), 4), r"\(4,\)")):
        with pytest.raises(TypeError, match=f"{made.__name__}: input_shape must be a tuple of integers, got {got}"):
            made(w, shape)
    with pytest.raises(TypeError, match=rf"{made.__name__}: groups must be an integer, got \(1,\)"):
        made(w, (1, 4, 4), groups=(1,))
    with pytest.raises(TypeError, match=f"{made.__name__}: weight must hold numbers, got object"):
        made(None, (1, 4, 4))
    with pytest.raises(ValueError, match=f"{made.__name__}: weight must be an array of numbers, got list"):
        made([[1], [2, 3]], (1, 4, 4))


@pytest.mark.parametrize(
    "workers, error", [(0, ValueError), ("a", TypeError), (True, TypeError), (-(10**6), ValueError)]
)
def test_workers_are_refused_by_the_constructor(workers: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="ConvOperator: workers must"):
        ConvOperator(np.ones((1, 1, 3, 3)), (1, 4, 4), workers=workers)


@pytest.mark.parametrize("dtype", ["i1", "u2", "i4", "u8", "?"])
def test_integer_weights_and_vectors_of_fractions(dtype: str) -> None:
    rng = np.random.default_rng(0)
    w = rng.integers(-9, 9, (3, 2, 2, 3)).astype(dtype)
    op, x, y = ConvOperator(w, (2, 5, 6), 2, 1), rng.standard_normal(60), rng.standard_normal(27)
    exact = ConvOperator(w.astype("f8"), (2, 5, 6), 2, 1)
    assert_same_bytes(op @ x, exact @ x)
    assert_same_bytes(op.T @ y, exact.T @ y)


# ── how they are found ─────────────────────────────────────────────────────────────────────────


@pytest.mark.uncheckable  # a check loads SciPy
def test_scipys_sparse_modules_are_loaded_when_needed(tmp_path: Path) -> None:
    code = (
        "import sys; import sigresample, sigresample.nn as nn;"
        "assert 'ConvOperator' in dir(nn) and 'convolution_matrix' in dir(nn);"
        "assert not [m for m in sys.modules if m.startswith('scipy')], sorted(sys.modules);"
        "nn.convolution_matrix([[[1, 2]]], (1, 3)); assert 'scipy.sparse' in sys.modules;"
        "from sigresample.operators import ConvOperator, bilinear_kernel, convolution_matrix;"
        "assert (ConvOperator, convolution_matrix) == (nn.ConvOperator, nn.convolution_matrix);"
        "assert bilinear_kernel is nn.bilinear_kernel"
    )
    run = run_python(code, cwd=tmp_path)
    assert run.returncode == 0, run.stderr


def test_there_is_nothing_else_in_nn() -> None:
    with pytest.raises(AttributeError, match=r"module 'sigresample.nn' has no attribute 'relu'"):
        nn.relu  # noqa: B018
    assert all(hasattr(nn, name) for name in nn.__all__)
