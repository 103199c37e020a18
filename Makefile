# make run: a live server with demo data.   make test: everything CI checks.   The rest: make help.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
DEV := $(VENV)/.dev-installed
RUN := $(VENV)/.run-installed
WORKERS ?= 2

.PHONY: help run test test-train lint types contracts pytest bench docs clean lock env-example openapi audit sbom

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(RUN) ## Install what is needed, prepare a demo platform, serve it
	@$(BIN)/socialflow demo

test: $(DEV) lint types contracts pytest ## Lint, types, import contracts, tests

pytest: $(DEV) ## The tests alone, WORKERS=2 files at a time
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -m "not train" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-train: $(DEV) ## Tests that need torch
	@$(PIP) install -q torch==2.13.0
	@$(BIN)/python -m pytest -q -m train || [ $$? -eq 5 ]

lint: $(DEV) ## ruff: style and formatting
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/ruff format --check src tests benchmarks

types: $(DEV) ## mypy --strict
	@$(BIN)/mypy

contracts: $(DEV) ## Import directions of the house
	@$(BIN)/lint-imports

bench: $(DEV) ## Load and speed figures into benchmarks/results/
	@$(BIN)/python -m benchmarks

docs: $(DEV) ## Run every snippet of README and docs against a live server
	@$(BIN)/python -m pytest -q tests/e2e/test_docs.py

lock: $(DEV) ## Resolve dependencies anew, with hashes
	@$(BIN)/uv pip compile pyproject.toml --extra build --extra media --extra postgres --extra redis --universal \
	  --python-version 3.11 --generate-hashes --no-header -q -o requirements/run.txt
	@$(BIN)/uv pip compile pyproject.toml --extra build --extra media --extra postgres --extra redis --extra dev --universal \
	  --python-version 3.11 --generate-hashes --no-header -q -c requirements/run.txt -o requirements/dev.txt

env-example: $(DEV) ## Write .env.example from the settings
	@$(BIN)/python -c "from socialflow.settings import env_example; print(env_example(), end='')" > .env.example

openapi: $(DEV) ## Write the OpenAPI snapshot anew
	@$(BIN)/python -m socialflow.doors.rest.openapi > tests/golden/openapi.json

audit: $(DEV) ## Known vulnerabilities of the locked dependencies
	@$(BIN)/pip-audit --disable-pip --require-hashes -r requirements/run.txt

sbom: $(DEV) ## CycloneDX bill of materials into dist/
	@mkdir -p dist
	@$(BIN)/cyclonedx-py requirements requirements/run.txt --pyproject pyproject.toml -o dist/sbom.json

clean: ## Remove the environment, caches and build output (data under var/ stays)
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.11 to 3.13 is needed; set PYTHON=/path/to/it" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(RUN): $(VENV)/bin/python requirements/run.txt pyproject.toml
	@[ -e $(DEV) ] && [ $(DEV) -nt requirements/dev.txt ] || $(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(VENV)/bin/python requirements/dev.txt pyproject.toml
	@$(PIP) install -q --require-hashes -r requirements/dev.txt
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@
