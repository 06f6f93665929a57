# The entry point for every task. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

PRODUCT := .venv/.installed
EMULATOR := .venv-emulator/.installed
TOOLING := .venv-tooling/.installed
ORACLES := .venv-oracles/.installed
ORACLES_JS := tests/oracles/programs/javascript/node_modules/.package-lock.json
UV := .venv/bin/uv
BUILT := .build/local/.built
SOURCES := $(shell find layers functions -type f -not -path '*/__pycache__/*' -not -path '*/static/*')
API_DOCS := functions/api_docs/static/openapi.json.gz
PAGE := web/dist/index.html
PAGE_PACKAGES := web/node_modules/.package-lock.json
PAGE_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -name '*.gen.ts')
SAY := @printf '\033[1m%s\033[0m\n'

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- Environments: each with a lock of its own, so that the emulator's botocore is not the product's ----------------

setup: $(PRODUCT) $(EMULATOR)  ## install what demo, start and test need

$(UV): requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed as '$(PYTHON)'; name another with PYTHON=/path/to/python3.13 make ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "'$(PYTHON)' can't make virtual environments; on Debian: apt install python3-venv" >&2; exit 1; }
	$(SAY) "making .venv"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(PRODUCT): requirements/product.txt $(UV)
	$(SAY) "installing the product's packages (.venv)"
	@$(UV) pip install --quiet --python .venv/bin/python --require-hashes -r $<
	@touch $@

$(EMULATOR): requirements/emulator.txt $(UV)
	$(SAY) "installing the emulator (.venv-emulator)"
	@$(UV) venv --quiet --allow-existing --python .venv/bin/python .venv-emulator
	@$(UV) pip install --quiet --python .venv-emulator/bin/python --require-hashes -r $<
	@touch $@

$(TOOLING): requirements/tooling.txt $(UV)
	$(SAY) "installing the AWS SAM CLI and pip-audit (.venv-tooling)"
	@$(UV) venv --quiet --allow-existing --python .venv/bin/python .venv-tooling
	@$(UV) pip install --quiet --python .venv-tooling/bin/python --require-hashes -r $<
	@touch $@

$(ORACLES): requirements/oracles.txt $(UV)
	$(SAY) "installing the programs of others that judge ours (.venv-oracles)"
	@$(UV) venv --quiet --allow-existing --python .venv/bin/python .venv-oracles
	@$(UV) pip install --quiet --python .venv-oracles/bin/python --require-hashes -r $<
	@touch $@

$(ORACLES_JS): $(wildcard tests/oracles/programs/javascript/package*.json)
	$(NODE)
	@npm ci --loglevel=error --prefix $(<D) >/dev/null
	@touch $@

COMPILE := pip compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock"
lock: $(UV)  ## resolve the locks again from the *.in files
	@$(UV) $(COMPILE) layers/core/requirements.in -o layers/core/requirements.txt
	@$(UV) $(COMPILE) layers/imaging/requirements.in -o layers/imaging/requirements.txt
	@$(UV) $(COMPILE) -c layers/core/requirements.txt -c layers/imaging/requirements.txt requirements/product.in -o requirements/product.txt
	@for name in emulator oracles tooling uv; do $(UV) $(COMPILE) requirements/$$name.in -o requirements/$$name.txt; done

# ---- Running it ------------------------------------------------------------------------------------------------

demo: setup $(BUILT)  ## enhance a real photo end to end: make demo [IMAGE=path]
	@.venv/bin/python -m local demo $(if $(IMAGE),"$(IMAGE)")

start: setup $(BUILT) $(PAGE)  ## run everything on http://127.0.0.1:8080 until Ctrl-C: make start [PORT=8080] [QuotaJobs=5 ...]
	@PYTHONPATH=layers/core exec .venv/bin/python -m local start $(foreach name,$(PARAMETERS),'$(subst ','\'',$(name)=$(value $(name)))')

# All that the command line names, less what isn't a parameter of the template; the program refuses what it does not know.
NO_PARAMETERS := PORT STATE LOCAL_ENGINE PYTHON
PARAMETERS = $(filter-out $(NO_PARAMETERS),$(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name))))

stop: $(PRODUCT)  ## stop what make start left running: make stop [STATE=folder]
	@.venv/bin/python -m local stop

token: $(PRODUCT)  ## print a bearer token of the local issuer: make token SUB=alice [EMAIL_VERIFIED=false] [ROLE=admin]
	@.venv/bin/python -m local token

timeline: $(PRODUCT)  ## print the timeline of a job: make timeline JOB=id [STACK=name on AWS]
	@PYTHONPATH=layers/core .venv/bin/python -m operate timeline "$(JOB)"

logs: $(PRODUCT)  ## print what was logged about a job, and the query for AWS: make logs JOB=id [STACK=name on AWS]
	@PYTHONPATH=layers/core .venv/bin/python -m operate logs "$(JOB)"

redrive: $(PRODUCT)  ## move dead letters back into their queue after a fix: make redrive QUEUE=start|completion|retention [STACK=name on AWS]
	@PYTHONPATH=layers/core .venv/bin/python -m operate redrive "$(QUEUE)"

export PORT SUB EMAIL_VERIFIED ROLE STACK ONLY

# ---- Deploying: ENV=dev|staging|prod names a table of samconfig.toml, your shell's AWS environment the account ----------

OPERATE := PYTHONPATH=layers/core .venv/bin/python -m operate

doctor: $(PRODUCT) $(TOOLING)  ## say what is wrong with a stage and how to fix it: make doctor ENV=dev
	@$(OPERATE) doctor

secrets: $(PRODUCT)  ## ask for, test, generate and store the secrets: make secrets ENV=dev [ROTATE=cookie-keys|share-keys|origin-secrets]
	@$(OPERATE) secrets

stage-named:
	@case "$$ENV" in dev|staging|prod) ;; *) echo "say which stage: make deploy ENV=dev|staging|prod" >&2; exit 2;; esac

deploy: stage-named $(PRODUCT)  ## check, build and deploy stack and page, print the address: make deploy ENV=dev
	@$(OPERATE) deploy

bucket: $(PRODUCT)  ## set CORS and lifecycle of the R2 bucket: make bucket ENV=dev [DRY_RUN=1]
	@$(OPERATE) bucket

verify-live: $(PRODUCT)  ## check that R2 and Replicate behave as our stand-ins do; needs accounts, costs about a cent [ENV=dev YES=1]
	@PYTHONPATH=layers/core .venv/bin/python -m operate.verify_live

teardown: $(PRODUCT)  ## delete a stage after asking, and say what remains: make teardown ENV=dev
	@$(OPERATE) teardown

export ENV ROTATE DRY_RUN YES

# ---- Building --------------------------------------------------------------------------------------------------

TARGET ?= local
build: build-$(TARGET)  ## assemble layers, functions and the page: make build [TARGET=local|aws]

build-local: $(BUILT) $(PAGE)

# A model file that can't be read would fail every function at its start.
check-models: $(PRODUCT)  ## check the model files (layers/core/enhancer/models) against their schema
	@PYTHONPATH=layers/core .venv/bin/python -m operate.model_files

$(BUILT): $(SOURCES) $(API_DOCS) $(PRODUCT)
	@PYTHONPATH=layers/core .venv/bin/python -m operate.model_files
	$(SAY) "building layers and functions for this machine (.build/local)"
	@rm -rf .build/local
	@for layer in CoreLayer ImagingLayer; do \
		$(MAKE) --silent -C layers build-$$layer TARGET=local LOCAL_PYTHON=$(CURDIR)/.venv/bin/python \
			ARTIFACTS_DIR=$(CURDIR)/.build/local/layers/$$layer; done
	@cp -R functions .build/local/functions
	@find .build/local/functions -name __pycache__ -prune -exec rm -rf {} +
	@du -sh .build/local/layers/*
	@touch $@

define NODE
@command -v npm >/dev/null && node -e 'const [major, minor] = process.versions.node.split(".").map(Number); \
	process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null || \
	{ echo "Node 20.19 or newer with npm is needed, and here is $$(node --version 2>/dev/null || echo none): https://nodejs.org" >&2; exit 1; }
endef

$(PAGE): $(PAGE_PACKAGES) $(PAGE_SOURCES) docs/openapi.yaml
	$(SAY) "building the page ($(@D))"
	@npm run build --silent --prefix web
	@touch $@

$(PAGE_PACKAGES): web/package.json web/package-lock.json
	$(NODE)
	$(SAY) "installing the page's packages (web/node_modules)"
	@npm ci --loglevel=error --no-audit --no-fund --prefix web >/dev/null
	@touch $@

# Swagger UI comes from npm by a lock with hashes; its folder is named after its version. The function's folder gets the
# finished files, because that is what `sam build` and `sam deploy` take.
$(API_DOCS): docs/openapi.yaml $(wildcard docs/page/* docs/page/.npmrc) $(PRODUCT)
	$(NODE)
	$(SAY) "building the API's page ($(@D))"
	@rm -rf $(@D) .build/api_docs && mkdir -p .build/api_docs
	@cp docs/page/package.json docs/page/package-lock.json docs/page/.npmrc .build/api_docs/
	@npm ci --loglevel=error --prefix .build/api_docs >/dev/null
	@ui=.build/api_docs/node_modules/swagger-ui-dist; \
		version=$(@D)/$$(node -p "require('./$$ui/package.json').version"); mkdir -p $$version; \
		cp $$ui/swagger-ui-bundle.js $$ui/swagger-ui-bundle.js.LICENSE.txt $$ui/swagger-ui.css $$ui/favicon-32x32.png $$version/; \
		cp $$ui/LICENSE $$version/LICENSE.txt; cp $$ui/NOTICE $$version/NOTICE.txt; \
		cp docs/page/index.html docs/page/start.js $(@D)/; find $(@D) -type f -exec gzip -9n {} +
	@.venv/bin/python -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' <docs/openapi.yaml | gzip -9n >$@

# A Python of the runtime's minor version, for the bytecode: on the PATH, uv's, or pyenv's.
find_runtime_python = for each in python3.13 "$$($(UV) python find --managed-python 3.13 2>/dev/null)" \
	"$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.13.*/bin/python3.13; do \
	"$$each" -c 'import sys; print(sys.executable)' 2>/dev/null && break; done || true

runtime-python: $(UV)
	@$(find_runtime_python)

build-aws: check-models $(API_DOCS) $(PAGE) $(PRODUCT) $(TOOLING)
	$(SAY) "building layers for python3.13 on arm64 (.aws-sam/build)"
	@find functions -name __pycache__ -prune -exec rm -rf {} +
	@runtime="$$($(find_runtime_python))"; \
		[ -n "$$runtime" ] || echo "There is no Python 3.13 here to compile for Lambda with: the layers get no bytecode, and each" \
			"cold start takes twice the CPU. Install python3.13, or run '$(UV) python install 3.13', and build again." >&2; \
		RUNTIME_PYTHON="$$runtime" .venv-tooling/bin/sam build --template template.yaml
	@du -sh .aws-sam/build/*Layer

# ---- Proving it ------------------------------------------------------------------------------------------------

PYTHON_FILES := layers functions deployment local operate replicate_standin tests
test: setup $(BUILT) $(PAGE) $(TOOLING) browser  ## run all tests, or some: make test [TESTS=tests/unit]
	@.venv/bin/python -m pytest $(or $(TESTS),--ignore=tests/oracles/installed --cov --cov-report=term:skip-covered)

unit: $(PRODUCT)  ## run the unit tests: Python and the product's packages alone, no network, no build
	@.venv/bin/python -m pytest -n auto --dist worksteal tests/unit

oracles: setup $(BUILT) $(TOOLING) $(ORACLES) $(ORACLES_JS)  ## check ours with third-party programs: clients, verifiers, S3 servers, linters
	@.venv/bin/python -m pytest tests/oracles/installed

mutants: setup $(BUILT) $(TOOLING)  ## mutation testing of the code: make mutants [ONLY=layers/core/enhancer/http/access.py]
	@.venv/bin/python -m tests.mutants

torture: $(PRODUCT) $(ORACLES) $(ORACLES_JS)  ## send mutated images, and files of your own, through preparation: make torture [MUTANTS=10000 SEED=1 FILES=folder]
	@PYTHONPATH=layers/core .venv/bin/python -m tests.torture $(foreach name,MUTANTS SEED FILES,$(if $($(name)),$(name)=$($(name))))

browser: $(PRODUCT)  ## find the browser for the tests of the page, or install it
	@.venv/bin/python -m tests.e2e.browser

check: $(PRODUCT) $(TOOLING) $(PAGE)  ## format, lint, types, template, documents, as CI does
	@.venv/bin/ruff format --check --quiet $(PYTHON_FILES) || { echo "run make format" >&2; exit 1; }
	@.venv/bin/ruff check --quiet $(PYTHON_FILES)
	@.venv/bin/mypy
	@.venv-tooling/bin/sam validate --lint --region eu-central-1
	@npm run lint --silent --prefix web
	@npm test --silent --prefix web
	@ALLOW_OFFLINE=1 PYTHONPATH=layers/core .venv/bin/python -m operate.audit
	@.venv/bin/python -m pytest --quiet $(addprefix tests/unit/test_,architecture.py distribution.py documents.py openapi.py packages.py template.py translations.py workflows.py)

audit: $(PRODUCT) $(TOOLING)  ## list known vulnerabilities of all locked packages, less requirements/audit-exceptions.toml
	@PYTHONPATH=layers/core .venv/bin/python -m operate.audit

# functions: beside bare boto3; pipeline: beside the naive design; growth: 1,000 and 100,000 jobs; images: what pixels
# cost; page: first load and repeat view. About half an hour in all.
BENCHES := functions growth page images pipeline
bench: setup $(BUILT) $(PAGE) $(TOOLING) browser  ## measure and compare, all or one: make bench [ONLY=functions]
	@for name in $(or $(ONLY),$(BENCHES)); do printf '\033[1m%s\033[0m\n' "bench: $$name"; \
		PYTHONPATH=layers/core .venv/bin/python -m tests.budgets.$$name; done

cost: $(PRODUCT)  ## print what an installation costs: make cost [JOBS=1000000 POLLS=10 FORMAT=webp WAIT=0 MODEL_SECONDS=5 ...]
	@PYTHONPATH=layers/core .venv/bin/python -m operate.cost $(foreach name,$(COST_SETTINGS),$(if $($(name)),$(name)=$($(name))))
COST_SETTINGS := JOBS POLLS FORMAT WAIT MODEL_SECONDS SIZE GUESTS COLD ARCH TRACING

load: setup $(BUILT)  ## run many jobs with faults and a restart, then check the ledger: make load [JOBS=500] [CLIENTS=16]
	@PYTHONPATH=layers/core .venv/bin/python -m tests.budgets.load $(or $(JOBS),500) $(or $(CLIENTS),16)

format: $(PRODUCT)  ## format the code and sort its imports
	@.venv/bin/ruff check --quiet --fix --select I $(PYTHON_FILES)
	@.venv/bin/ruff format --quiet $(PYTHON_FILES)

clean:  ## delete environments, builds and the local stack's state
	@rm -rf .venv .venv-emulator .venv-oracles .venv-tooling .build .aws-sam .local out $(dir $(API_DOCS)) web/node_modules web/dist tests/oracles/programs/javascript/node_modules

.PHONY: check-models help setup lock demo start stop token timeline logs redrive doctor secrets stage-named deploy bucket teardown verify-live build build-local build-aws runtime-python test unit oracles mutants browser check audit bench cost load format clean
