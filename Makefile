# `make repro` runs the pipeline, `make test` the tests. Both make the virtual environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Stages are run as `python -m …` by DVC: they must find this environment's Python first.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup repro report compare test test-fast fuzz-inputs fuzz-photos fuzz-network fuzz-archives real sample study study-ablations sweep ci-rerun reproduce-check kill-check bench clean
.DEFAULT_GOAL := help

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# Renamed only once everything is installed: a cut-off installation is done again, not taken for a finished one.
$(VENV)/installed: requirements.txt constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements.txt
	touch $@

setup: $(VENV)/installed  ## make the virtual environment and install the pinned packages
	@# An unpacked archive has no Git repository of its own; DVC has to be told.
	@test -e .git || $(BIN)/dvc config --local core.no_scm true

repro: setup  ## run every stage that is out of date, then print the metrics
	@$(BIN)/python -m stages.check_local
	@$(BIN)/python -m stages.mend
	$(BIN)/dvc repro
	@$(BIN)/python -m stages.show

report: setup  ## write report.html: everything about the workspace on one page that needs no network
	$(BIN)/python -m stages.report

compare: setup  ## write compare.html: REV=<revision> against the workspace, or against REV2=<revision …>
	@test -n "$(REV)" || { echo "error: name a revision: make compare REV=HEAD [REV2=my-experiment]" >&2; exit 2; }
	$(BIN)/python -m stages.report --compare $(REV) $(REV2)

test: setup  ## run the whole test suite
	$(BIN)/python -m pytest

test-fast: setup  ## run the tests that take no end-to-end run
	$(BIN)/python -m pytest -m "not slow"

# The properties of the test suite, with TIMES as many examples; the statistics say how many of each.
TIMES ?= 20
fuzz-inputs: setup  ## try many tables, XML files, names, parameters and figures at random (TIMES=20, SEED)
	FUZZ=$(TIMES) $(BIN)/python -m pytest --hypothesis-show-statistics $(if $(SEED),--hypothesis-seed=$(SEED)) \
	  tests/test_fuzz_*.py tests/test_annotations.py tests/test_filenames.py tests/test_params.py tests/test_params_edit.py

fuzz-photos: setup  ## decode photos with random damage (CASES=40000, SEED=0)
	$(BIN)/python -m tests.photo_fuzz --cases $(or $(CASES),40000) --seed $(or $(SEED),0)

fuzz-network: setup  ## download from a server that misbehaves at random (CASES=1000, SEED=0)
	$(BIN)/python -m tests.network_campaign --cases $(or $(CASES),1000) --seed $(or $(SEED),0)

fuzz-archives: setup  ## read archives and weights with random changes (CASES=10000 of each kind, SEED=0)
	$(BIN)/python -m tests.archive_campaign --cases $(or $(CASES),10000) --seed $(or $(SEED),0)

real: setup  ## switch params.yaml to the real data (MIRROR=folder-or-URL, DIGITS=file.npz)
	$(BIN)/python -m stages.switch real $(if $(MIRROR),--mirror "$(MIRROR)") $(if $(DIGITS),--digits "$(DIGITS)")

sample: setup  ## switch params.yaml back to the sample data
	$(BIN)/python -m stages.switch sample

study: setup  ## run every variant on the real data in study/ and write docs/results.md (MIRROR, DIGITS as for real)
	$(BIN)/python -m studies.run $(if $(MIRROR),--mirror "$(MIRROR)") $(if $(DIGITS),--digits "$(DIGITS)")

study-ablations: setup  ## what every part of the best variants adds, on parts of the real training data
	cd study && $(abspath $(BIN))/python -m stages.ablation dnn best --seeds 0 1
	cd study && $(abspath $(BIN))/python -m stages.ablation cnn best --seeds 0
	$(BIN)/python -m studies.write

# A value of GRID has no spaces; DVC runs every combination.
GRID ?= cnn.variants.weighted.lr=0.0005,0.001 cnn.variants.weighted.class_weights.none=1,3,6
NAME ?= sweep
SORT ?= test.balanced_accuracy
JOBS ?= 2

sweep: setup  ## run a grid through DVC's queue and compare its runs (GRID="a=1,2 b=3,4", NAME, SORT, JOBS)
	$(BIN)/python -m ci.sweep --name "$(NAME)" --sort "$(SORT)" -j $(JOBS) $(foreach one,$(GRID),-S '$(one)')

BASE ?= HEAD
ci-rerun: setup  ## rerun what changed and report the difference to BASE, as CI does (BASE=origin/main)
	$(BIN)/python -m ci.rerun --base "$(BASE)"

reproduce-check: setup  ## run twice from nothing in separate folders and compare every byte
	$(BIN)/python -m ci.reproduce_check

kill-check: setup  ## kill -9 a run at random moments in every stage, run again, compare every byte (KILLS=30, SEED=0)
	$(BIN)/python -m ci.kill_check --kills $(or $(KILLS),30) --seed $(or $(SEED),0)

bench: setup  ## measure against peers, write docs/benchmarks.md (NAMES="dnn start", MIRROR, DIGITS as for real)
	DIGITS="$(DIGITS)" MIRROR="$(MIRROR)" $(BIN)/python -m benchmarks $(NAMES)

clean:  ## remove outputs and DVC's cache; the environment stays
	rm -rf data/raw data/faces data/faces_large data/faces_audit data/digits.npz data/digits_audit models/*/ .dvc/cache .dvc/tmp
