# make course   install everything and run the whole course      make lab    open it in JupyterLab
# make test     run every test                                   make help   the rest

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
START  := notebooks/00_start_here.ipynb
TESTS  ?= tests
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# One stamp for each set of packages: a second run installs nothing, unless these files changed.
COURSE_STAMP := $(VENV)/.installed-course
TEST_STAMP   := $(VENV)/.installed-test

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install course site test test-quick lab bench doctor clean

help:
	@echo "make course      install everything, run every notebook, build the site"
	@echo "make site        the site alone, from the notebooks as last run"
	@echo "make lab         open JupyterLab on the start notebook"
	@echo "make test        every test      make test-quick   those that take seconds"
	@echo "make bench       measure speed, side by side"
	@echo "make doctor      what works here, what is missing and how to get it"
	@echo "make clean       remove build/ and caches; the environment in $(VENV) stays"

# $(call install,EXTRAS,STAMP)
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
	  echo "FAILED: Python 3.10 or later is needed; '$(PYTHON)' is" \
	    "$$($(PYTHON) --version 2>&1 || echo missing)."; \
	  echo "  -> Install it, or name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "FAILED: this Python cannot make virtual environments (no module venv or ensurepip)."; \
	  echo "  -> On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || \
	  $(PYTHON) -m venv --clear $(VENV) || { \
	  echo "FAILED: no virtual environment could be made in $(VENV)."; \
	  echo "  -> Is there space, and may you write here? Then: rm -rf $(VENV), and again"; exit 1; }
	@echo "Installing into $(VENV) (once; about 2 GB, a minute or more)"
	@$(PY) -m pip install --quiet --no-input -c constraints.txt -e '.[$(1)]' || { \
	  echo "FAILED: the installation (pip says above why)."; \
	  echo "  -> No network? Connect, and run make again; it goes on where it stopped."; \
	  echo "  -> A package without a wheel for this Python? Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; \
	  exit 1; }
	@touch $(2)
endef

install: $(COURSE_STAMP)

$(COURSE_STAMP): pyproject.toml constraints.txt
	$(call install,course,$@)

# The packages for tests bring those of the course along.
$(TEST_STAMP): pyproject.toml constraints.txt
	$(call install,course$(comma)test,$@)
	@touch $(COURSE_STAMP)

comma := ,

course: $(COURSE_STAMP)
	@$(PY) -m tl_helpers run || { \
	  echo "FAILED: not every notebook ran to its end (see above)."; \
	  echo "  -> make doctor says what is missing on this machine."; exit 1; }
	@$(MAKE) --no-print-directory site

site: $(COURSE_STAMP)
	@$(PY) -m tl_helpers site || { \
	  echo "FAILED: the notebooks ran, but the site was not built (see above)."; \
	  echo "  -> Their pages are in build/html; mend what is named above, then: make site"; exit 1; }

lab: $(COURSE_STAMP)
	@JUPYTER_PREFER_ENV_PATH=1 $(PY) -m jupyterlab $(START)

test: $(TEST_STAMP)
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n auto --dist loadgroup $(TESTS)

test-quick: $(TEST_STAMP)
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n auto --dist loadgroup -m "not slow" $(TESTS)

bench: $(TEST_STAMP)
	@$(PY) -m tl_helpers bench

doctor: $(COURSE_STAMP)
	@$(PY) -m tl_helpers doctor

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
