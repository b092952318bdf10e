# Every target makes .venv from pyproject.toml when it is missing and rebuilds what changed.
# Needs: Python >= 3.11, a C compiler, pip.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

SOURCES := meson.build meson.options pyproject.toml $(shell find sigresample -name '*.py*' -o -name '*.h' -o -name meson.build)

# A process for each core; whoever is done takes over some of another's tests.
PYTEST := $(BIN)/pytest -n auto --dist worksteal

.PHONY: demo test lint bench docs kernels-asan clean

demo: .venv/built .venv/with-demo
	$(BIN)/sigresample demo

test: .venv/built .venv/with-test
	$(PYTEST)
	SIGRESAMPLE_CHECK=1 $(PYTEST)

lint: .venv/built .venv/with-lint
	$(BIN)/ruff check .
	$(BIN)/cython-lint sigresample
	$(BIN)/mypy --strict sigresample

bench: .venv/built .venv/with-bench
	mkdir -p build
	$(BIN)/python benchmarks/run.py --json build/bench.json
	$(BIN)/python benchmarks/report.py build/bench.json

docs: .venv/built .venv/with-docs
	$(BIN)/sphinx-build --fail-on-warning --quiet docs docs/_build

kernels-asan: .venv/built .venv/with-test
	tools/sanitize.sh

clean:
	rm -rf .venv build build-* dist docs/_build docs/auto_gallery docs/sg_execution_times.rst demo.png .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The build tools live in .venv too, so that a second build compiles only what changed.
.venv/tools: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires'], 'ninja', sep='\n')" > .venv/tools.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r .venv/tools.txt
	touch $@

# One build for all targets. An extra then adds what it needs to the package that is there.
.venv/built: .venv/tools $(SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -Cbuild-dir=build/make .
	touch $@

.venv/with-%: pyproject.toml | .venv/built
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'sigresample[$*]'
	touch $@
