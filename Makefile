# `make repro` runs the pipeline, `make test` the tests. Both make the virtual environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A name for each version of Python: with another one the environment is made anew.
INSTALLED := $(VENV)/installed-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# Stages are run as `python -m …` by DVC: they must find this environment's Python first.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup repro report compare app setup-app test test-fast fuzz real sample study ablations sweep ci-rerun reproduce-check kill-check bench clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# The stamp comes last: a cut-off installation is done again, not taken for a finished one.
$(INSTALLED): requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "error: this is Python %d.%d, and the pinned packages need 3.11 to 3.13: make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements.txt
	touch $@

setup: $(INSTALLED)  ## make the virtual environment and install the pinned packages
	@# An unpacked archive has no Git repository of its own; DVC has to be told.
	@test -e .git || $(BIN)/dvc config --local core.no_scm true

repro: setup  ## run every stage that is out of date, then print the metrics
	@$(BIN)/python -m tools.repro
	@$(BIN)/python -m tools.show

report: setup  ## write report.html: everything about the workspace on one page that needs no network
	$(BIN)/python -m tools.report

compare: setup  ## write compare.html: REV=<revision> against the workspace, or against REV2=<revision …>
	@test -n "$(REV)" || { echo "error: name a revision: make compare REV=HEAD [REV2=my-experiment]" >&2; exit 2; }
	$(BIN)/python -m tools.compare $(REV) $(REV2)

# Made anew with the environment, since the stamp lies in it.
$(INSTALLED)-app: $(INSTALLED) requirements-app.txt
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements-app.txt
	touch $@

setup-app: setup $(INSTALLED)-app

app: setup-app  ## serve a page to try the networks: draw a digit, drop a photo (installs 270 MB once)
	@$(BIN)/python -m tools.app

test: setup  ## run the whole test suite
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-fast: setup  ## run the tests that take no end-to-end run
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

fuzz: setup  ## the properties of the test suite with new and many more random inputs
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow" -k "any or every or property"

real: setup  ## switch params.yaml to the real data (MIRROR=folder-or-URL, DIGITS=file.npz)
	$(BIN)/python -m tools.switch real $(if $(MIRROR),--mirror "$(MIRROR)") $(if $(DIGITS),--digits "$(DIGITS)")

sample: setup  ## switch params.yaml back to the sample data
	$(BIN)/python -m tools.switch sample

study: setup  ## run every variant on the real data in study/ and write docs/results.md (MIRROR, DIGITS as for real; ALSO)
	$(BIN)/python -m studies.run $(if $(MIRROR),--mirror "$(MIRROR)") $(if $(DIGITS),--digits "$(DIGITS)") $(if $(ALSO),--also $(ALSO))

ablations: setup  ## what every part of the best variants adds, on parts of the study's training data
	cd study && $(abspath $(BIN))/python -m tools.ablation distorted --seeds 0 1
	cd study && $(abspath $(BIN))/python -m tools.ablation balanced --seeds 0
	cd study && $(abspath $(BIN))/python -m tools.ablation random_init --seeds 0 1
	$(BIN)/python -m studies.write

# A value of GRID has no spaces; DVC runs every combination.
GRID ?= variants.weighted.lr=0.0005,0.001 variants.weighted.class_weights.none=1,3,6
NAME ?= sweep
SORT ?= validation.balanced_accuracy
JOBS ?= 2

sweep: setup  ## run a grid through DVC's queue and compare its runs (GRID="a=1,2 b=3,4", NAME, SORT, JOBS)
	$(BIN)/python -m tools.sweep --name "$(NAME)" --sort "$(SORT)" -j $(JOBS) $(foreach one,$(GRID),-S '$(one)')

BASE ?= HEAD
ci-rerun: setup  ## rerun what changed and report the difference to BASE, as CI does (BASE=origin/main)
	$(BIN)/python -m tools.rerun --base "$(BASE)"

reproduce-check: setup  ## run twice from nothing in separate folders and compare every byte
	$(BIN)/python -m tools.reproduce_check

kill-check: setup  ## kill -9 a run at random moments, run again, compare every byte (KILLS=10, SEED=0)
	$(BIN)/python -m tools.kill_check --kills $(or $(KILLS),10) --seed $(or $(SEED),0)

bench: setup  ## measure against peers on the workspace, write docs/benchmarks.md (NAMES="dnn cnn crop audit dvc cluster")
	$(BIN)/python -m benchmarks $(NAMES)

clean:  ## remove outputs and DVC's cache; the environment stays
	rm -rf data/raw data/digits data/masks data/masks_large data/audit models/*/ .dvc/cache .dvc/tmp
