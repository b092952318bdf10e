"""The command line: `sigresample demo`, `info`, `resample` and `run`; `python -m sigresample` is the same.

Nothing slow is imported before a command is chosen, and a command imports what it alone needs. Whatever a person
can get wrong (a file, an argument, a missing package) is one line on stderr and exit status 2.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, Self

from .files import FileError, need

EXAMPLES = """\
examples:
  sigresample demo                                   time and check the main calls on an ECG and a photograph
  sigresample resample in.wav out.wav --rate 48000   convert a recording to 48 kHz
  sigresample resample x.npy y.npy --up 3 --down 2   resample axis 0 of an array by 3/2
  sigresample run analysis.py --fast                 run a program with these functions in scipy.signal's place
  sigresample info                                   say what was built and what this machine runs
"""

RESAMPLE = """\
Resample IN by scipy.signal.resample_poly's default filter (Kaiser window, beta 5, zeros beyond the ends).

A .wav file (8, 16, 24, 32-bit integers, 32 or 64-bit floats, any number of channels) keeps its sub-format; integers
are computed in double precision, rounded half to even and saturated. A .npy file becomes what resample_poly returns
for its array. Files of any length are worked through in blocks. OUT has ceil(n * up / down) samples.
"""

# Seconds of work after which a bar appears unasked.
BAR_DELAY = 0.5


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, " ".join(f"{self.prog}: {message}".splitlines()) + "\n")


class _Version(argparse.Action):
    """Print the version; looked up only when asked, for it takes longer than the rest of the start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from importlib.metadata import version

        print(f"sigresample {version('sigresample')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: a name this terminal lacks is no failure
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        status = command(arguments)
        print(end="", flush=True)  # a reader that has left shows here; nothing where stdout is closed
        return status
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except BrokenPipeError:
        # The reader has left (`| head`): Python's own flush at exit would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError as error:
        return _fail(f"not enough memory ({error})" if str(error) else "not enough memory")
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        return _fail(f"{name}{error.strerror or error}")
    except FileError as error:
        return _fail(str(error))


def _fail(message: str, status: int = 2) -> int:
    print(f"sigresample: {message}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sigresample",
        description="Convolution, correlation and resampling for NumPy arrays.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = commands.add_parser("demo", help="run the main calls on real data beside SciPy's", allow_abbrev=False)
    demo.add_argument("--out", metavar="PNG", default="demo.png", help="the picture to write (default: ./demo.png)")
    demo.add_argument("--repeat", metavar="N", type=_count, default=5, help="timings of each call, the best counts")
    demo.set_defaults(command=_demo)

    info = commands.add_parser("info", help="print build and machine", allow_abbrev=False)
    info.set_defaults(command=_info)

    resample = commands.add_parser(
        "resample",
        help="resample a .wav or .npy file",
        description=RESAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    resample.add_argument("source", metavar="IN", help="a .wav or .npy file")
    resample.add_argument("target", metavar="OUT", help="the file to write, of the same kind")
    resample.add_argument("--rate", metavar="HZ", type=_count, help="the new rate")
    resample.add_argument("--up", metavar="N", type=_count, help="upsampling factor (default 1)")
    resample.add_argument("--down", metavar="M", type=_count, help="downsampling factor (default 1)")
    resample.add_argument("--from-rate", metavar="HZ", type=_count, help="the rate of a .npy file, for --rate")
    resample.add_argument("--axis", metavar="A", type=_whole, help="the axis of a .npy file (default 0)")
    resample.add_argument("--force", action="store_true", help="overwrite OUT (it may be IN)")
    resample.add_argument("--progress", action="store_true", help="show a progress bar even if not on a terminal")
    resample.set_defaults(command=_resample, parser=resample)

    run = commands.add_parser(
        "run",
        help="run a Python program with these functions in scipy.signal's place",
        usage="sigresample run [-h] (PROGRAM.py | -m MODULE) [ARGUMENT ...]",
        allow_abbrev=False,
    )
    run.add_argument("-m", dest="module", action="store_true", help="PROGRAM is the name of a module")
    run.add_argument("program", metavar="PROGRAM", help="a Python file, or with -m a module")
    rest = run.add_argument(
        "arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="the program's own arguments"
    )
    rest.required = False  # of such a rest argparse says in its errors that there must be one
    run.set_defaults(command=_run)
    return parser


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text[:40]!r}") from None


def _count(text: str) -> int:
    value = _whole(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {value}")
    return value


def _demo(arguments: argparse.Namespace) -> int:
    from . import demo

    return demo.run(arguments.out, arguments.repeat)


def _info(_: argparse.Namespace) -> int:
    from . import show_config

    show_config()
    return 0


def _run(arguments: argparse.Namespace) -> int:
    import traceback
    from importlib.util import find_spec

    from . import patching

    program: str = arguments.program
    if arguments.module:
        sys.path[0] = os.getcwd()
        try:
            found = find_spec(program) is not None
        except ModuleNotFoundError:  # of a package around it
            found = False
    else:
        found = os.path.isfile(program)
    if not found:
        raise FileError(f"run: no {'module' if arguments.module else 'file'} {program!r}")
    try:
        patching.run(program, arguments.arguments, module=arguments.module)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _resample(arguments: argparse.Namespace) -> int:
    from . import files as work

    source, target = arguments.source, arguments.target
    _check_ratio(arguments)
    suffix = work.check_paths(source, target, arguments.force)
    up, down = arguments.up or 1, arguments.down or 1
    bar = _bar(arguments.progress)
    with _terminated():
        if suffix == ".wav":
            for name in ("from_rate", "axis"):
                if getattr(arguments, name) is not None:
                    raise FileError(f"--{name.replace('_', '-')} is for .npy files")
            wav = work.resample_wav(source, target, arguments.rate, up, down, arguments.force, bar)
            told = f"{wav.rate} Hz, {wav.frames} frames -> {wav.rate_out} Hz, {wav.frames_out} frames"
            if wav.clipped:
                print(f"sigresample: {wav.clipped} samples clipped to the range of {wav.subtype}", file=sys.stderr)
        else:
            if (arguments.rate is None) != (arguments.from_rate is None):
                raise FileError("a .npy file has no rate: --rate and --from-rate go together")
            if arguments.rate is not None:
                up, down = arguments.rate, arguments.from_rate
            npy = work.resample_npy(source, target, work.Ratio.of(up, down), arguments.axis or 0, arguments.force, bar)
            told = f"{npy.shape} -> {npy.shape_out} {npy.dtype}"
    print(f"{work.shown(target)}: {told}")
    return 0


def _check_ratio(arguments: argparse.Namespace) -> None:
    factors = arguments.up is not None or arguments.down is not None
    if factors == (arguments.rate is not None):
        arguments.parser.error("give either --rate or --up and --down")


class _NoBar:
    """Stands where a progress bar would."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, _: int) -> None:
        pass


def _bar(wanted: bool) -> Callable[[int], Any]:
    """Return what makes a progress bar for a total: tqdm's where someone sees it, or none."""
    if not (wanted or (sys.stderr and sys.stderr.isatty())):
        return lambda total: _NoBar()
    try:
        tqdm = need("tqdm", "--progress").tqdm
    except FileError:
        if wanted:
            raise
        return lambda total: _NoBar()
    delay = 0.0 if wanted else BAR_DELAY
    return lambda total: tqdm(total=total, unit="sample", unit_scale=True, file=sys.stderr, delay=delay)


@contextlib.contextmanager
def _terminated() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the stack, so that no temporary file is left."""

    def leave(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    before: dict[signal.Signals, Any] = {}
    with contextlib.suppress(ValueError):  # not the main thread: signals are not ours
        for number in (signal.SIGTERM, signal.SIGHUP):
            before[number] = signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
