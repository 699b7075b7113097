# make run   set up what is missing, run the quick suite and build the leaderboard
# make test  set up what is missing, run the tests
# make fuzz  read N damaged files of each format (SEED chooses which)
# make benchmark  set up what is missing, time the building blocks (in an environment with VIP, beside it)
# make lint  style, types and layers;  make docs  the documentation;  make clean  remove what was set up

PYTHON ?= python3
EXTRAS ?= test
N ?= 20000
SEED ?= 1
BIN := .venv/bin
INSTALLED := .venv/installed-$(EXTRAS)

# One thread a process: more of them only wait for each other in small matrices.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.PHONY: run test fuzz benchmark lint docs clean
.DELETE_ON_ERROR:

run: .venv/installed
	$(BIN)/algozoo run quick

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto -p no:benchmark

fuzz: $(INSTALLED)
	$(BIN)/python tests/fuzz/fuzz.py --n $(N) --seed $(SEED)

benchmark: $(INSTALLED)
	$(BIN)/python -m pytest benchmarks

lint: .venv/installed-lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/installed-docs
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "AlgoZoo needs Python 3.11 or later; say which one with: make PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/installed-%: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$*]"
	touch $@

clean:
	rm -rf .venv docs/_build
