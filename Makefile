# Two commands do everything: `make up` runs the product, `make test` proves it. `make help` lists the rest.

.DEFAULT_GOAL := help
SHELL := /bin/sh
PORT ?= 8000
ENV ?= local
URL ?=
TITLE ?=
# What is asked about its provenance: the whole artefact, or the names of what is in it.
OF ?= dist/artefact/SHA256SUMS
DRAFT ?=
# A release goes from each environment to the next, as the very bytes that were there.
BEFORE = $(if $(findstring production,$(ENV)),$(subst production,staging,$(ENV)),$(subst staging,dev,$(ENV)))

PULL_REQUEST = $(VENV)/python -m tools.pull_request
INTO_FOLDER = $${INTO:+--into "$$INTO"}
# As the shell has them: what comes from outside is never a part of a command.
SMOKE = --url "$$URL" --environment "$$ENV" --release "$$RELEASE" --api-release "$$API_RELEASE" \
	--browsers "$${BROWSERS:-chromium}"

# The first Python that is new enough; the venv is made from it.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv/bin
RUN := $(VENV)/python -m site_builder
PYTEST := $(VENV)/coverage run -m pytest
# These take about as long as all the others, so they run beside them.
HALF := tests/site_builder/engine/test_same_bytes.py tests/infra tests/theme tests/tools tests/smoke \
	tests/api/test_old_code.py tests/api/test_contract_fuzzed.py tests/api/test_least_rights.py

REPORTS := dist/reports

# Every target is a command, and none is a file.
.PHONY: $(shell awk -F: '/^[.a-z][a-z-]*:/ { print $$1 }' $(firstword $(MAKEFILE_LIST)))

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
	@$(VENV)/python tools/side_by_side.py "$(PYTEST) --junit-xml=$(REPORTS)/half.xml $(HALF)" \
		"$(PYTEST) --junit-xml=$(REPORTS)/tests.xml $(HALF:%=--ignore=%)"
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

describe: .ready ## Write docs/infra.md anew, from what the variables and outputs of infra/ say of themselves
	$(VENV)/python tools/infra_docs.py

checkov: .ready ## Look over infra/ with checkov's rules, which it installs first, in a venv of its own
	$(VENV)/python tools/checkov.py

test-nightly: .ready ## Run the tests of properties on many more random examples; it takes an hour or two
	HYPOTHESIS_PROFILE=nightly $(VENV)/pytest --timeout=7200 tests/site_builder tests/api -m "not browser and not infra"
	HYPOTHESIS_PROFILE=nightly $(VENV)/pytest --timeout=7200 tests/infra/test_moto_apply.py tests/infra/test_moto_api.py
	HYPOTHESIS_PROFILE=nightly $(VENV)/pytest --timeout=7200 tests/tools/road/test_pipeline.py

lighthouse: .ready ## Ask Lighthouse for its marks on every template, on a phone with slow 4G
	$(VENV)/python tools/lighthouse.py $(if $(URL),--url "$(URL)")

hammer: .ready ## Ask the local cloud a hundred thousand times while releases go live and come back; some minutes
	HAMMER_REQUESTS=100000 HAMMER_MOVES=120 $(VENV)/pytest tests/site_builder/preview/test_hammer.py

smoke: .ready ## Run the smoke tests against a live site (URL=https://…, ENV=…, RELEASE=…, BROWSERS=all, SMOKE_KEY)
	@$(VENV)/python tools/smoke.py $(SMOKE)

approve: .ready ## Take what a live site's pages look like now for right (URL=https://…)
	@$(VENV)/python tools/smoke.py $(SMOKE) --approve

browsers: .ready ## Get Playwright's Firefox and WebKit, and its recorder of videos, for the smoke tests
	$(VENV)/playwright install firefox webkit ffmpeg

pull-request-compare: .ready ## Find out what a change does to the pages (BASE=… is the output of what it is based on)
	@$(PULL_REQUEST) compare --base "$$BASE" --output "$${OUTPUT:-output}" --marks "$${MARKS:-2}"

pull-request-show: .ready ## Show what was compared as a preview (NUMBER=… ENV=dev)
	@$(PULL_REQUEST) show --number "$$NUMBER" --environment "$${ENV:-dev}" --output "$${OUTPUT:-output}" $(INTO_FOLDER)

pull-request-tell: .ready ## Write it into the pull request's one comment (NUMBER=… REPOSITORY=… COMMIT=… GITHUB_TOKEN)
	@$(PULL_REQUEST) tell --number "$$NUMBER" --repository "$$REPOSITORY" --commit "$$COMMIT" $(INTO_FOLDER)

pull-request-close: .ready ## Take the preview away and say so (NUMBER=… REPOSITORY=… ENV=dev GITHUB_TOKEN)
	@$(PULL_REQUEST) close --number "$$NUMBER" --repository "$$REPOSITORY" --environment "$${ENV:-dev}"

uat: .ready ## Print what a person looks at before production (URL=… LIVE=… REPOSITORY=… RELEASE=… COMMIT=… FROM=… TO=…)
	@$(VENV)/python tools/uat.py --url "$$URL" --live "$$LIVE" --repository "$$REPOSITORY" --release "$$RELEASE" \
		--commit "$$COMMIT" --from "$$FROM" --to "$$TO"

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
	@$(VENV)/python tools/package_api.py dist/api.zip $(PACKAGING)

certificates: .ready ## Fetch the certificates by which RDS proves itself, for the API's package
	@$(VENV)/python tools/certificates.py

cost: .ready ## Reckon what each environment costs in a month, and write it into docs/cost.md
	@$(VENV)/python tools/cost.py --write

restore-drill: .ready ## Restore a database as of a moment, count what is in it, and time it (ENV=local, dev, staging or production)
	@$(VENV)/python tools/restore_drill.py $(if $(filter local,$(ENV)),here,$(ENV)) $(if $(TO),--to $(TO)) $(if $(SWITCH),--switch)

package-publisher: ## Package the function that asks for what is due, into dist/publisher.zip
	@$(PYTHON) tools/package_function.py publisher dist/publisher.zip

cloud: .ready ## Run three environments here, with edges that hear of a flip late; publish.py works on them
	@$(VENV)/python publish.py cloud

status: .ready ## Say what is live, everywhere
	@$(VENV)/python publish.py status

deploy: .ready ## Deploy output/ to an environment (ENV=local, local-dev, dev, staging or production)
	@$(VENV)/python publish.py deploy $(ENV) $(if $(filter local,$(ENV)),--port $(PORT)) $(if $(ARTEFACT),--artefact $(ARTEFACT))

artefact: .installed ## Seal pages and API, as they were built, into dist/artefact, with the hash of each file
	@$(VENV)/python publish.py seal $(if $(SITE_ONLY),--site-only)

verdict: .ready ## Keep what the smoke tests said of what is live (ENV=… VERDICT=passed or failed)
	@$(VENV)/python publish.py verdict $(ENV) $(VERDICT) $(if $(RELEASE),--release "$$RELEASE")

plan: .ready ## Show what a deploy would do, and why (ENV=…)
	@$(VENV)/python publish.py plan $(ENV)

promote: .installed ## Take a release from the environment before to this one (ENV=…, COMMIT=… of it, PERCENT=… of the viewers)
	@$(VENV)/python publish.py promote "$(BEFORE)" "$$ENV" $${COMMIT:+--commit "$$COMMIT"} $${PERCENT:+--percent "$$PERCENT"}

watch: .installed ## Ask the alarms of an environment for a while (ENV=…, SECONDS=…)
	@$(VENV)/python publish.py watch "$$ENV" $${SECONDS:+--seconds "$$SECONDS"}

canary: .installed ## Give a release to a share of the viewers (ENV=…, PERCENT=…, ARTEFACT=… if it is sealed, SITE_ONLY=1 without the API)
	@$(VENV)/python publish.py canary "$$ENV" --percent "$$PERCENT" $${ARTEFACT:+--artefact "$$ARTEFACT"} $${SITE_ONLY:+--site-only}

preview: .installed ## Show a release under a name of its own (ENV=…, NAME=…, ARTEFACT=… if it is sealed)
	@$(VENV)/python tools/outputs.py $(VENV)/python publish.py preview "$$NAME" --in "$$ENV" $${ARTEFACT:+--artefact "$$ARTEFACT"} --json

wait: .installed ## Wait until a moment, which is near (UNTIL=…, in seconds since 1970)
	@$(VENV)/python tools/wait.py "$$UNTIL"

verify: .installed ## Compare a live site and its bucket with what was sealed (ENV=…)
	@$(VENV)/python publish.py verify "$$ENV"

backups: .installed ## Say how old the newest backup of an environment's database is; too old is a failure (ENV=…)
	@$(VENV)/python publish.py backups "$$ENV"

live: .installed ## Say what is live in one environment, to a person and to a workflow's next steps (ENV=…)
	@$(VENV)/python tools/outputs.py $(VENV)/python publish.py status "$$ENV" --json

named: .installed ## Write down what was made of a commit in the environment before, as it was sealed (ENV=…, COMMIT=…)
	@$(VENV)/python publish.py named "$(BEFORE)" $${COMMIT:+--commit "$$COMMIT"} --to dist/names

provenance: ## Ask GitHub whether our release of branch dev has sealed what is named (OF=…, a file or several); only there
	@for file in $(OF); do gh attestation verify "$$file" --repo "$$GITHUB_REPOSITORY" --source-ref refs/heads/dev \
		--signer-workflow "$$GITHUB_REPOSITORY/.github/workflows/release.yml" || exit 1; done

finish: .installed ## Give a canary to everybody (ENV=…)
	@$(VENV)/python publish.py canary "$$ENV" --finish

withdraw: .installed ## Let nobody get what was made of a commit (ENV=…, COMMIT=…, else of the one that is checked out)
	@$(VENV)/python publish.py withdraw "$$ENV" --commit "$${COMMIT:-$$(git rev-parse HEAD)}"

rollback: .installed ## Go back to the release before, or to one that is named (ENV=…, RELEASE=…)
	@$(VENV)/python publish.py rollback "$$ENV" $${RELEASE:+"$$RELEASE"}

pipeline: .ready ## Travel the whole road here: push, CI, dev, staging, smoke tests, approval, canary, finish, rollback (DUE=1: and what is due)
	@$(VENV)/python -m tools.road.pipeline $(if $(DUE),--due)

audit: .audited ## Ask whether a locked package has a known hole; this asks the internet
	$(VENV)/python tools/audit.py

secrets: .ready ## Look for keys and passwords in what is committed
	$(VENV)/python tools/leaks.py

licences: .ready ## Hold the licence of every package to the list of those that we may use
	$(VENV)/python tools/licences.py

sbom: .audited ## List what the site and the API are made of, in CycloneDX, into dist/
	@mkdir -p dist
	$(VENV)/cyclonedx-py requirements requirements/site.txt --output-reproducible -o dist/sbom-site.json
	$(VENV)/cyclonedx-py requirements requirements/api.txt --output-reproducible -o dist/sbom-api.json

workflows: .ready ## Audit the workflows, and hold them to GitHub's schema
	$(VENV)/zizmor --offline --pedantic --no-progress .github
	$(VENV)/python -m tools.workflow_lint
	$(VENV)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(VENV)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

settings: .ready ## Say how the repository's settings differ from .github/settings (REPOSITORY=…, APPLY=1 makes them so, GITHUB_TOKEN)
	@$(VENV)/python -m tools.settings --repository "$$REPOSITORY" $${APPLY:+--apply}

annotations: ## Tell GitHub's runner how the tools say where something is wrong
	@echo "::add-matcher::.github/matchers.json"

summary: .ready ## Sum up what the tests said and what they reached, for a person to read
	@$(VENV)/python tools/summary.py $(REPORTS)

clean: ## Remove what was built; .venv and the data in .local/ stay
	rm -rf output dist .output.* .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

.installed:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed, and none was found. Debian: apt install python3 python3-venv' >&2; exit 1; }
	@$(PYTHON) tools/setup.py run

.audited: .ready
	@$(PYTHON) tools/setup.py audit

.ready:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed, and none was found. Debian: apt install python3 python3-venv' >&2; exit 1; }
	@$(PYTHON) tools/setup.py dev
