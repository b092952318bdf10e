#!/usr/bin/env bash
# Build the kernels with index checks, AddressSanitizer and UndefinedBehaviorSanitizer, and run their tests: one value
# at a time, and by the longest vectors that run here. All levels come from one source; these two are its two cases, and
# the longest vectors reach the furthest. LEVELS=scalar,v2,v3,v4 builds others.
# Needs .venv (make test makes it) and GCC.
set -euo pipefail
cd "$(dirname "$0")/.."

compiler=${CC:-gcc}
build=$PWD/build/asan
site=$build/root/site
export PATH=$PWD/.venv/bin:$PATH

libraries=""
for name in libasan.so libubsan.so; do
    path=$("$compiler" -print-file-name="$name")
    if [[ $path != /* ]]; then
        echo "sanitize: $compiler has no $name" >&2
        exit 2
    fi
    libraries="$libraries $path"
done

levels=${LEVELS:-scalar,$(cd / && python -c "from sigresample import _kernels; print(_kernels.available()[0])")}
if [[ ! -f $build/build.ninja ]]; then
    # Line numbers are all that a report needs: the rest of -g takes GCC longer than the code. Products and sums are
    # contracted (-ffp-contract) only among the expensive optimizations.
    CC=$compiler CFLAGS="-fno-sanitize-recover=undefined -g1 -fexpensive-optimizations" meson setup "$build" \
        --prefix=/ -Dpython.platlibdir=/site -Dpython.purelibdir=/site \
        -Db_sanitize=address,undefined -Db_lundef=false -Dchecks=true \
        -Dbuildtype=plain -Doptimization=1 -Dlevels="$levels"
else
    meson configure "$build" -Dlevels="$levels"
fi
rm -rf "$build/root"  # of other levels, perhaps
meson install -C "$build" --destdir "$build/root" --quiet

# Leaks: the interpreter itself leaves memory behind at exit.
cd "$build"
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONPATH=$site
run() { LD_PRELOAD=$libraries "$@"; }

# A sanitizer that is not there reports nothing: see one overrun reported first.
cat > overrun.py <<'END'
import sys
import numpy as np
import sigresample
from sigresample._kernels import correlate
assert sigresample.__file__.startswith(sys.argv[1]), sigresample.__file__
x, h, y = np.zeros((4, 4), np.float32), np.ones((1, 1), np.float32), np.zeros((4, 4), np.float32)
rows = int(sys.argv[2])
correlate.correlate(x, h, y, None, None, 4, 4, 4, rows, 4, 4, 0, 0, 1, 0, 0.0, False, 1)
END
run python overrun.py "$site" 4
if run python overrun.py "$site" 8 2> overrun.txt || ! grep -q "heap-buffer-overflow" overrun.txt; then
    echo "sanitize: a write beyond the end was not reported" >&2
    exit 1
fi

# Where pytest captures what a process prints, a report would go down with it.
export ASAN_OPTIONS=$ASAN_OPTIONS:log_path=$build/report UBSAN_OPTIONS=$UBSAN_OPTIONS:log_path=$build/report
rm -f report.*
run pytest -n auto --dist worksteal --max-worker-restart 0 -p no:cacheprovider \
    -c "$OLDPWD/pyproject.toml" --rootdir "$OLDPWD" "$OLDPWD"/tests/test_*kernel*.py "$@" || {
    status=$?
    cat report.* 2> /dev/null
    exit $status
}
