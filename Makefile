# Two commands a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
WORKERS ?= 2

.PHONY: demo test check samples clean

$(VENV)/core: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	touch $@

$(VENV)/dev: $(VENV)/core
	$(PIP) -e ".[train,node,dev]"
	touch $@

# Core dependencies only (no torch): analyze the sample studies and show what was found.
demo: $(VENV)/core
	@for sample in data_samples/*/; do \
	  name=$$(basename $$sample); \
	  echo; echo "== $$name"; \
	  $(BIN)/cauda analyze $$sample/dicom -o demo-report/$$name || exit 1; \
	done
	@echo; echo "Open demo-report/*/report.html in a browser."

# Adds torch, MONAI and the development tools, then runs every test but the GPU ones.
test: $(VENV)/dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not gpu" \
	  --cov --cov-report=term:skip-covered

# Lint, types, layers, spelling.
check: $(VENV)/dev
	$(BIN)/ruff check src tests scripts
	$(BIN)/ruff format --check src tests scripts
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell src tests scripts docs README.md CHANGELOG.md CONTRIBUTING.md

samples: $(VENV)/core
	$(BIN)/python scripts/make_samples.py

clean:
	rm -rf $(VENV) demo-report build .pytest_cache .mypy_cache .ruff_cache
