PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STORE ?= output/demo.sosie

.PHONY: help setup demo test check wheel check-wheel clean

help:  ## Say what can be made.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(VENV)/ready  ## Make the environment.

$(VENV)/ready: pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@

demo: setup  ## Draw a small catalogue, index it, ask with photos: output/response.json, output/sheet.png.
	$(BIN)/sosie demo --into output --store $(STORE)

check: setup  ## Lint, check types and the direction of imports.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check  ## Everything that must pass before a change lands.
	$(BIN)/python -m pytest

wheel: setup  ## Build the wheel into dist/.
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

check-wheel: wheel  ## Install the wheel into an empty environment of each supported Python here, and run the demo.
	scripts/check_wheel.sh dist

clean:  ## Remove what was made.
	rm -rf $(VENV) build dist output .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
