# The two commands of a newcomer are `make demo` and `make test`; both do their own set-up.
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8000
BIN    := $(VENV)/bin
# A smaller torch without CUDA: make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench check format clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

setup: $(VENV)/.ready ## Make the virtual environment with everything in it

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "No venv module. Debian and Ubuntu have it in a package: apt-get install python3-venv"; exit 2; }
	@echo "Installing the packages (torch is large: some minutes the first time) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -e '.[dev]'
	@touch $@

demo: setup ## Draw a museum, scrape, embed and serve it on http://127.0.0.1:8000
	@$(BIN)/gallery demo --port $(PORT)

test: setup ## Run all tests
	@$(BIN)/gallery doctor --install-browser --only browser
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

bench: setup ## Measure speed and memory, as ratios against a yardstick
	@$(BIN)/python -m pytest tests/bench -q -s -o python_files='bench_*.py' -o timeout=0

check: setup ## Lint and type-check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## Remove the virtual environment and caches; data stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache *.egg-info
