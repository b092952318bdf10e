"""The same convolution seen otherwise: as a sparse matrix, as SciPy's linear operator.

This module loads scipy.sparse; `sigresample.nn` loads it when one of its names is first asked for.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import LinearOperator

from . import _channel_plans, _errors, _threads
from ._channel_shapes import Sizes
from ._coerce import sized
from ._routes import borders
from .nn._arrays import numbers
from .nn._geometry import CONV, CONV_TRANSPOSE, Geometry, geometry, shape
from .nn.initial import bilinear_kernel

__all__ = ["ConvOperator", "bilinear_kernel", "convolution_matrix"]

Array = np.ndarray[Any, Any]


def convolution_matrix(
    weight: Any,
    input_shape: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Any:
    """Return the sparse matrix that a convolution multiplies its input by.

    ``A @ x.ravel()`` is ``conv2d(x, weight, None, stride, ...).ravel()``, and ``A.T @ y.ravel()`` the transposed
    convolution of y, for one to three axes alike.

    Parameters
    ----------
    weight : array_like of shape (O, C / groups, P, Q)
        The weights; (O, C / groups, P) or (O, C / groups, R, P, Q) for one or three axes.
    input_shape : tuple of int
        The shape of the input, (N, C, H, W) or (C, H, W).
    stride, padding, dilation, groups, padding_mode
        As in `conv2d`.

    Returns
    -------
    scipy.sparse.csr_array of shape (size of the output, size of the input)
        Of the dtype of `weight` (float16 becomes float32), with indices in order. Weights of zero are kept.

    Raises
    ------
    ValueError
        If shapes or numbers do not fit together, as in `conv2d`.
    TypeError
        If an argument holds what is no integer.

    See Also
    --------
    ConvOperator : The same without a matrix: faster, and with no memory of its own.
    scipy.linalg.convolution_matrix : The matrix of a 1-D convolution of one channel, dense.

    Examples
    --------
    >>> from sigresample.nn import convolution_matrix
    >>> convolution_matrix([[[1, 2, 3]]], (1, 5), stride=2).toarray()
    array([[1, 2, 3, 0, 0],
           [0, 0, 1, 2, 3]])
    """
    name = "convolution_matrix"
    w = numbers(name, weight, "weight")
    of = _seen(name, input_shape, w, stride, padding, dilation, groups, padding_mode)
    w = w.astype(np.float32 if w.dtype.char == "e" else w.dtype.newbyteorder("="))
    sides = math.prod(of.y[-of.rank - 1 :]), math.prod(of.x[-of.rank - 1 :])
    items, entries = math.prod(of.batch), sides[0] * math.prod(w.shape[1:])
    sized(name, (items, entries), w.dtype.itemsize)
    index = np.int32 if max(items, 1) * max(entries, *sides) < 2**31 else np.int64
    made = csr_array(_entries(of, w, _under(of, padding_mode).astype(index)), shape=sides)
    made.sum_duplicates()  # a sample that stands for others outside has several taps; and puts them in order
    return _repeated(made, items) if of.batch else made


def _entries(of: Geometry, w: Array, under: Array) -> tuple[Array, Array, Array]:
    """Return the weights of one item's matrix row by row, their columns, and where the rows begin."""
    positions, taps = under.shape
    channels, outputs = w.shape[1], w.shape[0] // of.groups
    whole = (of.groups, outputs, positions, channels, taps)
    there = under >= 0
    kept = np.broadcast_to(there[:, None, :], whole)
    starts = np.arange(of.groups * channels, dtype=under.dtype) * under.dtype.type(math.prod(of.data))
    columns = starts.reshape(of.groups, 1, 1, channels, 1) + under[:, None, :]
    weights = w.reshape(of.groups, outputs, 1, channels, taps)
    rows = np.zeros(w.shape[0] * positions + 1, under.dtype)
    np.cumsum(np.tile(there.sum(axis=1) * channels, w.shape[0]), out=rows[1:])
    return np.broadcast_to(weights, whole)[kept], np.broadcast_to(columns, whole)[kept], rows


def _repeated(made: Any, items: int) -> Any:
    """Return the matrix of so many items, each by itself: one block for each."""
    (height, width), index = made.shape, made.indices.dtype
    steps = np.arange(items, dtype=index)[:, None]
    columns = made.indices + steps * index.type(width)
    rows = np.append([0], made.indptr[1:] + steps * index.type(made.nnz)).astype(index)
    whole = (np.tile(made.data, items), columns.ravel(), rows)
    return csr_array(whole, shape=(items * height, items * width))


class ConvOperator(LinearOperator):  # type: ignore[misc]  # SciPy has no types
    """A convolution as a linear operator of SciPy's.

    Its products are those of `conv2d`, or along one or three axes its like, its adjoint's those of `conv_transpose2d`.
    So `scipy.sparse.linalg.lsqr` and its like undo a convolution, which a transposed convolution does not.

    Parameters
    ----------
    weight : array_like of shape (O, C / groups, P, Q)
        The weights, which are copied; (O, C / groups, P) or (O, C / groups, R, P, Q) for one or three axes.
    input_shape : tuple of int
        The shape of the input, (N, C, H, W) or (C, H, W).
    stride, padding, dilation, groups, padding_mode
        As in `conv2d`.
    workers : int, optional
        As in `conv2d`.

    Attributes
    ----------
    shape : (int, int)
        Sizes of the output and of the input.
    input_shape, output_shape : tuple of int
        What vectors are reshaped to.
    dtype : dtype
        Of the weights.

    Raises
    ------
    ValueError
        If shapes or numbers do not fit together, as in `conv2d`.
    TypeError
        If an argument holds what is no integer.

    See Also
    --------
    convolution_matrix : The same as a sparse matrix.
    scipy.sparse.linalg.lsqr : Least squares with such an operator.

    Notes
    -----
    ``op @ x`` takes x as a vector or as columns of a matrix, which are one batch. ``op.H`` is the adjoint: weights that
    are complex are conjugated.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse.linalg import lsqr
    >>> from sigresample.nn import ConvOperator
    >>> blur = ConvOperator([[[1.0, 2.0, 1.0]]], (1, 4), padding=1)
    >>> blur @ np.array([0.0, 1.0, 0.0, 0.0])
    array([1., 2., 1., 0.])
    >>> lsqr(blur, [1.0, 2.0, 1.0, 0.0])[0].round(6) + 0
    array([0., 1., 0., 0.])
    """

    def __init__(
        self,
        weight: Any,
        input_shape: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        padding_mode: str = "zeros",
        *,
        workers: int | None = None,
    ) -> None:
        w = np.array(numbers("ConvOperator", weight, "weight"))
        of = _seen("ConvOperator", input_shape, w, stride, padding, dilation, groups, padding_mode)
        _threads.count("ConvOperator", workers, 0)  # refused here, not by the first product
        super().__init__(w.dtype, (math.prod(of.y), math.prod(of.x)))
        self.input_shape, self.output_shape = of.x, of.y
        self._w, self._workers, self._rank, self._groups = w, workers, of.rank, of.groups
        self._stride, self._padding, self._dilation, self._mode = stride, padding, dilation, padding_mode

    def _matmat(self, columns: Array) -> Array:
        x = self._items(columns, self.input_shape)
        y = CONV[self._rank](
            x, self._w, None, self._stride, self._padding, self._dilation, self._groups,
            padding_mode=self._mode, workers=self._workers,
        )  # fmt: skip
        return y.reshape(columns.shape[1], self.shape[0]).T

    def _rmatmat(self, columns: Array) -> Array:
        y = self._items(columns, self.output_shape)
        x = CONV_TRANSPOSE[self._rank](
            y, self._w.conj(), None, self._stride, self._padding, 0, self._groups, self._dilation,
            output_size=self.input_shape[-self._rank :], padding_mode=self._mode, workers=self._workers,
        )  # fmt: skip
        return x.reshape(columns.shape[1], self.shape[1]).T

    def _matvec(self, x: Array) -> Array:
        return self._matmat(x.reshape(-1, 1)).reshape(-1)

    def _rmatvec(self, x: Array) -> Array:
        return self._rmatmat(x.reshape(-1, 1)).reshape(-1)

    def _items(self, columns: Array, shape: Sizes) -> Array:
        """Return the columns of a matrix as one batch of inputs or outputs."""
        one = shape[-self._rank - 1 :]
        items = columns.shape[1] * math.prod(shape[: -self._rank - 1])
        return columns.T.reshape(items, *one)


def _seen(
    name: str, input_shape: Any, w: Array, stride: Any, padding: Any, dilation: Any, groups: Any, padding_mode: Any
) -> Geometry:
    """Return the shapes of a convolution along as many axes as the weights have."""
    rank = w.ndim - 2
    if rank not in CONV:
        raise ValueError(_errors.OPERATOR_RANK.format(name=name, got=w.shape))
    x = shape(name, "input_shape", input_shape)
    return geometry(name, rank, x, w.shape, stride, padding, dilation, groups, padding_mode)


def _under(of: Geometry, mode: str) -> Array:
    """Return which sample of a channel lies under each tap of each output, (outputs, taps), or -1 for none."""
    under, there = np.zeros((1, 1), np.int64), np.ones((1, 1), bool)
    for axis in of.axes:
        at = axis.first + np.arange(axis.out)[:, None] * axis.stride + np.arange(axis.taps) * axis.dilation
        if mode == "zeros":
            along = np.where((at >= 0) & (at < axis.data), at, -1)
        else:
            along = borders.fold(at, axis.data, _channel_plans.BORDERS[mode])
        pair = (len(under) * axis.out, under.shape[1] * axis.taps)
        under = (under[:, None, :, None] * axis.data + along[:, None, :]).reshape(pair)
        there = (there[:, None, :, None] & (along >= 0)[:, None, :]).reshape(pair)
    return np.where(there, under, -1)
