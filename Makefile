# Wayhome: everything one must know is `make help`.
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
ARGS ?=
# More than the cores of the smallest machine: many tests wait for servers.
WORKERS ?= 3
# What is compiled once is kept: else each of the hundreds of processes of a run compiles our sources anew.
unexport PYTHONDONTWRITEBYTECODE

FAST := .venv-fast

.PHONY: help setup fast demo test faults check bench lock docs format translate clean servers sbom audit fuzz

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A stamp is newer than what it was made from: a second run does nothing.
$(VENV)/.made: scripts/venv.sh
	@bash scripts/venv.sh $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements.txt requirements-build.txt scripts/install
	@bash scripts/install $(VENV) requirements-build.txt requirements.txt
	@touch $@

$(VENV)/.wayhome: $(VENV)/.runtime pyproject.toml
	@echo "setup: installing the wayhome command" >&2
	@$(PY) -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable . >&2
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@bash scripts/install $(VENV) requirements-dev.txt
	@touch $@

setup: $(VENV)/.wayhome ## a .venv with the wayhome command

# An environment of its own: it borrows the packages of .venv, and never its editable installation.
$(FAST)/.made: $(VENV)/.runtime requirements-fast.txt
	@PYTHON=$(PY) bash scripts/venv.sh $(FAST)
	@bash scripts/install $(FAST) requirements-fast.txt
	@$(PY) -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])' >"$$(echo $(FAST)/lib/python3.*/site-packages)/borrowed.pth"
	@touch $@

fast: setup $(FAST)/.made ## .venv-fast with the compiled program, half as dear; needs gcc, takes minutes
	@bash scripts/fast $(FAST)/bin/python dist/fast
	@$(FAST)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --force-reinstall dist/fast/*.whl >&2
	@$(FAST)/bin/wayhome --version >/dev/null
	echo "fast: .venv-fast/bin/wayhome is the compiled program" >&2

demo: setup ## the whole journey on simulated homes; ARGS="--for 90 --json" ends by itself
	@exec $(VENV)/bin/wayhome demo $(ARGS)

servers: ## the real servers that the tests run against, where they are missing
	@bash scripts/test-servers

test: setup $(VENV)/.dev servers ## every test, against real servers; ARGS="tests/house -x" for some
	@exec $(PY) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

faults: setup $(VENV)/.dev servers ## 300 seeded interleavings of news, outages and kill -9; ARGS="--only 17" for one
	@exec $(PY) -m tests.faults.seeds --workers $(WORKERS) $(ARGS)

check: setup $(VENV)/.dev ## lint, format, types, import contracts
	@failed=0
	for step in "ruff check ." "ruff format --check ." mypy lint-imports; do
	  echo "check: $$step" >&2
	  $(VENV)/bin/$$step || failed=1
	done
	exit $$failed

bench: setup $(VENV)/.dev servers ## the benchmarks; each prints one JSON object
	@for bench in bench/*.py; do
	  case $$bench in */_*|*/fuzz_*) continue ;; esac
	  $(PY) $$bench --json $(ARGS)
	done

translate: setup ## collect the pages' words for a language; ARGS=de
	@$(PY) scripts/translate.py $(ARGS)

docs: setup ## the generated reference pages
	@$(PY) scripts/docs.py

format: $(VENV)/.dev ## puts the code into shape
	@$(VENV)/bin/ruff check --fix-only --quiet .
	$(VENV)/bin/ruff format .

sbom: setup ## the list of parts (CycloneDX) into dist/sbom.cdx.json
	@$(PY) scripts/sbom.py

audit: setup $(VENV)/.dev ## asks for advisories on each pinned package; 1 for one that nobody allowed, 3 when unreachable
	@$(PY) scripts/audit.py

fuzz: setup $(VENV)/.dev ## bends messages at every driver and the gateway's door, ARGS="--minutes 10" for each
	@PYTHONPATH=. $(PY) bench/fuzz_drivers.py $(ARGS)
	@PYTHONPATH=. $(PY) bench/fuzz_coverage.py $(ARGS)

lock: ## new versions into the hashed requirements (needs uv)
	@bash scripts/lock

clean: ## forgets the virtual environment and the caches of the tools
	@rm -rf $(VENV) $(FAST) dist/fast .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
