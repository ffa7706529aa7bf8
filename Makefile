# Everything starts here; `make` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick serializable check format docs bench torture torture-ha mutants sbom lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

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

quick: setup ## the everyday part of the suite: SQLite, without what takes long
	$(PYTEST) -m "not slow and not again"

serializable: setup ## the suite on PostgreSQL's strictest isolation, with failing statements and lost commits; ONLY="tests/db" for some
	TRAYLANE_TEST_ISOLATION=serializable $(PYTEST) -p tests.serializable --ignore=tests/reliability $(ONLY)

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

screenshots: setup ## make the pictures in docs/screenshots anew (needs Chromium)
	$(BIN)/python -m docs.screenshots

bench: setup ## measure against the baselines; QUICK=1 for a few minutes
	QUICK=$(QUICK) $(BIN)/python -m bench

torture: setup ## every promise at full size, resumable; ONLY="R5 R7" for some, SIZE=ci for the small size, AGAIN=1 anew
	$(BIN)/python -m torture $(ONLY) $(if $(SIZE),--size $(SIZE)) $(if $(AGAIN),--again)

torture-ha: setup ## R12 and R13 alone, as root, on three database hosts in network namespaces; ROUNDS=2 for the small size
	@$(BIN)/python -m torture.ha.needs
	$(if $(ROUNDS),TRAYLANE_HA_ROUNDS=$(ROUNDS)) $(BIN)/python -m torture R12 R13 $(if $(ROUNDS),--size ci) $(if $(AGAIN),--again)

mutants: setup ## plant every small fault in the rules, one by one: their tests must notice each
	$(BIN)/python -m torture.mutate $(ONLY)

sbom: setup ## what a running service is made of, as CycloneDX JSON in var/sbom.json
	$(BIN)/python -m docs.sbom var/sbom.json

lock: ## resolve requirements/dev.txt anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-header --no-emit-index-url --upgrade -o requirements/dev.txt pyproject.toml

clean: ## remove what setup, demo, test and bench made
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache var
