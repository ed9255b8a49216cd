# Crowd Inbox. `make` lists the targets. Nothing but Python 3.11 or later and make is needed: uv comes into .uv/ if it is
# not installed, Node comes as a wheel, PostgreSQL too. Nothing is installed outside this folder.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

BIN := .venv/bin
RUN := .venv/.run-installed
DEV := .venv/.dev-installed

# The first Python that is new enough; a pyenv shim may be on PATH and still not start.
find_python = for python in python3.11 python3.12 python3.13 python3.14 python3 /usr/bin/python3; do \
  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
    && "$$python" -c 'import sys; print(sys.executable)' && exit; done; \
  echo "Python 3.11 or later is needed, and none is on PATH." >&2; echo missing-python
PYTHON ?= $(shell $(find_python))
# Likewise with uv: one that does not start is none.
UV := $(or $(shell uv --version >/dev/null 2>&1 && command -v uv),.uv/bin/uv)
# uv must neither choose nor fetch another Python than the one found.
uv = UV_PYTHON="$(PYTHON)" UV_PYTHON_DOWNLOADS=never $(UV)

# Behind a proxy with its own authority, that authority is in the system's store and in no other.
CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(CERTIFICATES),)
export SSL_CERT_FILE ?= $(CERTIFICATES)
export NODE_EXTRA_CA_CERTS ?= $(CERTIFICATES)
endif

WEB := $(shell find web -name node_modules -prune -o -type f -print 2>/dev/null)

help: ## list the targets
	@awk -F '## ' '/^[a-z]+:.*## / { split($$1, name, ":"); printf "  make %-8s %s\n", name[1], $$2 }' $(MAKEFILE_LIST)

setup: $(DEV) ## install everything that running, testing and checking need

run: $(RUN) ## start the service (INBOX_PORT, default 8000; INBOX_DATA_DIR, default ./var)
	@exec $(BIN)/inbox serve

demo: $(RUN) ## start it with believable data and a small crowd that keeps writing
	@exec $(BIN)/inbox demo

test: $(DEV) ## run every test
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)
	$(if $(WEB),$(BIN)/python hatch_build.py test)

check: $(DEV) ## read the code: format, rules, types, imports, order of the house, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q tests/test_layout.py
	$(BIN)/hadolint Dockerfile
	$(if $(wildcard openapi/inbox.json),$(BIN)/inbox openapi --check)
	$(if $(WEB),$(BIN)/python hatch_build.py check)
	$(if $(WEB),$(BIN)/python hatch_build.py lint)

format: $(DEV) ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tests.architecture

front: $(DEV) ## build the desk and the widget anew
	$(BIN)/python hatch_build.py build

lock: $(UV) ## pin every dependency anew, with hashes (ARGS=--upgrade for newer ones)
	$(compile) --output-file requirements/run.txt pyproject.toml
	$(compile) --output-file requirements/dev.txt -c requirements/run.txt pyproject.toml --group test --group tools
	$(compile) --output-file requirements/build.txt -c requirements/dev.txt --group build
	$(compile) --output-file requirements/bootstrap.txt --group bootstrap

clean: ## remove what was built and installed here (never data)
	rm -rf .venv .uv dist web/node_modules src/inbox/web .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# The locks name packages and hashes, never an index: any mirror may serve them.
compile = $(uv) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(ARGS)

$(RUN): requirements/run.txt requirements/build.txt pyproject.toml hatch_build.py $(WEB) | $(UV)
	test -x $(BIN)/python || $(uv) venv --quiet .venv
	$(uv) pip install --quiet --python .venv --compile-bytecode --require-hashes -r requirements/run.txt
	$(uv) pip install --quiet --python .venv --no-deps --build-constraints requirements/build.txt --reinstall-package crowd-inbox --editable .
	$(BIN)/python -m compileall -q src channels
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	$(uv) pip install --quiet --python .venv --require-hashes -r requirements/dev.txt
	@touch $@

.uv/bin/uv: requirements/bootstrap.txt
	"$(PYTHON)" -m venv .uv || { echo "The venv module is missing: on Debian, apt install python3-venv." >&2; exit 1; }
	.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

.PHONY: help setup run demo test check format front lock clean
