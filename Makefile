# Huiyin. `make` lists the targets. Needed on the machine: Python 3.11 or newer, and make.
# `make run` is all there is to installing; a second time it changes nothing and starts at once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-virtualenv
COMPILE := $(BIN)/pip-compile --quiet --allow-unsafe --build-deps-for=editable --generate-hashes \
  --no-emit-find-links --no-emit-index-url --no-emit-trusted-host --strip-extras

export CUSTOM_COMPILE_COMMAND := make lock

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run worker test test-slow benchmarks check format migration assets translations pictures lock

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Setting up ---------------------------------------------------------------------------------

setup: $(VENV)/.installed ## Install what running needs, pinned by hash

setup-dev: $(VENV)/.installed-dev ## The same, and what developing needs

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Huiyin needs Python 3.11 or newer; name one: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# Running ------------------------------------------------------------------------------------

run: $(VENV)/.installed ## Everything in one process on an embedded database, with a demo office
	@$(BIN)/huiyin run

worker: $(VENV)/.installed ## A worker of its own, beside `huiyin serve`
	@$(BIN)/huiyin worker

# Checking -----------------------------------------------------------------------------------

check: $(VENV)/.installed-dev ## Format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Thousands of small databases are made and thrown away: in memory, where the machine has some.
IN_MEMORY := $(shell test -w /dev/shm && echo TMPDIR=/dev/shm)

test: $(VENV)/.installed-dev ## The suite with coverage, without the slow ones
	$(IN_MEMORY) $(BIN)/pytest -n 2 --dist worksteal -m "not slow" --cov --cov-report=term:skip-covered

test-slow: $(VENV)/.installed-dev ## The long walks, crash runs and big fills
	$(IN_MEMORY) $(BIN)/pytest -n 2 --dist worksteal -m slow

benchmarks: $(VENV)/.installed-dev ## Measure all that has a mark, into docs/benchmarks.md
	$(BIN)/huiyin bench all --into docs/benchmarks.md

# Making -------------------------------------------------------------------------------------

migration: $(VENV)/.installed-dev ## A new version of the schema from the models: make migration m="why"
	@test -n "$(m)" || { echo 'Say what for: make migration m="slips: add a note"' >&2; exit 2; }
	@$(BIN)/python -c 'import sys, tempfile; from engine import db, schema; folder = tempfile.mkdtemp(); sessions = db.connect(f"sqlite:///{folder}/new.db"); schema.upgrade(sessions); schema.make(sessions, sys.argv[1])' "$(m)"

assets: ## Build web/static/dist from web/assets (needs Node)
	cd web/assets && npm ci --ignore-scripts --no-audit --no-fund && npm run build

translations: $(VENV)/.installed-dev ## Collect the texts of the sources and compile the English
	$(BIN)/python -m web.catalogue update

pictures: $(VENV)/.installed-dev ## Take the pictures of README and docs/tour.md anew (needs Chromium)
	$(IN_MEMORY) $(BIN)/python -m tests.browser.pictures

lock: $(VENV)/.installed-dev ## Write both lock files anew from pyproject.toml
	$(COMPILE) --upgrade --output-file=requirements.lock pyproject.toml
	$(COMPILE) --upgrade --extra=dev --constraint=requirements.lock --output-file=requirements-dev.lock pyproject.toml
