"""What the kernels compute, as its definition, for tests that call them without the library around them."""

import numpy as np

# The kernels' number of each boundary, by numpy.pad's name.
BOUNDARIES = {"constant": 0, "wrap": 1, "symmetric": 2, "reflect": 3, "edge": 4}


def samples(rng, shape, dtype):
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if dtype.kind == "c" else x).astype(dtype)


def extended(x, top, left, rows, cols, boundary, fill):
    """x as the kernel sees it: rows × cols samples from position (top, left) on, at any distance outside."""
    before = max(0, -top), max(0, -left)
    after = max(0, top + rows - x.shape[0]), max(0, left + cols - x.shape[1])
    value = {"constant_values": fill} if boundary == "constant" else {}
    wide = np.pad(x, list(zip(before, after, strict=True)), boundary, **value)
    return wide[top + before[0] :, left + before[1] :][:rows, :cols]


def wider(dtype):
    """A precision in which the rounding of the definition itself does not show."""
    return np.result_type(dtype, np.float64 if dtype.char in "fF" else np.longdouble)


def definition(x, h, top, left, out_shape, boundary="constant", fill=0):
    """Every output as its sum of products; with it, the sum of the products' magnitudes."""
    P, Q = h.shape
    rows, cols = out_shape[0] + P - 1, out_shape[1] + Q - 1
    wide = extended(x, top, left, rows, cols, boundary, fill)
    if x.dtype.kind not in "iu":
        wide, h = wide.astype(wider(x.dtype)), h.astype(wider(h.dtype))
    windows = np.lib.stride_tricks.sliding_window_view(wide, (P, Q))
    with np.errstate(over="ignore"):
        return (windows * h).sum(axis=(-2, -1), dtype=wide.dtype), (abs(windows) * abs(h)).sum(axis=(-2, -1))


def folded(k, n, boundary):
    """Positions k brought into an axis of n samples, by the drawing in _boundary.pxd."""
    if boundary == "wrap":
        return k % n
    if boundary == "edge":
        return np.clip(k, 0, n - 1)
    mirror = np.r_[0:n, n - 1 : -1 : -1] if boundary == "symmetric" else np.r_[0:n, n - 2 : 0 : -1]
    return mirror[k % mirror.size]
