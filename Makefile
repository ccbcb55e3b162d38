# Every task of this repository. `make help` lists them.

.DEFAULT_GOAL := help
.PHONY: help setup pages demo up test test-fast thorough chaos fuzz-api fuzz-recipes compose-test images scaling scaling-record coverage check format documents \
	keep-events keep-api lock clean \
	bench-merge bench-gpu bench-parity bench-startup bench-memory bench-runs bench-cancel bench-tokens bench-webhooks bench-api bench-lineage bench-leaderboard bench-registry bench-writing bench-pages bench-evaluation \
	mutants

PYTHON ?= python3
BIN := .venv/bin
CORES := $(shell nproc 2>/dev/null || echo 2)
PROCESSES := $(shell echo $$(($(CORES) + 1)))
# One thread for libraries, since the processes of the tests share the cores.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q --dist=loadfile --no-loadscope-reorder
PACKAGES := $(wildcard shared/pyproject.toml services/*/pyproject.toml)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/.installed: constraints.txt pyproject.toml scripts/setup $(PACKAGES)
	PYTHON=$(PYTHON) scripts/setup
	@touch $@

setup: pages ## Install everything into .venv, and build the pages

pages: $(BIN)/.installed ## Build the hub's pages (web/) into the package, if they have changed
	@$(BIN)/python scripts/pages

demo: pages ## Merge two specialists of a real model and measure what the merge gained
	@$(BIN)/python examples/demo/run.py

up: pages ## Run the whole hub on this machine, until Ctrl-C
	@$(BIN)/mergehub up

test: pages ## Run all tests against real stores and real processes
	$(PYTEST) --numprocesses=$(PROCESSES)

test-fast: $(BIN)/.installed ## Run the tests that start no process: no store, no service, no browser
	$(PYTEST) --numprocesses=$(CORES) -m 'not process and not slow'

thorough: $(BIN)/.installed ## Run the long tests, and the property tests with forty times the examples of `make test`
	$(PYTEST) --numprocesses=$(PROCESSES) -m long
	$(PYTEST) --numprocesses=$(CORES) --hypothesis-profile=thorough -m 'hypothesis and not (chaos or fuzz)'

chaos: $(BIN)/.installed ## Kill processes, stop stores, cut connections; check that nothing is lost (CHAOS="--seed 1 2 --seconds 60")
	PYTHONPATH=tests $(BIN)/python -m chaos $(CHAOS)

fuzz-api: $(BIN)/.installed ## Send each service 10,000 requests made from its OpenAPI document (FUZZ="--service registry --seed 7")
	PYTHONPATH=tests $(BIN)/python -m fuzz $(FUZZ)

fuzz-recipes: $(BIN)/.installed ## Test the recipe language with texts of all kinds (FUZZ="--minutes 30 --seed 1")
	PYTHONPATH=tests $(BIN)/python -m fuzz.recipes $(FUZZ)

compose-test: $(BIN)/.installed ## Deploy docker-compose.yml without containers, as root (the story of a model, a backup, faults, a partition)
	$(PYTEST) -m compose tests/test_compose_topology.py tests/test_compose_backup.py tests/test_compose_chaos.py

images: $(BIN)/.installed ## Build and start the images without a container engine, as root (IMAGES="registry worker:cuda")
	$(BIN)/python -m tools.images $(IMAGES)

scaling: $(BIN)/.installed ## Let the autoscaling rule start real workers for the queue of a real hub
	$(PYTEST) tests/k8s/scaling_for_real.py

scaling-record: $(BIN)/.installed ## Record the queue of a real hub for the tests of autoscaling (a quarter of an hour)
	PYTHONPATH=tests $(BIN)/python -m k8s.record

coverage: $(BIN)/.installed ## Report the branches of the engine that its tests do not reach
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -q services/merge-worker/tests/engine
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report

check: $(BIN)/.installed ## Check format, lint, types, imports, migrations, generated files, pages, known vulnerabilities
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.migration_lint
	$(BIN)/python -m tools.method_catalogue --check
	$(BIN)/python -m tools.event_page --check
	$(BIN)/python -m tools.field_table --check
	$(BIN)/python -m tools.alerts_object --check
	$(BIN)/python -m tools.docs_style --check
	$(BIN)/python -m tools.file_page --check
	$(BIN)/python -m tools.openapi_documents --check
	$(BIN)/python -m tools.python_client --check
	@$(BIN)/python scripts/pages --check
	@$(BIN)/python scripts/audit

format: $(BIN)/.installed ## Format the code and fix what the linter can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@$(BIN)/python scripts/pages --format

documents: $(BIN)/.installed ## Generate files from the code: OpenAPI documents, Python client, pages
	$(BIN)/python -m tools.method_catalogue --write
	$(BIN)/python -m tools.event_page --write
	$(BIN)/python -m tools.field_table --write
	$(BIN)/python -m tools.alerts_object --write
	$(BIN)/python -m tools.docs_style --write
	$(BIN)/python -m tools.file_page --write
	$(BIN)/python -m tools.openapi_documents --write
	$(BIN)/python -m tools.python_client --write

keep-events: $(BIN)/.installed ## Keep the schemas of events for the release of this version
	$(BIN)/python -m tools.event_releases

keep-api: $(BIN)/.installed ## Keep the OpenAPI documents for the release of this version
	$(BIN)/python -m tools.openapi_documents --keep

lock: $(BIN)/.installed ## Resolve constraints.txt again, to the newest versions
	scripts/lock --upgrade

bench-merge: $(BIN)/.installed ## Measure merges beside mergekit and a plain loop (BENCH="--size 1.3b")
	$(BIN)/python -m benchmarks.merge $(BENCH)

bench-gpu: $(BIN)/.installed ## Measure merges on an NVIDIA GPU (BENCH="--simulate" shows it without one)
	$(BIN)/python -m benchmarks.gpu $(BENCH)

bench-parity: $(BIN)/.installed ## Compare our merges with mergekit's
	$(BIN)/python -m benchmarks.parity $(BENCH)

bench-startup: $(BIN)/.installed ## Measure help, the plan of a 70B merge and the first merged byte
	$(BIN)/python -m benchmarks.startup $(BENCH)

bench-memory: $(BIN)/.installed ## Measure the memory that a tensor of 1 GB needs
	$(BIN)/python -m benchmarks.memory $(BENCH)

bench-runs: $(BIN)/.installed ## Measure how soon runs start and how fast a hub accepts them
	PYTHONPATH=tests $(BIN)/python -m benchmarks.runs $(BENCH)

bench-cancel: $(BIN)/.installed ## Measure how soon a cancelled merge ends, and that retries resume
	PYTHONPATH=tests $(BIN)/python -m benchmarks.cancel $(BENCH)

bench-tokens: $(BIN)/.installed ## Measure how long it takes to check a token
	$(BIN)/python -m benchmarks.tokens $(BENCH)

bench-webhooks: $(BIN)/.installed ## Measure webhooks delivered per second (BENCH="--dead 5")
	$(BIN)/python -m benchmarks.webhooks $(BENCH)

bench-api: $(BIN)/.installed ## Measure the overhead of the middleware, followers, webhooks and tokens (BENCH="--only middleware")
	PYTHONPATH=tests $(BIN)/python -m benchmarks.api $(BENCH)

bench-lineage: $(BIN)/.installed ## Measure lineage with 2,000,000 models, beside networkx (BENCH="--models 100000")
	PYTHONPATH=tests $(BIN)/python -m benchmarks.lineage $(BENCH)

bench-leaderboard: $(BIN)/.installed ## Measure the leaderboard with 200,000 models (BENCH="--models 20000 --imports 50000")
	PYTHONPATH=tests $(BIN)/python -m benchmarks.leaderboard $(BENCH)

bench-registry: $(BIN)/.installed ## Measure searches among 1,000,000 recipes, beside MLflow, and embedded (BENCH="--recipes 100000")
	PYTHONPATH=tests $(BIN)/python -m benchmarks.registry $(BENCH)

bench-writing: $(BIN)/.installed ## Measure how fast recipes are published and imported (BENCH="--recipes 500 --beside ../before")
	PYTHONPATH=tests $(BIN)/python -m benchmarks.registry.writing_speed $(BENCH)

bench-pages: pages ## Measure the map in a browser without a graphics processor (BENCH="--models 50000")
	PYTHONPATH=tests $(BIN)/python -m benchmarks.pages $(BENCH)

bench-evaluation: $(BIN)/.installed ## Measure evaluations beside the lm_eval command, and merges scored from memory (BENCH="--items 24")
	$(BIN)/python -m benchmarks.evaluation $(BENCH)

.cache/mutants/tool: | $(BIN)/.installed
	$(BIN)/uv pip install --quiet --target $@ 'cosmic-ray==8.7.0'

mutants: .cache/mutants/tool ## Check that the tests notice every changed formula
	$(BIN)/python -m benchmarks.mutants

clean: ## Remove installed and cached files
	rm -rf .venv .cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
