# The only door. `make help` lists what it opens.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

PRODUCT := .venv/.installed
EMULATOR := .venv-emulator/.installed
TOOLING := .venv-tooling/.installed
UV := .venv/bin/uv

setup: $(PRODUCT) $(EMULATOR)  ## install what demo, start and test need

$(UV): requirements/uv.txt
	@$(PYTHON) -m venv $(VENV)
	@.venv/bin/python -m pip install --quiet --require-hashes -r requirements/uv.txt

$(PRODUCT): requirements/product.txt $(UV)
	@$(UV) pip install --quiet --python .venv/bin/python --require-hashes -r $<
	@touch $@

$(EMULATOR): requirements/emulator.txt $(UV)
	@$(UV) venv --quiet --allow-existing --python .venv/bin/python .venv-emulator
	@$(UV) pip install --quiet --python .venv-emulator/bin/python --require-hashes -r $<
	@touch $@

$(TOOLING): requirements/tooling.txt $(UV)
	@$(UV) venv --quiet --allow-existing --python .venv/bin/python .venv-tooling
	@$(UV) pip install --quiet --python .venv-tooling/bin/python --require-hashes -r $<
	@touch $@

TARGET ?= local
SOURCES := $(shell find layers functions -type f -not -path '*/__pycache__/*')

build: .build/$(TARGET)/.built  ## assemble layers and functions, TARGET=local|aws

.build/local/.built: $(SOURCES) $(PRODUCT)
	@echo "building layers and functions for this machine"
	@rm -rf .build/local && mkdir -p .build/local/layers
	@for layer in CoreLayer ImagingLayer; do \
		$(MAKE) --no-print-directory -C layers build-$$layer TARGET=local LOCAL_PYTHON=$(CURDIR)/.venv/bin/python \
			ARTIFACTS_DIR=$(CURDIR)/.build/local/layers/$$layer || exit 1; done
	@cp -R functions .build/local/functions && find .build/local -name __pycache__ -prune -exec rm -rf {} +
	@touch $@
