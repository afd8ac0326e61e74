# The door to the house: `make demo` runs the main job, `make test` passes the tests.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
export UV_PYTHON_DOWNLOADS := never
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION := false
# where it is set, every process compiles every package anew: MLflow alone takes ten seconds
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
STAMP := .venv/.complete
LEDGER ?= $(wildcard $(or $(TRADEGRADE_HOME),var)/demo/ledger)

.PHONY: help setup demo test check format bench proof serve docs mlflow lock doctor clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) ## build .venv with every extra

$(STAMP): requirements/all.txt requirements/uv.txt pyproject.toml
	@PYTHON="$(PYTHON)" bash tools/setup.sh
	@touch $@

demo: $(STAMP) ## simulate a ledger, train, grade two month-ends, explain
	@$(BIN)/tradegrade demo

test: $(STAMP) ## every test that needs no absent component, saying what was skipped
	@$(BIN)/python -m pytest -n 2 --dist loadscope

check: $(STAMP) ## style, types, directions of import
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP) ## bring the code into style
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: $(STAMP) ## benchmarks against peers, into benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

proof: $(STAMP) ## long runs of kills and malformed requests; see proofs/README.md
	@$(BIN)/python -m proofs
	@$(BIN)/python -m proofs.identity --customers 600
	@$(BIN)/python -m proofs.coverage
	@TRADEGRADE_EXAMPLES=10 $(BIN)/python -m pytest tests/properties -q

serve: $(STAMP) ## serve grades over HTTP and finance's pages; LEDGER=folder, the demo's if there
	@$(BIN)/tradegrade serve $(if $(LEDGER),--ledger "$(LEDGER)")

docs: $(STAMP) ## write the feature reference and the OpenAPI document
	@$(BIN)/python -m tools.feature_reference
	@$(BIN)/python -m tools.openapi

mlflow: $(STAMP) ## open the MLflow page of the workspace on localhost
	@$(BIN)/python -m tools.mlflow_ui

doctor: $(STAMP) ## tell what is installed and what is missing
	@$(BIN)/tradegrade doctor

lock: ## lock the dependencies anew, without index addresses
	@bash tools/lock.sh

clean: ## remove what setup and runs wrote
	rm -rf .venv .uv var
