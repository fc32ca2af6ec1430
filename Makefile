# What there is to do with Carnet. `make` alone tells.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help setup demo test bench check format lock

help:
	@echo "make setup   make the environment in $(VENV) from the lock file"
	@echo "make demo    start everything on this machine and play one letter; Ctrl-C stops it"
	@echo "make test    install what the tests need and run them all"
	@echo "make bench   print the benchmark table"
	@echo "make check   style, types, architecture"
	@echo "make format  write the code in the style of the house, compile the catalogues"
	@echo "make lock    resolve requirements/*.in again into requirements/*.lock"

setup: $(VENV)/runtime.stamp

demo: setup
	@exec $(BIN)/carnet demo

test: setup $(VENV)/dev.stamp
	@.ci/programs
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

bench: setup
	@$(BIN)/python -m bench

check: setup $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint src --lint --quiet
	$(BIN)/python -m pytest tests/test_architecture.py

format: setup $(VENV)/dev.stamp
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .
	$(BIN)/python -m carnet.ops.translations

lock:
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check --quiet install uv
	for name in runtime dev; do \
	  $(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	    --generate-hashes --no-header --no-annotate --upgrade \
	    requirements/$$name.in -o requirements/$$name.lock || exit 1; \
	done

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Carnet needs Python 3.11 or later: name one with make PYTHON=/path/of/python"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv is missing: on Debian, apt-get install python3-venv"; exit 1; }

# The project itself is installed in place, by the setuptools of the lock file.
$(VENV)/runtime.stamp: requirements/runtime.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Carnet needs in $(VENV)"
	@$(PIP) install --require-hashes -r requirements/runtime.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/runtime.stamp
	@echo "Installing what the tests need in $(VENV)"
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@
