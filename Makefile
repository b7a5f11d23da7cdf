# make demo    the showcase: a naive Go service, rewritten and proved by real builds
# make test    all checks and all tests, with a Docker engine of their own and a browser where there is none
# make check   what needs no engine: ruff, mypy, import contract, fresh documentation, shellcheck
# make bench   how fast `jettison check` is
# make docs    write the generated pages
# make venv    .venv with everything for development
# make clean   remove what the others made here
.DEFAULT_GOAL := help
.PHONY: help demo test check bench docs venv clean
SHELL := /bin/bash

# Base images that the lab makes for the tests; an engine of your own pulls what it needs.
TEST_IMAGES ?= all
PYTEST_ARGS ?=
BIN := .venv/bin

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

venv: .venv/.stamp

.venv/.stamp: pyproject.toml tools/make-venv
	@PYTHON="$(PYTHON)" tools/make-venv

demo: venv
	@tools/demo

test: check
	tools/make-browser
	tools/with-engine $(TEST_IMAGES) -- $(BIN)/pytest $(PYTEST_ARGS)

check: venv
	$(BIN)/ruff check --output-format concise
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest tests/test_architecture.py
	$(BIN)/python tools/generate_docs.py --check
	$(BIN)/shellcheck -x -a -P SCRIPTDIR $$(git grep -lE '^#!.*\b(ba)?sh$$' -- lab tools .ci examples)

docs: venv
	$(BIN)/python tools/generate_docs.py

bench: venv
	$(BIN)/python benchmarks/check_speed.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	find . -name __pycache__ -prune -exec rm -rf {} +
