# Everything one does with this repository. `make help` lists it.

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check format lock bench clean

PYTHON ?= python3
BIN := .venv/bin
PACKAGES := $(wildcard shared/pyproject.toml services/*/pyproject.toml)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/.installed: constraints.txt pyproject.toml scripts/setup $(PACKAGES)
	PYTHON=$(PYTHON) scripts/setup
	@touch $@

setup: $(BIN)/.installed ## Install everything into .venv

demo: $(BIN)/.installed ## Merge two specialists of a real model and measure what the merge gained
	@$(BIN)/python examples/demo/run.py

up: $(BIN)/.installed ## Run the whole hub on this machine, until Ctrl-C
	@$(BIN)/mergehub up

test: $(BIN)/.installed ## Run all tests against real stores and real processes
	$(BIN)/python -m pytest -q

check: $(BIN)/.installed ## Format, lint, types and the rules of who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m merge_worker.engine.methods --check

format: $(BIN)/.installed ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(BIN)/.installed ## Resolve constraints.txt anew
	scripts/lock --upgrade

bench: $(BIN)/.installed ## Run the benchmarks of benchmarks/
	$(BIN)/python benchmarks/merge.py $(BENCH)

clean: ## Remove what was installed and cached here
	rm -rf .venv .cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
