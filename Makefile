# `make help` tells what there is. Everything happens below the checkout; nothing needs root.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
STAMP := $(VENV)/.installed-dev
# Microphones are for where PortAudio's headers and a compiler are; elsewhere their tests are skipped.
HAS_PORTAUDIO := $(shell cc -E -x c -I/opt/homebrew/include -include portaudio.h /dev/null >/dev/null 2>&1 && echo yes)
MIC_STAMP := $(if $(HAS_PORTAUDIO),$(VENV)/.installed-dev-mic)

# Caches and settings of the tools stay in the checkout too.
CACHE := $(CURDIR)/$(VENV)/cache
SHARED_UV_CACHE ?= $(CACHE)/uv
export UV_CACHE_DIR := $(SHARED_UV_CACHE)
export XDG_CACHE_HOME := $(CACHE)
export XDG_CONFIG_HOME := $(CACHE)/config
export KERAS_HOME := $(CACHE)/keras
export DVC_SITE_CACHE_DIR := $(CACHE)/dvc
export PYTHONDONTWRITEBYTECODE :=
export PATH := $(CURDIR)/$(BIN):$(PATH)

# A process a core, but few: each loads TensorFlow. The tests of a file stay together.
BY_FILE := --dist loadfile --no-loadscope-reorder
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 $(BY_FILE)

.PHONY: help setup lint test test-system soak bench repro listen ship lock dvc-yaml clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) $(MIC_STAMP)  ## make .venv with everything for development

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "$(PYTHON) is no Python 3.11 to 3.13: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --no-cache-dir --disable-pip-version-check uv
	@echo "Downloading what requirements/dev.lock names (about 1 GB, 3 GB unpacked) into .venv"
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet --compile-bytecode --require-hashes -r requirements/dev.lock
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev-mic: requirements/mic.lock | $(STAMP)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet --compile-bytecode --require-hashes -r requirements/mic.lock \
		&& touch $@ || echo "PyAudio could not be built: what needs a microphone is skipped"

lint: setup  ## ruff, mypy, shellcheck
	ruff check .
	ruff format --check .
	mypy
	shellcheck setup_and_run.sh .ci/run

test: setup  ## the tests, in minutes; what the machine lacks is skipped by name
	python -m pytest $(SIDE_BY_SIDE) -m "not system"

test-system: setup  ## the tests that need DVC, servers or system packages
	python -m pytest --numprocesses 3 $(BY_FILE) -m system  # more than cores: microphones mostly wait

soak: setup  ## 24 hours of sound at full speed, 10 minutes of a microphone under load
	python -m benchmarks soak soak_microphone

bench: setup  ## speed against named alternatives; appends to benchmarks/results.json
	python -m benchmarks

repro: setup  ## build everything that is not up to date
	auricle repro

listen: setup  ## name what sounds, with the shipped bundle
	auricle listen

# What is being built is afterwards what it was before; only the bundle is another.
BUILT := conf/build.yaml params.yaml dvc.lock
ship: setup  ## build models/music_speech from the recordings that references/ lists
	@kept=$$(mktemp -d) && cp -p $(BUILT) $$kept && \
	trap 'cp -p $$kept/build.yaml conf/ && cp -p $$kept/params.yaml $$kept/dvc.lock . && rm -r $$kept' EXIT && \
	auricle repro experiment=music_speech && \
	mkdir -p models/music_speech && \
	cp models/classifier/bundle.json models/classifier/model.tflite models/music_speech/
	@python -c 'import json; b = json.load(open("models/music_speech/bundle.json")); \
		print("Shipped:", b["name"], "with labels", ", ".join(b["labels"]), "of dataset", \
		b["dataset"]["fingerprint"][:12] + ", model", b["model_sha256"][:12])'

# Versions are chosen once, for all extras together, and the files drawn from that choice.
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml
lock: setup  ## choose the versions of requirements/*.lock anew
	$(COMPILE) --upgrade --all-extras -o requirements/all.lock
	$(COMPILE) -c requirements/all.lock -o requirements/base.lock
	$(COMPILE) -c requirements/all.lock --extra mic -o requirements/mic.lock
	$(COMPILE) -c requirements/all.lock --extra train --extra gate --extra dev -o requirements/dev.lock

dvc-yaml: setup  ## write the code that each stage runs into dvc.yaml, after a file was added or moved
	python -m auricle.pipeline.code_graph

clean:  ## remove .venv and what tests and tools leave behind
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
