# Everything that is done with this code, by name. `make help` lists it.

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
.PHONY: help install dev serve doctor test test-fast fuzz test-browser test-balancer test-clients enumeration flood attacks dearest lint format \
	types contracts schema schema-docs permissions env-example migrate revision seed-large bench graphiql lock check clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- setting up: stamps make the second run instant

$(VENV)/.made: requirements/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install $(HASHED) -r requirements/bootstrap.lock 2>/dev/null || \
		echo "There is no uv for this machine; pip does it, and takes a minute longer."
	@touch $@

# uv trusts its own list of authorities, then the machine's; pip knows further ways to be configured.
define install_lock
	@echo "Installing $(1) ..."
	@$(UV) $(HASHED) -r $(1) 2>/dev/null || $(UV) --system-certs $(HASHED) -r $(1) 2>/dev/null || \
		$(PIP) install $(HASHED) -r $(1)
	@touch $@
endef

$(VENV)/.runtime: $(VENV)/.made requirements/runtime.lock
	$(call install_lock,requirements/runtime.lock)

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	$(call install_lock,requirements/dev.lock)

install: $(VENV)/.dev ## Install everything for working on the code

# ---- running

dev: $(VENV)/.runtime graphiql ## Start it all for trying and developing: database, demo data, explorer
	@exec $(RUN) dev $(ARGS)

serve: $(VENV)/.runtime ## Serve as in production, by the settings
	@exec $(RUN) serve $(ARGS)

doctor: $(VENV)/.runtime ## Say what is configured, reachable and wrong
	@$(RUN) doctor

graphiql: $(VENV)/.runtime ## Build the explorer, when it is missing or old
	@$(BIN)/python web/build.py || echo "The server will show its small page instead."

migrate: $(VENV)/.runtime ## Bring the database to this code's revision
	@$(RUN) db upgrade

seed-large: $(VENV)/.runtime ## Fill in a million entries, for measuring
	@$(RUN) seed large

bench: $(VENV)/.dev ## Measure, and write docs/benchmarks.md
	@exec $(BIN)/python -m benchmarks $(ARGS)

# ---- checking

test: $(VENV)/.dev graphiql ## Run the tests, all but those in a browser, behind HAProxy, or of npm clients
	@$(BIN)/python -m pytest -n auto -m "not browser and not balancer and not clients" $(TESTS)

test-fast: $(VENV)/.dev graphiql ## Run what failed last first, and stop at the first failure
	@$(BIN)/python -m pytest -n auto -m "not browser and not balancer and not clients" -x --failed-first $(TESTS)

FUZZ_SECONDS ?= 3600

fuzz: $(VENV)/.dev ## Compare plans with loaders on random queries: make fuzz FUZZ_SECONDS=3600
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest -n 2 tests/plan/test_sameness.py

test-clients: $(VENV)/.dev graphiql ## Run client libraries from npm against a real server
	@$(BIN)/python -m pytest -m clients -p no:randomly tests/clients

test-browser: $(VENV)/.dev graphiql ## Run the tests in a real Chromium
	@$(BIN)/python -m pytest -m browser -p no:randomly $(TESTS)

test-balancer: $(VENV)/.dev ## Run the tests behind a real HAProxy
	@$(BIN)/python -m pytest -m balancer -p no:randomly $(TESTS)

flood: $(VENV)/.dev ## Measure what a flood of sign-ins does to everybody else
	@exec $(BIN)/python -m tests.flood

attacks: $(VENV)/.dev ## Measure what refused attacks cost, and how soon sign-outs are known
	@exec $(BIN)/python -m tests.attacks

DEAREST_SECONDS ?= 600

dearest: $(VENV)/.dev ## Search for the dearest operation that is allowed: make dearest DEAREST_SECONDS=3600
	@DEAREST_SECONDS=$(DEAREST_SECONDS) $(BIN)/python -m tests.dearest $(ARGS)

enumeration: $(VENV)/.dev ## Measure whether answers tell who has an account
	@exec $(BIN)/python -m tests.enumeration

lint: $(VENV)/.dev ## Look for faults and untidy code
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

format: $(VENV)/.dev ## Tidy the code
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

types: $(VENV)/.dev ## Check the types
	@$(BIN)/mypy

contracts: $(VENV)/.dev ## Check who may import whom
	@$(BIN)/lint-imports

check: lint types contracts test ## What CI runs, but for the browser
	@$(RUN) schema check
	@$(BIN)/python -m tools.schema_docs --check

# ---- files written from the code

schema: $(VENV)/.runtime ## Write schema.graphql
	@$(RUN) schema export

schema-docs: $(VENV)/.runtime ## Write docs/schema.md
	@$(BIN)/python -m tools.schema_docs

permissions: $(VENV)/.dev ## Write docs/permissions.md
	@$(BIN)/python -m tests.domains.permission_matrix > docs/permissions.md

env-example: $(VENV)/.runtime ## Write .env.example
	@$(RUN) env-example > .env.example

revision: $(VENV)/.dev ## Write a migration: make revision m="What it does"
	@test -n "$(m)" || { echo 'Say what it does: make revision m="Add reviews"'; exit 1; }
	@$(RUN) db revision "$(m)"

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

lock: $(VENV)/.dev ## Renew the locks in requirements/
	@$(BIN)/$(COMPILE) --upgrade requirements/bootstrap.in -o requirements/bootstrap.lock
	@$(BIN)/$(COMPILE) --upgrade pyproject.toml -o requirements/runtime.lock
	@$(BIN)/$(COMPILE) --upgrade pyproject.toml --all-extras --group dev -c requirements/runtime.lock -o requirements/dev.lock

clean: ## Remove what was made, but not the data in .infocus
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov dist build
	@rm -rf web/node_modules web/.build infocus_graphql/static/graphiql
	@find infocus_graphql tests benchmarks tools migrations web -name __pycache__ -type d -prune -exec rm -rf {} +
