# Every target does its own set-up: the environment is made on first use and reused afterwards.
# `make demo` installs the small set, `make test` adds the rest to the same .venv.
# Another interpreter: make test PYTHON=python3.12     Part of the tests: make test ARGS="-k tokenizer"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo install lint format test test-all docs dist constraints clean

BIN := .venv/bin
ARGS ?=
# A process a core, four at most: each holds TensorFlow, some 2 GB. In one process: make test WORKERS=
WORKERS ?= -n auto --maxprocesses 4 --dist loadfile
find_python = PYTHON="$(PYTHON)" sh scripts/find_python.sh
environment = python=$$($(find_python)) && "$$python" scripts/environment.py

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## train, evaluate, export, serve and query a small model on real text
	@$(environment) demo,serving
	$(BIN)/rembert demo --output runs/demo

install: ## make .venv with everything (the extra "all")
	@$(environment) all

lint: install ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: install ## mend style and formatting where a machine can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: lint ## lint, then every test but those marked slow
	$(BIN)/pytest $(WORKERS) -m "not slow" $(ARGS)

test-all: lint ## lint, then every test
	$(BIN)/pytest $(WORKERS) $(ARGS)

docs: ## build the documentation as a site, into build/site
	@$(environment) docs
	$(BIN)/python scripts/build_site.py

dist: ## build a wheel and an sdist into dist/, and check them
	@$(environment) release
	rm -rf dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/twine check --strict dist/*

constraints: ## remake constraints.txt from the newest releases that setup.py admits
	@python=$$($(find_python)) && "$$python" -m venv --clear build/constraints
	build/constraints/bin/pip install --editable '.[all]'
	{ grep '^#' constraints.txt; build/constraints/bin/pip freeze --all --exclude rembert-tf --exclude pip; } \
		> build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/constraints

clean: ## remove .venv, build products and caches (runs/ is kept)
	rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
