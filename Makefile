# make demo   sets up, runs the main job on the demo, prints the verdict and the report's path
# make test   sets up and runs every check
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_TO_TEST := $(VENV)/.ready-to-test
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --build-constraint constraints.txt
DEMO := reports/demo
TESTED := 3.11 3.12 3.13

.PHONY: demo test setup dictionary bench clean

demo: $(READY)
	@$(BIN)/workbench demo $(DEMO)

test: $(READY_TO_TEST)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@echo "$$(find workbench -name '*.py' -not -path '*/exchange/*' -not -path '*/shipped/*' | xargs cat | wc -l) lines in workbench without exchange"
	@$(BIN)/pytest -n auto --dist loadfile

setup: $(READY)

# The environment is remade when what it is made from changes, and only then.
$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON): install Python ($(TESTED) are tested) or name one, e.g. make demo PYTHON=python3.11."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] not in "$(TESTED)".split())' || \
		{ echo "$$($(PYTHON) --version 2>&1) is untested: name a tested one ($(TESTED)), e.g. make demo PYTHON=python3.11."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing: run 'sudo apt install python3-venv' and then make again."; exit 1; }
	@echo "Setting up $(VENV) (several minutes the first time, nothing later)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip==26.3'
	@$(INSTALL) -e .
	@touch $@

$(READY_TO_TEST): $(READY)
	@echo "Setting up what the tests need"
	@$(INSTALL) -e '.[dev]'
	@touch $@

dictionary: $(READY)
	@$(BIN)/python -c 'from pathlib import Path; from workbench.tables import dictionary; Path("data/README.md").write_text(dictionary())'

bench: $(READY_TO_TEST)
	@for file in benchmarks/*.py; do echo "$$file"; $(BIN)/python $$file; done

clean:
	rm -rf $(VENV) $(DEMO)
