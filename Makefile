# Everything one does with Yunpu. `make help` lists the targets from their comments.

SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
SERVE ?= 1
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup dev demo test check prove bench lock format messages docs bundle clean

help: ## List every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Stamps: a set-up that was interrupted goes on where it stopped, a repeated one takes seconds.
.venv/.base: requirements/base.txt pyproject.toml tools/install.py
	$(PYTHON) tools/install.py base

.venv/.dev: requirements/dev.txt pyproject.toml tools/install.py
	$(PYTHON) tools/install.py dev

.venv/.assets: $(wildcard package.json package-lock.json tools/build_assets.py yunpu/ui/assets/*) | .venv/.program
	$(BIN)/python tools/build_assets.py
	@touch $@

.venv/.fonts: tools/fetch_fonts.py | .venv/.program
	$(BIN)/python tools/fetch_fonts.py
	@touch $@

.venv/.messages: tools/compile_messages.py tools/catalogue.py $(wildcard yunpu/locale/*/LC_MESSAGES/*.po) | .venv/.program
	$(BIN)/python tools/compile_messages.py
	@touch $@

# The program itself: either list of requirements brings it.
.venv/.program:
	@test -e .venv/.dev || $(MAKE) --no-print-directory .venv/.base

dev: .venv/.dev .venv/.assets .venv/.fonts .venv/.messages ## Set up everything that writing code and running its tests needs

setup: ## Set up the program alone, without any data (docs/how-to/first-day.md)
	@test -e .venv/.dev || $(MAKE) --no-print-directory .venv/.base
	@$(MAKE) --no-print-directory .venv/.assets .venv/.fonts .venv/.messages

demo: setup ## Set up, build the demo district, show accounts and address, serve (SERVE=0 stops before serving)
	$(BIN)/yunpu demo
	@if [ "$(SERVE)" != 0 ]; then exec $(BIN)/yunpu serve; fi

test: .venv/.dev ## Everything: checks, then all tests on SQLite and on PostgreSQL with a real Chromium
	@$(MAKE) --no-print-directory .venv/.assets .venv/.fonts .venv/.messages
	$(BIN)/python tools/run_tests.py --workers $(WORKERS)

check: .venv/.dev .venv/.messages ## Format, lint, types, import contracts, templates, English catalogue, generated pages
	$(BIN)/python tools/check.py

prove: .venv/.dev .venv/.assets .venv/.fonts .venv/.messages ## The long proofs in full; writes date, commit, counts and seeds to docs/reliability.md
	$(BIN)/python tools/prove.py

bench: .venv/.dev ## Measure lists, intake and freeze at a million rows on both databases (an hour; only on a quiet machine)
	$(BIN)/python tools/bench.py

lock: .venv/.dev ## Lock the requirements again, with hashes and without hosts
	$(BIN)/python tools/lock.py

format: .venv/.dev ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: .venv/.dev ## Bring the English catalogue up to date with the source (then translate what is empty)
	$(BIN)/python tools/messages.py update
	$(BIN)/python tools/compile_messages.py

docs: .venv/.dev ## Write the generated pages: settings, flow, findings
	$(BIN)/python tools/generate_docs.py

bundle: .venv/.dev .venv/.assets .venv/.fonts .venv/.messages ## Put everything an offline machine needs into dist/ (docs/how-to/install-offline.md)
	$(BIN)/python tools/bundle.py

clean: ## Remove what the tools made; records in var/ stay
	rm -rf .venv dist build node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
