PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION = 0.13.9
PORT ?= 8000
VENV = .venv/bin
SYNC = VIRTUAL_ENV=.venv $(VENV)/uv sync --quiet --frozen --active --inexact --compile-bytecode

.PHONY: help install run test test-slow check browser screenshots faults cluster attack contract bench bench-check bench-growth bench-prices bench-workers launch-day image image-test install-test compose-test audit sbom release openapi examples clients manual chronicle drawings migration clean
.DEFAULT_GOAL = help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: .venv/.run  ## create the virtual environment .venv with the versions in uv.lock

run: .venv/.run  ## migrate, load the archive, serve it on http://127.0.0.1:8000 (PORT=8010 for another port)
	@$(VENV)/zarya serve --prepare --port $(PORT)

test: check  ## run all checks, then the tests on SQLite and PostgreSQL
	@$(VENV)/pytest -q --numprocesses 4 --dist worksteal -m "not slow"

test-slow: .venv/.test  ## run the slow tests: imports of whole archives, walks of all routes, several processes
	@$(VENV)/pytest -q --numprocesses 4 --dist worksteal -m slow

check: .venv/.test  ## run the fast checks: lint, types, import rules, API compatibility
	@$(VENV)/ruff format --check --quiet . && $(VENV)/ruff check --quiet .
	@$(VENV)/mypy
	@$(VENV)/lint-imports --no-cache --no-logo
	@$(VENV)/python -m contract.compat

browser: .venv/.browser  ## test portal and documentation in a real browser (needs Debian's chromium; XSS_RECORDS=167: all payloads in all texts)
	@$(VENV)/mypy -p tests_browser
	@$(VENV)/pytest -q --numprocesses 2 --dist loadfile tests_browser

screenshots: .venv/.browser  ## take screenshots of every portal screen into docs/screenshots/
	@$(VENV)/python -m tests_browser.screenshots

faults: .venv/.test  ## inject faults into real servers (needs prometheus); writes docs/reliability.md (QUICK=1: fewer, two at once, no report)
ifdef QUICK
	@FAULTS=quick $(VENV)/pytest -q --numprocesses 2 --dist worksteal -k "not postgresql" --ignore tests_faults/test_long_writes.py tests_faults
	@FAULTS=quick $(VENV)/pytest -q -k "not postgresql" tests_faults/test_long_writes.py
else
	@$(VENV)/pytest -q --report docs/reliability.md tests_faults
endif

cluster: .venv/.test  ## inject faults into three machines in network namespaces (as root; see docs/scaling.md; RATE=200; QUICK=1: one fault at 20 a second, no report)
	@QUICK=$(QUICK) RATE=$(or $(RATE),$(if $(QUICK),20,200)) tests_cluster/isolate.sh $(VENV)/pytest -q -s -x tests_cluster $(if $(QUICK),,--report docs/scaling.md)

attack: .venv/.attack  ## attack real servers with many kinds of clients (needs curl and chromium; QUICK=1: fewer requests)
	@$(VENV)/mypy -p tests_attack
	@$(if $(QUICK),ATTACK=quick) $(VENV)/pytest -q tests_attack

contract: .venv/.test  ## test the OpenAPI document: linters, fuzzing, generated clients, a proxy cache (needs nginx)
	@$(SYNC) --group contract
	@$(VENV)/mypy -m contract.run -m contract.hooks
	@$(VENV)/python -W ignore -m contract.run

bench: .venv/.bench  ## measure performance against references (needs wrk; QUICK=1: 2 minutes, rough)
	@$(VENV)/python -W ignore -m bench.run $(if $(QUICK),--quick)

bench-check: .venv/.test  ## compare CPU cost per route with bench/ratios.json (UPDATE=1: write it)
	@$(VENV)/python -W ignore -m bench.check $(if $(UPDATE),--update) $(if $(CONTROL),--control)

bench-growth: .venv/.test  ## find public reads that cost more with 1,000,000 articles than with 10,000 (EVENTS=1: events; QUICK=1: 100,000)
	@$(VENV)/python -W ignore -m bench.growth $(if $(EVENTS),--events) $(if $(QUICK),--quick)

bench-prices: .venv/.test  ## find public reads that cost more than 20 median reads, with 100,000 articles (UPDATE=1: write bench/prices.json)
	@$(VENV)/python -W ignore -m bench.prices $(if $(UPDATE),--update)

bench-workers: .venv/.bench  ## compare servers, workers and threads (needs wrk)
	@$(VENV)/python -W ignore -m bench.workers $(if $(QUICK),--quick)

launch-day: .venv/.test  ## simulate peak load with caches (needs nginx); writes docs/scaling.md
	@$(VENV)/python -W ignore -m bench.launchday

image:  ## build the container image with docker, or with buildah (as root)
	@deploy/image.sh build

install-test:  ## install on an empty Debian 12 in a container, twice, and use it (as root; needs the ports of docs/install.md)
	@deploy/install-test.sh

compose-test:  ## run compose.yaml with podman (as root; needs port 8080)
	@deploy/compose-test.sh

image-test: image  ## run the image and send it three requests
	@deploy/image.sh test

audit: var/requirements.txt  ## check uv.lock for known vulnerabilities (needs network access)
	@$(SYNC) --group audit
	@$(VENV)/pip-audit --strict --require-hashes --disable-pip --requirement $<

sbom: .venv/.run  ## write a CycloneDX bill of materials: var/sbom.json
	@mkdir -p var
	@$(VENV)/uv export --quiet --frozen --no-default-groups --no-emit-project --format cyclonedx1.5 --output-file var/sbom.json

release: .venv/.run  ## build wheel, image, bill of materials and checksums into dist/VERSION; KEY=FILE signs them
	@deploy/release.sh dist/$$($(VENV)/uv version --short)

var/requirements.txt: .venv/.run
	@mkdir -p var
	@$(VENV)/uv export --quiet --frozen --no-default-groups --no-emit-project --format requirements-txt >$@

openapi: .venv/.run  ## regenerate openapi.json
	@$(VENV)/zarya openapi > openapi.json

clients: .venv/.test  ## regenerate the types of the clients in clients/
	@$(VENV)/python -W ignore -m contract.run clients

examples: .venv/.test  ## regenerate the examples of responses in openapi.json, then openapi.json
	@$(VENV)/python -m tools.response_examples
	@$(VENV)/zarya openapi > openapi.json

manual: .venv/.run  ## regenerate the manual page app/cli/zarya.1
	@$(VENV)/python -m tools.manual

chronicle: .venv/.run  ## regenerate the chronicle and the texts of missions of the embedded archive
	@$(VENV)/python -m tools.chronicle

drawings: .venv/.run  ## regenerate the drawings of the embedded archive
	@$(VENV)/python -m tools.drawings

migration: .venv/.test  ## generate a migration from the models: make migration NAME="add articles"
	@$(VENV)/zarya migrate && $(VENV)/alembic revision --autogenerate -m "$(NAME)"

clean:  ## remove generated files, except the archive in var/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis var/test-archives

.venv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(VENV)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.run: .venv/bin/uv uv.lock pyproject.toml
	@echo "Installing what uv.lock names into .venv"
	@$(SYNC) --no-default-groups
	@$(VENV)/python -m compileall -q app migrations
	@touch $@

.venv/.test: .venv/.run
	@$(SYNC) --group test
	@touch $@

.venv/.bench: .venv/.test
	@$(SYNC) --group bench
	@touch $@

.venv/.attack: .venv/.test
	@$(SYNC) --group attack
	@touch $@

.venv/.browser: .venv/.test tests_browser/package-lock.json
	@$(SYNC) --group browser
	@cd tests_browser && PATH="$(CURDIR)/$(VENV):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
