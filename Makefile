# `make` alone lists the targets. Everything is installed into .venv, nothing outside this folder is touched.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test eval bench check format clean

help: ## List these targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("rdhy-qa needs Python 3.11 or newer: make PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --upgrade pip

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing rdhy-qa and what it needs; the first time takes a minute or two …"
	$(PIP) install --quiet --constraint constraints.txt --editable '.[api]'
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(PIP) install --quiet --constraint constraints.txt --group dev
	@touch $@

setup: $(VENV)/.dev ## Create .venv and install the program and the development tools.

demo: $(VENV)/.runtime ## Install, build the index from corpus/ and ask three questions.
	@$(BIN)/rdhy-qa ingest corpus --index index
	@$(BIN)/rdhy-qa demo --index index

serve: $(VENV)/.runtime ## Build the index if need be, and serve it on http://127.0.0.1:8000.
	@$(BIN)/rdhy-qa ingest corpus --index index
	@$(BIN)/rdhy-qa serve --index index

test: $(VENV)/.dev ## Run all tests.
	$(BIN)/python -m pytest

eval: $(VENV)/.dev ## Ask the question set on Post 4 and say how many answers are right.
	@$(BIN)/rdhy-qa ingest corpus --index index
	$(BIN)/python -m rdhy_qa_evals.run evals/questions/post-4.yaml --index index --corpus

bench: $(VENV)/.dev ## Measure speed and memory against their budgets.
	$(BIN)/python benchmarks/budgets.py

check: $(VENV)/.dev ## Everything that has to be right before a commit: format, lint, types, tests, docs.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

format: $(VENV)/.dev ## Format the code and mend what the linter can.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove .venv, the index and all caches.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find index -mindepth 1 ! -name README.md -delete
