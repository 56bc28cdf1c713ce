PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION = 0.13.9
PORT ?= 8000
VENV = .venv/bin
SYNC = VIRTUAL_ENV=.venv $(VENV)/uv sync --quiet --frozen --active --inexact --compile-bytecode

.PHONY: help install run test check browser faults contract openapi migration clean
.DEFAULT_GOAL = help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: .venv/.run  ## the virtual environment .venv, every version from uv.lock

run: .venv/.run  ## migrate, load the archive, serve it on http://127.0.0.1:8000 (PORT=8010: elsewhere)
	@$(VENV)/zarya serve --prepare --port $(PORT)

test: check  ## everything: the fast checks, then the suite on SQLite and on PostgreSQL
	@$(VENV)/pytest -q --numprocesses 2 --dist loadgroup

check: .venv/.test  ## the fast part: lint, types, import rules, what would break clients
	@$(VENV)/ruff format --check --quiet . && $(VENV)/ruff check --quiet .
	@$(VENV)/mypy
	@$(VENV)/lint-imports --no-cache --no-logo
	@$(VENV)/python -m contract.compat

browser: .venv/.browser  ## the documentation pages in a real browser: needs Debian's chromium
	@$(VENV)/mypy -p tests_browser
	@$(VENV)/pytest -q tests_browser

faults: .venv/.test  ## real servers broken on purpose; writes the figures in docs/reliability.md
	@$(VENV)/pytest -q tests_faults --report docs/reliability.md

contract: .venv/.test  ## the OpenAPI document: linters, fuzzing, generated clients, a cache (needs nginx)
	@$(SYNC) --group contract
	@$(VENV)/mypy -m contract.run -m contract.hooks
	@$(VENV)/python -W ignore -m contract.run

openapi: .venv/.run  ## write openapi.json anew
	@$(VENV)/zarya openapi > openapi.json

migration: .venv/.test  ## a new migration from the models: make migration NAME="add articles"
	@$(VENV)/zarya migrate && $(VENV)/alembic revision --autogenerate -m "$(NAME)"

clean:  ## remove what these targets made, the archive in var/ excepted
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(VENV)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.run: .venv/bin/uv uv.lock pyproject.toml
	@echo "Installing what uv.lock names into .venv"
	@$(SYNC) --no-default-groups
	@touch $@

.venv/.test: .venv/.run
	@$(SYNC) --group test
	@touch $@

.venv/.browser: .venv/.test
	@$(SYNC) --group browser
	@touch $@
