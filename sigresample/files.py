"""Resample a .wav or .npy file into another: block by block, through a temporary file.

A block is a whole number of periods (`down` samples in, `up` values out) and a halo of further periods on both
sides, whose values are dropped. Every kept value then sums the same products in the same order as in one call over
the whole signal, so the blocks, joined, are that call's bytes, and memory does not grow with the file.
"""

from __future__ import annotations

import importlib
import math
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, NamedTuple

import numpy as np

# Numbers read at a time: large beside the cost of a call, small beside anyone's memory.
BLOCK = 1 << 20
# A filter of more taps would take gigabytes and minutes before the first sample: a million is the largest term.
MOST_TAPS = 20 * 1_000_000 + 1
MOST_RATE = 2**31 - 1
MOST_WAV_BYTES = 2**32 - 4096

WAV_BITS = {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
WAV_FLOATS = {"FLOAT": "float32", "DOUBLE": "float64"}
WAV_FORMATS = ("WAV", "WAVEX", "RF64")

Advance = Callable[[int], object]


class FileError(Exception):
    """A file or an argument that cannot be worked with, in one line for the person who gave it."""


class Ratio(NamedTuple):
    """A reduced ratio of rates."""

    up: int
    down: int

    @classmethod
    def of(cls, up: int, down: int) -> Ratio:
        """Reduce by the greatest common divisor."""
        common = math.gcd(up, down)
        ratio = cls(up // common, down // common)
        if ratio.taps > MOST_TAPS:
            raise FileError(f"the ratio {ratio} needs a filter of {ratio.taps} taps, at most {MOST_TAPS} are allowed")
        return ratio

    @property
    def taps(self) -> int:
        """Return the length of resample_poly's default filter."""
        return 20 * max(self) + 1

    def length(self, n: int) -> int:
        """Return how many values n samples become: ceil(n * up / down)."""
        return -(-n * self.up // self.down)

    def __str__(self) -> str:
        return f"{self.up}/{self.down}"


class Block(NamedTuple):
    """Samples start:stop to read; of their values, skip:skip + keep to keep."""

    start: int
    stop: int
    skip: int
    keep: int


def blocks(n: int, ratio: Ratio, most: int) -> Iterator[Block]:
    """Cut n samples into blocks of about `most` samples, halos aside."""
    up, down = ratio
    # The filter reaches 10 * max(up, down) steps of the fine grid to each side, plus the zeros that align its centre
    # (at most `down`) and complete its last phase (below `up`): those are no terms, but zero times infinity is NaN.
    halo = -(-((10 * max(up, down) + down) // up + 2) // down)
    periods = max(most // down, halo)
    for first in range(0, n, periods * down):
        past = first + periods * down
        start = max(first - halo * down, 0)
        done = first // down * up
        end = ratio.length(n) if past >= n else past // down * up
        yield Block(start, min(past + halo * down, n), done - start // down * up, end - done)


def block_length(ratio: Ratio, width: int) -> int:
    """Return how many samples of `width` numbers to take at a time."""
    # A filter too long to be kept is designed anew for each block: let a block be worth that.
    return max(BLOCK // width, 2 * ratio.taps)


def need(module: str, what: str) -> Any:
    """Import an optional module, or say which command installs it."""
    try:
        return importlib.import_module(module)
    except (ImportError, OSError):  # OSError: soundfile without its C library
        raise FileError(f'{what} needs {module.split(".")[0]}: pip install "sigresample[demo]"') from None


def shown(path: str) -> str:
    """Return a path as it is, or escaped where it would break the line."""
    return path if path.isprintable() else repr(path)


def _first_line(error: Exception) -> str:
    """Return an error's words as one line; libsndfile's without the file's name, which the caller puts before."""
    text = str(getattr(error, "error_string", error)).strip()
    return text.splitlines()[0] if text else type(error).__name__


def check_paths(source: str, target: str, force: bool) -> str:
    """Return the suffix that both files share, or raise for what can be seen before any work."""
    suffix = os.path.splitext(source)[1].lower()
    if suffix not in (".wav", ".npy"):
        raise FileError(f"{shown(source)}: must be a .wav or a .npy file")
    if os.path.splitext(target)[1].lower() != suffix:
        raise FileError(f"{shown(target)}: must end in {suffix} as {shown(source)} does")
    if os.path.isdir(source):
        raise FileError(f"{shown(source)}: is a directory")
    if not os.path.lexists(source):
        raise FileError(f"{shown(source)}: no such file")
    if os.path.exists(source) and not os.path.isfile(source):
        raise FileError(f"{shown(source)}: is not a regular file")
    with open(source, "rb"):
        pass  # says what is wrong (permission, a dangling link) as an OSError with the path
    check_target(target, force)
    return suffix


def check_target(target: str, force: bool) -> None:
    """Raise if the file cannot or must not be written."""
    folder = os.path.dirname(os.path.realpath(target))
    if os.path.isdir(target):
        raise FileError(f"{shown(target)}: is a directory")
    if os.path.exists(target) and not os.path.isfile(target):
        raise FileError(f"{shown(target)}: is not a regular file")
    if os.path.lexists(target) and not force:
        raise FileError(f"{shown(target)}: exists; --force overwrites it")
    if not os.path.isdir(folder):
        raise FileError(f"{shown(target)}: the folder {shown(folder)} does not exist")
    if not os.access(folder, os.W_OK):
        raise FileError(f"{shown(target)}: the folder {shown(folder)} is not writable")


@contextmanager
def replacing(target: str, force: bool) -> Iterator[str]:
    """Give the name of a temporary file beside the target; it takes the target's place if all goes well."""
    real = os.path.realpath(target)  # replace what a link points to, not the link
    # Named before it exists (tempfile names it after), so that a signal at any moment finds what to remove.
    temp = os.path.join(os.path.dirname(real), f".sigresample-{secrets.token_hex(8)}.part")
    try:
        os.close(os.open(temp, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield temp
        check_target(target, force)  # once more: the work may have taken long
        if os.path.exists(real):
            os.chmod(temp, os.stat(real).st_mode & 0o777)
        os.replace(temp, real)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temp)
        if isinstance(error, OSError):
            raise FileError(f"{shown(target)}: {error.strerror or error}") from error
        raise


# ── .wav ──


class WavResult(NamedTuple):
    """What a .wav file became."""

    frames: int
    frames_out: int
    rate: int
    rate_out: int
    clipped: int
    subtype: str


def open_wav(path: str) -> Any:
    """Open a .wav file for reading, or raise for what cannot be resampled and written back as it was."""
    soundfile = need("soundfile", "reading .wav files")
    try:
        wav = soundfile.SoundFile(os.fsencode(path))
    except RuntimeError as error:
        raise FileError(f"{shown(path)}: not a readable .wav file: {_first_line(error)}") from None
    try:
        _check_wav(path, wav)
    except FileError:
        wav.close()
        raise
    return wav


def _check_wav(path: str, wav: Any) -> None:
    if wav.format not in WAV_FORMATS:
        raise FileError(f"{shown(path)}: holds {wav.format}, not WAV")
    known = (*WAV_BITS, *WAV_FLOATS)
    if wav.subtype not in known:
        raise FileError(f"{shown(path)}: sub-format {wav.subtype} is not one of {', '.join(known)}")
    if wav.samplerate < 1:
        raise FileError(f"{shown(path)}: the header's rate must be positive, got {wav.samplerate}")
    # libsndfile reads a file that was cut short as if it had been meant so; only its log tells.
    cut = re.search(r"^data : (\d+) \(should be (\d+)\)", wav.extra_info, re.MULTILINE)
    if cut and int(cut[2]) < int(cut[1]) < 2**32 - 1:  # 2**32 - 1: written to a pipe, length not known
        raise FileError(f"{shown(path)}: cut short: {cut[2]} of {cut[1]} bytes of samples are there")


def wav_ratio(path: str, rate: int, rate_out: int | None, up: int, down: int) -> tuple[Ratio, int]:
    """Return the ratio and the new rate, given either."""
    if rate_out is not None:
        return Ratio.of(rate_out, rate), rate_out
    ratio = Ratio.of(up, down)
    rate_out, rest = divmod(rate * ratio.up, ratio.down)
    if rest:
        exact = f"{rate * ratio.up / ratio.down:.10g}"
        raise FileError(f"{shown(path)}: {rate} Hz by {ratio} is {exact} Hz, and a .wav file holds whole rates only")
    return ratio, rate_out


def resample_wav(source: str, target: str, rate: int | None, up: int, down: int, force: bool, bar: Any) -> WavResult:
    """Resample a .wav file, keeping its sub-format and channels."""
    soundfile = need("soundfile", "reading .wav files")
    with open_wav(source) as wav:
        ratio, rate_out = wav_ratio(source, wav.samplerate, rate, up, down)
        if rate_out > MOST_RATE:
            raise FileError(f"{shown(target)}: the rate must be at most {MOST_RATE} Hz, got {rate_out}")
        frames_out = ratio.length(wav.frames)
        size = frames_out * wav.channels * _sample_bytes(wav.subtype)
        if size > MOST_WAV_BYTES and wav.format != "RF64":
            raise FileError(f"{shown(target)}: {size} bytes of samples are more than a .wav file holds")
        with replacing(target, force) as temp, bar(frames_out) as progress:
            try:
                form = (rate_out, wav.channels, wav.subtype, wav.endian, wav.format)
                with soundfile.SoundFile(os.fsencode(temp), "w", *form) as result:
                    clipped = _copy_wav(source, wav, result, ratio, progress.update)
            except (RuntimeError, AssertionError) as error:  # AssertionError: soundfile's word for a short write
                raise FileError(f"{shown(target)}: not written whole: {_first_line(error)}") from None
        return WavResult(wav.frames, frames_out, wav.samplerate, rate_out, clipped, wav.subtype)


def _sample_bytes(subtype: str) -> int:
    return WAV_BITS[subtype] // 8 if subtype in WAV_BITS else np.dtype(WAV_FLOATS[subtype]).itemsize


def _copy_wav(source: str, wav: Any, result: Any, ratio: Ratio, advance: Advance) -> int:
    from . import resample_poly

    bits = WAV_BITS.get(wav.subtype)
    clipped = 0
    for block in blocks(wav.frames, ratio, block_length(ratio, wav.channels)):
        wav.seek(block.start)
        count = block.stop - block.start
        x = wav.read(count, dtype="int32" if bits else WAV_FLOATS[wav.subtype], always_2d=True)
        if len(x) < count:
            raise FileError(f"{shown(source)}: cut short at frame {block.start + len(x)} of {wav.frames}")
        if bits:
            x = decoded(x, bits)
        y = resample_poly(x, *ratio)[block.skip : block.skip + block.keep]
        if bits:
            y, over = encoded(y, bits)
            clipped += over
        result.write(y)
        advance(block.keep)
    return clipped


def decoded(x: np.ndarray[Any, Any], bits: int) -> np.ndarray[Any, Any]:
    """Return samples of `bits` bits, held at the top of an int32, as whole float64 numbers.

    Single precision would move a 16-bit value by a few hundredths of a step, over a rounding edge now and then.
    """
    return (x >> (32 - bits)).astype(np.float64)


def encoded(y: np.ndarray[Any, Any], bits: int) -> tuple[np.ndarray[Any, Any], int]:
    """Round half to even and saturate to `bits` bits, at the top of an int32; return how many were clipped too."""
    low, high = -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    whole = np.rint(y)
    clipped = int(np.count_nonzero((whole < low) | (whole > high)))
    return np.clip(whole, low, high).astype(np.int32) << (32 - bits), clipped


# ── .npy ──


class NpyResult(NamedTuple):
    """What a .npy file became."""

    shape: tuple[int, ...]
    shape_out: tuple[int, ...]
    dtype: str


class Layout(NamedTuple):
    """An array in a file as C-ordered (before, n, after), the middle axis the one to resample."""

    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    before: int
    n: int
    after: int


def read_layout(path: str, axis: int) -> Layout:
    """Read the header of a .npy file."""
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except (OSError, MemoryError):
        raise
    except Exception as error:
        raise FileError(f"{shown(path)}: not a readable .npy file: {_first_line(error)}") from None
    ndim = array.ndim
    if not -ndim <= axis < ndim:
        raise FileError(f"{shown(path)}: --axis must be within an array of {ndim} axes, got {axis}")
    axis %= ndim
    fortran = bool(array.flags.f_contiguous and not array.flags.c_contiguous)
    # An array in Fortran's order is, byte for byte, its transpose in C's.
    shape, at = (array.shape[::-1], ndim - 1 - axis) if fortran else (array.shape, axis)
    before, after = math.prod(shape[:at]), math.prod(shape[at + 1 :])
    return Layout(array.offset, array.dtype, array.shape, fortran, before, shape[at], after)


def resample_npy(source: str, target: str, ratio: Ratio, axis: int, force: bool, bar: Any) -> NpyResult:
    """Resample one axis of a .npy file."""
    from . import resample_poly

    layout = read_layout(source, axis)
    try:
        dtype = resample_poly(np.zeros(1, layout.dtype), *ratio).dtype
    except TypeError:
        raise FileError(f"{shown(source)}: cannot resample data of type {layout.dtype}") from None
    shape = list(layout.shape)
    shape[axis] = ratio.length(layout.n)
    descr = np.lib.format.dtype_to_descr(dtype)
    header = {"descr": descr, "fortran_order": layout.fortran, "shape": tuple(shape)}
    with open(source, "rb") as x_file, replacing(target, force) as temp, open(temp, "wb") as y_file:
        np.lib.format.write_array_header_1_0(y_file, header)
        with bar(math.prod(shape)) as progress:
            _copy_npy(source, layout, x_file, y_file, ratio, progress.update)
    return NpyResult(layout.shape, tuple(shape), str(dtype))


def _copy_npy(path: str, layout: Layout, x_file: IO[bytes], y_file: IO[bytes], ratio: Ratio, advance: Advance) -> None:
    from . import resample_poly

    row = layout.n * layout.after
    if not row:
        return
    # Many whole rows at once, or one long row in blocks: either way the file is written from front to back.
    group = max(BLOCK // row, 1)
    most = layout.n + ratio.down if row <= BLOCK else block_length(ratio, layout.after)
    for first in range(0, layout.before, group):
        rows = min(group, layout.before - first)
        for block in blocks(layout.n, ratio, most):
            count = rows * (block.stop - block.start) * layout.after
            x_file.seek(layout.offset + (first * row + block.start * layout.after) * layout.dtype.itemsize)
            x = np.fromfile(x_file, layout.dtype, count)
            if x.size < count:
                raise FileError(f"{shown(path)}: cut short while being read")
            y = resample_poly(x.reshape(rows, -1, layout.after), *ratio, axis=1)
            y = np.ascontiguousarray(y[:, block.skip : block.skip + block.keep])
            y.tofile(y_file)
            advance(y.size)
