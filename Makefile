# Two commands do everything: `make up` runs the product, `make test` proves it. `make help` lists the rest.

.DEFAULT_GOAL := help
SHELL := /bin/sh
PORT ?= 8000
ENV ?= local
URL ?=
TITLE ?=
DRAFT ?=

# The first Python that is new enough; the venv is made from it.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv/bin
RUN := $(VENV)/python -m site_builder
PYTEST := $(VENV)/coverage run -m pytest
# It takes as long as all the others, so it runs beside them.
LONGEST := tests/site_builder/engine/test_same_bytes.py

.PHONY: help up setup build post page review rename schedule urls links check test test-unit test-integration test-browser test-infra test-nightly hammer lighthouse smoke format lint types \
	imports lock package certificates cost restore-drill cloud status deploy verdict plan clean .installed .ready

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

up: .installed ## Run the whole product here: site, API, PostgreSQL (PORT=8000); Ctrl-C stops it
	@$(RUN) up --port $(PORT)

setup: .ready ## Install everything for development, a browser for the tests included

build: .installed ## Build the site into output/
	@$(RUN) build

post: .installed ## Begin a post (TITLE="…", DRAFT=1 for a draft)
	@$(RUN) new "$$TITLE" $(if $(DRAFT),--draft)

page: .installed ## Begin a page (TITLE="…")
	@$(RUN) new "$$TITLE" --page $(if $(DRAFT),--draft)

review: .installed ## Say everything that is wrong with the texts and the built pages
	@$(RUN) check

rename: .installed ## Give a text another slug and lose nothing (TEXT=old-slug SLUG=new-slug)
	@$(RUN) rename "$$TEXT" "$$SLUG"

schedule: .installed ## List what appears and what expires from now on
	@$(RUN) schedule

urls: build ## Add new addresses to the list of those that are for ever
	@$(RUN) urls --write

links: .installed ## Say it too where a page of another site that we link to is gone; asks them politely
	@$(RUN) check --external

test: .ready check ## Prove it: lint, types, contracts, and every test, in a real browser too
	@$(VENV)/coverage erase
	@$(VENV)/python tools/side_by_side.py "$(PYTEST) $(LONGEST)" "$(PYTEST) --ignore=$(LONGEST)"
	@$(VENV)/coverage combine -q
	$(VENV)/coverage report

test-unit: .ready ## Run the tests that need neither database, browser nor Terraform
	$(VENV)/pytest -m "not integration and not browser and not infra"

test-integration: .ready ## Run the tests that speak to a real PostgreSQL or a real process
	$(VENV)/pytest -m integration

test-browser: .ready ## Run the tests that drive a real browser
	$(VENV)/pytest -m browser

test-infra: .ready ## Run the tests of Terraform
	$(VENV)/pytest -m infra

test-nightly: .ready ## Run the tests of properties on many more random examples; it takes an hour or two
	HYPOTHESIS_PROFILE=nightly $(VENV)/pytest tests/site_builder tests/api -m "not browser and not infra"
	HYPOTHESIS_PROFILE=nightly $(VENV)/pytest tests/infra/test_moto_apply.py tests/infra/test_moto_api.py

lighthouse: .ready ## Ask Lighthouse for its marks on every template, on a phone with slow 4G
	$(VENV)/python tools/lighthouse.py $(if $(URL),--url "$(URL)")

hammer: .ready ## Ask the local cloud a hundred thousand times while releases go live and come back; some minutes
	HAMMER_REQUESTS=100000 HAMMER_MOVES=120 $(VENV)/pytest tests/site_builder/preview/test_hammer.py

smoke: .ready ## Run the smoke tests against a running site (URL=https://…)
	$(VENV)/pytest tests/smoke --site-url "$(URL)"

check: .ready lint types imports ## Check format, lint, types and who imports whom

lint: .ready ## Check format and lint
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .

types: .ready ## Check the types
	$(VENV)/mypy

imports: .ready ## Check who imports whom
	PYTHONPATH=.:api $(VENV)/lint-imports --no-cache

format: .ready ## Format the code and mend what can be mended by itself
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .

lock: .ready ## Compile requirements/*.txt anew from pyproject.toml
	$(VENV)/python tools/lock.py

package: .ready ## Package the API for Lambda, alone and from its own lock, into dist/api.zip
	@$(VENV)/python tools/package_api.py dist/api.zip

certificates: .ready ## Fetch the certificates by which RDS proves itself, for the API's package
	@$(VENV)/python tools/certificates.py

cost: .ready ## Reckon what each environment costs in a month, and write it into docs/cost.md
	@$(VENV)/python tools/cost.py --write

restore-drill: .ready ## Restore a database as of a moment, count what is in it, and time it (ENV=local, dev, staging or production)
	@$(VENV)/python tools/restore_drill.py $(if $(filter local,$(ENV)),here,$(ENV)) $(if $(TO),--to $(TO)) $(if $(SWITCH),--switch)

cloud: .ready ## Run three environments here, with edges that hear of a flip late; publish.py works on them
	@$(VENV)/python publish.py cloud

status: .ready ## Say what is live, everywhere
	@$(VENV)/python publish.py status

deploy: .ready ## Deploy output/ to an environment (ENV=local, local-dev, dev, staging or production)
	@$(VENV)/python publish.py deploy $(ENV) $(if $(filter local,$(ENV)),--port $(PORT))

verdict: .ready ## Keep what the smoke tests said of what is live (ENV=… VERDICT=passed or failed)
	@$(VENV)/python publish.py verdict $(ENV) $(VERDICT)

plan: .ready ## Show what a deploy would do, and why (ENV=…)
	@$(VENV)/python publish.py plan $(ENV)

clean: ## Remove what was built; .venv and the data in .local/ stay
	rm -rf output dist .output.* .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

.installed:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed, and none was found. Debian: apt install python3 python3-venv' >&2; exit 1; }
	@$(PYTHON) tools/setup.py run

.ready:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed, and none was found. Debian: apt install python3 python3-venv' >&2; exit 1; }
	@$(PYTHON) tools/setup.py dev
