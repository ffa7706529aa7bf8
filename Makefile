# Everything starts here; `make` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick check format docs bench lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.ready ## the environment in .venv, everything pinned

.venv/.ready: requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: setup ## a sample laboratory, a cancel and every refusal over HTTP; ONCE=1 ends after the show
	$(BIN)/traylane demo $(if $(ONCE),--once) --folder var/demo

test: setup ## the whole suite, on SQLite and on PostgreSQL
	$(PYTEST)

quick: setup ## the everyday part of the suite
	$(PYTEST) -m "not slow"

check: setup ## lint, format, types, layers, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

format: setup ## mend what ruff can mend
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

docs: setup ## write the generated pages anew
	$(BIN)/python -m docs.generate

bench: setup ## measure against the baselines; QUICK=1 for a few minutes
	QUICK=$(QUICK) $(BIN)/python -m bench

lock: ## resolve requirements/dev.txt anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-header --no-emit-index-url --upgrade -o requirements/dev.txt pyproject.toml

clean: ## remove what setup, demo, test and bench made
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache var
