# `make repro` runs the pipeline, `make test` the tests. Both make the virtual environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Stages are run as `python -m …` by DVC: they must find this environment's Python first.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup repro test test-fast real sample clean
.DEFAULT_GOAL := help

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Renamed only once everything is installed: a cut-off installation is done again, not taken for a finished one.
$(VENV)/installed: requirements.txt constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements.txt
	touch $@

setup: $(VENV)/installed  ## make the virtual environment and install the pinned packages
	@# An unpacked archive has no Git repository of its own; DVC has to be told.
	@test -e .git || $(BIN)/dvc config --local core.no_scm true

repro: setup  ## run every stage that is out of date, then print the metrics
	$(BIN)/dvc repro
	@$(BIN)/python -m stages.show

test: setup  ## run the whole test suite
	$(BIN)/python -m pytest

test-fast: setup  ## run the tests that take no end-to-end run
	$(BIN)/python -m pytest -m "not slow"

real: setup  ## switch params.yaml to the real data (MIRROR=folder-or-URL, DIGITS=file.npz)
	$(BIN)/python -m stages.switch real $(if $(MIRROR),--mirror "$(MIRROR)") $(if $(DIGITS),--digits "$(DIGITS)")

sample: setup  ## switch params.yaml back to the sample data
	$(BIN)/python -m stages.switch sample

clean:  ## remove outputs and DVC's cache; the environment stays
	rm -rf data/raw data/faces data/digits.npz models/dnn models/cnn .dvc/cache .dvc/tmp
