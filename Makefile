# `make demo` and `make test` need Debian's python3 (3.11 or newer), make and git, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
EXTRAS ?= check# check,train runs the training's tests, too; that downloads torch

.PHONY: help demo test day check lint types format train clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/runtime.done ## screen example photos with the published model
	$(BIN)/cleanlane examples examples
	$(BIN)/cleanlane screen examples --out result --overwrite || test $$? -eq 3  # two example files are broken on purpose

test: $(VENV)/test.done $(VENV)/libgl.done ## run the tests
	$(BIN)/python -m pytest -n auto --dist loadscope

day: $(VENV)/test.done $(VENV)/libgl.done ## an office's day with the real programs; needs Chromium and ../shared/data
	$(BIN)/python -m tests.service.day --out day

check: $(VENV)/$(EXTRAS).done lint types ## lint, types and tests; with EXTRAS=check,train the training's tests, too
	$(BIN)/python -m pytest -n auto --dist loadscope

lint: $(VENV)/$(EXTRAS).done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/$(EXTRAS).done
	$(BIN)/mypy

format: $(VENV)/$(EXTRAS).done ## rewrite the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what the targets made
	rm -rf $(VENV) examples result day build dist

# Debian packs venv apart from python3: where it is missing it is installed first.
$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "CleanLane needs Python 3.11 or newer"; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "python3-venv is missing; installing it with apt-get"; \
		$$(test $$(id -u) = 0 || echo sudo) sh -c 'apt-get update -qq && apt-get install -qq -y --no-install-recommends python3-venv'; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime.done: $(VENV)/pyvenv.cfg pyproject.toml
	$(PIP) --editable .
	@touch $@

$(VENV)/test.done: $(VENV)/pyvenv.cfg pyproject.toml
	$(PIP) --editable '.[test]'
	@touch $@

# The tracker for footage brings the desktop build of OpenCV, which needs two libraries of a desktop.
$(VENV)/libgl.done: $(VENV)/pyvenv.cfg
	@for lib in libGL.so.1 libgthread-2.0.so.0; do ldconfig -p | grep -q $$lib || missing=1; done; \
	if [ "$$missing" ]; then \
		echo "libgl1 or libglib2.0-0 is missing; installing them with apt-get"; \
		$$(test $$(id -u) = 0 || echo sudo) sh -c \
			'apt-get update -qq && apt-get install -qq -y --no-install-recommends libgl1 libglib2.0-0'; \
	fi
	@touch $@

$(VENV)/$(EXTRAS).done: $(VENV)/pyvenv.cfg pyproject.toml
	$(PIP) --editable '.[$(EXTRAS)]' $(if $(findstring train,$(EXTRAS)),--constraint constraints-train.txt)
	@touch $@
