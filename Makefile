# make course   install everything and run the whole course      make lab    work in JupyterLab
# make test     run every test                                   make help   the rest

PYTHON ?= python3
VENV   := .venv
LOWEST := .venv-lowest
PY     := $(VENV)/bin/python
TESTS  ?= tests
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# One stamp for each set of packages: a second run installs nothing, unless these files changed.
COURSE_STAMP := $(VENV)/.installed-course
TEST_STAMP   := $(VENV)/.installed-test

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install shelf chromium course site test test-quick test-lowest browser coverage lab slides bench doctor clean

help:
	@echo "make course      install everything, run every notebook, build slides and site"
	@echo "make site        the site alone, from the notebooks as last run"
	@echo "make lab         open JupyterLab on your own copies, in work/ (NOTEBOOK=10: that one)"
	@echo "make slides      slide decks with speaker notes into build/slides/"
	@echo "make test        every test      make test-quick   those that take seconds"
	@echo "make test-lowest the notebooks with the oldest versions that are allowed; takes a while"
	@echo "make browser     only the tests in a real browser; pictures in build/screenshots/"
	@echo "make coverage    which lines no test runs"
	@echo "make bench       measure speed, side by side"
	@echo "make shelf       fetch the real models and data (course and test do it; TL_SHELF=none: without)"
	@echo "make doctor      what works here, what is missing and how to get it"
	@echo "make clean       remove build/ and caches; the environment in $(VENV) stays"

# In a terminal pip shows what it does; elsewhere a line now and then says that it goes on.
BEAT ?= 60
pip = { quiet=; [ -t 1 ] || quiet=--quiet; \
  while sleep $(BEAT) >/dev/null 2>&1 && kill -0 $$$$; do \
    [ -z "$$quiet" ] || echo "  still installing ..."; done & beat=$$!; \
  $(PY) -m pip install $$quiet --no-input $(1); status=$$?; kill $$beat; [ $$status = 0 ]; }

# $(call install,EXTRAS,STAMP)
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "FAILED: Python 3.11 or later is needed; '$(PYTHON)' is" \
	    "$$($(PYTHON) --version 2>&1 || echo missing)."; \
	  echo "  -> Install it, or name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "FAILED: this Python cannot make virtual environments (no module venv or ensurepip)."; \
	  echo "  -> On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  $(PYTHON) -m venv --clear $(VENV) || { \
	  echo "FAILED: no virtual environment could be made in $(VENV)."; \
	  echo "  -> Is there space, and may you write here? Then: rm -rf $(VENV), and again"; exit 1; }
	@echo "Installing into $(VENV) (once; about 2.5 GB, several more where torch brings CUDA)"
	@$(call pip,-c constraints.txt -e '.[$(1)]') || { \
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

# Real models and data, once (330 MB). What cannot be had is a line; nothing fails for it.
shelf = $(PY) -m tl_helpers shelf fetch --try || \
  echo "The shelf of real models and data is not complete (see above); the stored results are shown."

shelf: $(COURSE_STAMP)
	@$(shelf)

course: $(COURSE_STAMP)
	@$(shelf)
	@$(PY) -m tl_helpers run || { \
	  echo "FAILED: not every notebook ran to its end (see above)."; \
	  echo "  -> make doctor says what is missing on this machine."; exit 1; }
	@made=$$($(PY) -m tl_helpers slides) || { echo "$$made"; \
	  echo "FAILED: the notebooks ran, but the slides were not made (see above)."; \
	  echo "  -> Mend what is named above, then: make slides site"; exit 1; }
	@$(MAKE) --no-print-directory site

site: $(COURSE_STAMP)
	@$(PY) -m tl_helpers site || { \
	  echo "FAILED: the notebooks ran, but the site was not built (see above)."; \
	  echo "  -> Their executed copies are in build/notebooks; mend what is named above, then: make site"; exit 1; }

lab: $(COURSE_STAMP)
	@$(PY) -m tl_helpers lab $(NOTEBOOK)

chromium:
	@sh tests/support/chromium.sh

test: $(TEST_STAMP) chromium
	@$(shelf)
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n auto --dist loadgroup $(TESTS)

test-quick: $(TEST_STAMP)
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n auto --dist loadgroup -m "not slow" $(TESTS)

# Before a release: the lowest versions that pyproject.toml allows, of everything but torch.
test-lowest: $(COURSE_STAMP)
	@$(PYTHON) -m venv --clear $(LOWEST)
	@$(PY) -c 'from tl_helpers.core.packages import lowest; print(*lowest("course"), sep="\n")' \
	  > $(LOWEST)/lowest.txt
	@grep '^torch==' constraints.txt >> $(LOWEST)/lowest.txt
	@echo "Installing the lowest allowed versions into $(LOWEST) (for this test only)"
	@$(LOWEST)/bin/python -m pip install --no-input -c $(LOWEST)/lowest.txt \
	  -e '.[course]' > $(LOWEST)/pip.log 2>&1 || { \
	  tail -n 20 $(LOWEST)/pip.log; \
	  echo "FAILED: the lowest versions do not go together (pip says above which)."; \
	  echo "  -> Raise the floor of one of them in pyproject.toml."; exit 1; }
	@OMP_NUM_THREADS=1 $(LOWEST)/bin/python -m tl_helpers run --profile quick \
	  --output build/lowest || { \
	  echo "FAILED: a notebook does not run with the lowest versions (see above)."; \
	  echo "  -> Raise the floor of what it needs in pyproject.toml; $(LOWEST) stays to look."; exit 1; }
	@rm -rf $(LOWEST)

slides: $(COURSE_STAMP)
	@$(PY) -m tl_helpers slides

browser: $(TEST_STAMP) chromium
	@CI=true OMP_NUM_THREADS=1 $(PY) -m pytest -q -m browser $(TESTS)

# What is run in kernels and other processes counts, too: see [tool.coverage] in pyproject.toml.
coverage: $(TEST_STAMP)
	@OMP_NUM_THREADS=1 $(PY) -m coverage run -m pytest -q -n auto --dist loadgroup $(TESTS)
	@$(PY) -m coverage combine -q && $(PY) -m coverage report --show-missing --skip-covered

bench: $(TEST_STAMP)
	@$(PY) -m tl_helpers bench

doctor: $(COURSE_STAMP)
	@$(PY) -m tl_helpers doctor

clean:
	rm -rf build .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
