# Daybook. `make help` lists every target; only Python 3.11+, git and make must be there.

PYTHON ?= python3
# more than there are cores: the tests wait for others for a third of their time
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(4, (os.cpu_count() or 1) + 2))')
# a run that hangs is ended as by Ctrl-C, so that it tells what has failed by then
IN_TIME := timeout --foreground --signal=INT --kill-after=60 2700
BIN := .venv/bin
STAMP := .venv/.synced
TOOLS := .venv/.tools
CHECKOV := .venv/.checkov
LOCALE_KEYWORDS := --keyword marked --keyword say --keyword say_of:2,3
BROWSER := .venv/.browser
MEMBERS := $(wildcard pyproject.toml */pyproject.toml */*/pyproject.toml)
SOURCES := libs/chassis libs/journal-archive services emulators cli deploy benchmarks tests
# benchmarks with the same peers share an environment
PEERS_OF := $(if $(filter gap,$(NAME)),calls,$(NAME))
PEERS := $(if $(wildcard benchmarks/$(PEERS_OF)/requirements.txt),.venv/bench-$(PEERS_OF)/.synced)

.DEFAULT_GOAL := help
.PHONY: help run up down status logs setup test test-endurance test-observed test-browser bench lint chart chart-golden chart-docs chart-released format proto locales dashboards images test-images clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: $(STAMP) $(if $(OBSERVE),$(TOOLS)) ## Start all of Daybook, make a demo call and show it live; Ctrl-C stops. ONCE=1: end after the entry. TRACE=1: show the trace. OBSERVE=1: as for up
	@$(BIN)/daybook run $(if $(ONCE),--once) $(if $(TRACE),--trace) $(if $(OBSERVE),--observe)

up: $(STAMP) $(if $(OBSERVE),$(TOOLS)) ## Start all of Daybook in the background. OBSERVE=1: with a Prometheus, the chart's alerts and dashboards (docs/observing.md)
	@$(BIN)/daybook up $(if $(OBSERVE),--observe)

down: $(STAMP) ## Stop it
	@$(BIN)/daybook down

status: $(STAMP) ## What runs, and which outside parties are real
	@$(BIN)/daybook status

logs: $(STAMP) ## Follow the logs of all processes; SERVICE=journal: of one
	@$(BIN)/daybook logs --follow $(SERVICE)

setup: $(STAMP) ## Make the environment in .venv, from uv.lock

$(STAMP): uv.lock $(MEMBERS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Daybook needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12"; exit 1; }
	@[ -x $(BIN)/python ] || { echo "Making the environment in .venv"; $(PYTHON) -m venv .venv; }
	@$(BIN)/python -m pip show -q uv 2>/dev/null || $(BIN)/python -m pip install -q --disable-pip-version-check 'uv>=0.13,<0.14'
	@$(BIN)/uv sync --frozen --inexact --quiet
	@touch $@

$(TOOLS): deploy/tools $(STAMP)
	@deploy/tools
	@touch $@

test: $(STAMP) $(TOOLS) ## All tests. PYTEST="-k windows -x": other arguments
	@$(IN_TIME) $(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadscope --no-loadscope-reorder $(PYTEST)

test-endurance: $(STAMP) ## What takes too long for `make test`, most of it tests of that at a larger size: 200 kills of a tick over 20 000 windows, an hour of calls; many minutes
	@$(BIN)/pytest -m endurance $(PYTEST)

test-observed: $(STAMP) $(TOOLS) ## Stop each process of a running Daybook and see its alert fire, in a real Prometheus; some minutes
	@$(BIN)/pytest -m observed $(PYTEST)

$(BROWSER): $(STAMP)
	@command -v chromium >/dev/null || { echo "A browser is needed and not here. Install Chromium so that \`chromium\` is on the PATH (Debian: apt-get install chromium)."; exit 1; }
	@$(BIN)/uv sync --frozen --inexact --quiet --group browser
	@touch $@

test-browser: $(STAMP) $(BROWSER) ## The portal in a real Chromium, as a person uses it, on a desktop and a phone; needs chromium
	@$(IN_TIME) $(BIN)/pytest -m browser tests/browser $(PYTEST)

bench: $(STAMP) $(PEERS) ## The benchmarks there are; NAME=tick: run one, beside its peers. SIZES=10000,100000: a quick one (benchmarks/README.md)
	@$(BIN)/python -m benchmarks $(NAME) $(if $(SIZES),--sizes $(SIZES))

.venv/bench-%/.synced: benchmarks/%/requirements.txt
	@echo "Making an environment for the peers of the benchmark $*"
	@$(PYTHON) -m venv .venv/bench-$*
	@.venv/bench-$*/bin/python -m pip install -q --disable-pip-version-check --no-deps -r $<
	@touch $@

lint: $(STAMP) ## ruff, mypy --strict, the walls between the packages, buf, whether the generated code is current, scripts, Dockerfiles
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo "Run: make format"; exit 1; }
	@$(BIN)/ruff check $(SOURCES) deploy/images/base
	@$(BIN)/shellcheck deploy/tools deploy/images/build deploy/images/engine proto/generate .ci/run
	@$(BIN)/hadolint */Dockerfile */*/Dockerfile
	@$(BIN)/mypy libs/chassis/src libs/journal-archive/src services/*/src emulators/src cli/src deploy/dashboards deploy/helm/values_table.py benchmarks
	@$(BIN)/lint-imports
	@$(BIN)/buf lint proto
	@$(BIN)/buf format --diff --exit-code proto
	@rm -rf .venv/generated && proto/generate ../.venv/generated && diff -r -x __pycache__ .venv/generated libs/contracts/src || { echo "Run: make proto"; exit 1; }
	@$(BIN)/yamllint --strict --config-file deploy/yamllint.yaml deploy/checkov.yaml deploy/helm/daybook/Chart.yaml deploy/helm/daybook/values.yaml deploy/helm/daybook/ci

$(CHECKOV):
	@echo "Making an environment for checkov, whose pins would hold back everything else"
	@$(PYTHON) -m venv .venv/checkov
	@.venv/checkov/bin/python -m pip install -q --disable-pip-version-check 'checkov==3.3.30'
	@touch $@

chart: $(STAMP) $(TOOLS) $(CHECKOV) ## Hold the chart to everything: lint, schemas, asserts on every object, examples, checkov
	@$(BIN)/pytest tests/chart $(PYTEST)
	@.venv/checkov/bin/checkov --config-file deploy/checkov.yaml --directory deploy/helm/daybook/examples

chart-golden: $(STAMP) $(TOOLS) ## Render deploy/helm/daybook/examples anew
	@cd tests && ../$(BIN)/python -m chart.settled

chart-docs: $(STAMP) ## Make the table of values in the README of the chart
	@$(BIN)/python deploy/helm/values_table.py

chart-released: $(STAMP) $(TOOLS) ## For a release: keep what an upgrade from it may not change
	@cd tests && ../$(BIN)/python -m chart.immutable

format: $(STAMP) ## Bring the code into its form
	@$(BIN)/ruff check --quiet --fix $(SOURCES)
	@$(BIN)/ruff format --quiet $(SOURCES)
	@$(BIN)/buf format --write proto

proto: $(STAMP) ## Generate libs/contracts from proto/
	@proto/generate ../libs/contracts/src

locales: $(STAMP) ## Bring the portal's catalogues of translations up to its texts; what is new is to be translated in them
	@cd services/portal && ../../$(BIN)/pybabel --quiet extract --mapping-file locales.cfg $(LOCALE_KEYWORDS) --no-location --sort-output --omit-header --output-file ../../.venv/portal.pot src/portal
	@cd services/portal/src/portal/locales && for po in *.po; do ../../../../../$(BIN)/pybabel --quiet update --input-file ../../../../../.venv/portal.pot --output-file $$po --locale $${po%.po} --no-fuzzy-matching --ignore-obsolete --omit-header; done

dashboards: $(STAMP) ## Write the Grafana dashboards of the chart from deploy/dashboards
	@cd deploy && ../$(BIN)/python -m dashboards helm/daybook/dashboards

images: ## Build the container images. IMAGES_BASE=local: on a base of this machine's Debian packages (deploy/images/README.md)
	@deploy/images/build

test-images: $(STAMP) images ## Build them, run each as a pod would, and place a call with them alone; needs podman or docker
	@$(BIN)/pytest -m images tests/images

clean: down ## Stop everything and remove what was made: the environment and all local data
	@rm -rf .venv .daybook
