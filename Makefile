# `make demo` shows it working, `make test` proves it, `make docs` writes the documentation to site/.
# Each makes its own virtual environment and installs what it needs, pinned by constraints.txt.

PYTHON ?= python3
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test docs clean

demo: .venv/demo/.installed
	.venv/demo/bin/placeprint demo demo

test: .venv/dev/.installed
	.venv/dev/bin/python -m ruff check .
	.venv/dev/bin/python -m ruff format --check .
	.venv/dev/bin/python -m mypy
	.venv/dev/bin/lint-imports
	.venv/dev/bin/python -m coverage erase
	.venv/dev/bin/python -m coverage run -m pytest
	.venv/dev/bin/python -m coverage combine --quiet
	.venv/dev/bin/python -m coverage report --skip-covered --fail-under=90

docs: .venv/docs/.installed
	.venv/docs/bin/python -m mkdocs build --strict

.venv/demo/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv/demo
	.venv/demo/bin/python $(PIP_INSTALL) --editable .
	touch $@

.venv/docs/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv/docs
	.venv/docs/bin/python $(PIP_INSTALL) --editable '.[docs]'
	touch $@

.venv/dev/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv/dev
	.venv/dev/bin/python $(PIP_INSTALL) --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv demo site .coverage* .mypy_cache .pytest_cache .ruff_cache
