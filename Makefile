# The project's commands. `make demo` and `make test` each set up what they need; nothing has to be installed before
# but Python 3.11 to 3.13, make and a compiler.

PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(if $(shell $(name) -c 'import sys; print(sys.version_info >= (3, 11) and sys.version_info < (3, 14) or "")' 2>/dev/null | grep True),$(name))))
VENV ?= .venv
BIN := $(VENV)/bin
TESTS ?= not interop and not bench
FOLDERS ?= $(ROOMS)
# What may come out otherwise on another interpreter; what drives them from outside is tested on one. Of an
# interpreter between the oldest and the newest that are found, what computes is enough.
PURE := tests/simulator/documents tests/simulator/aldis tests/simulator/store tests/conformance/payloads tests/conformance/rules
CORE := tests/simulator tests/conformance/payloads tests/conformance/retailers tests/conformance/report \
	tests/conformance/requirements tests/conformance/rules tests/conformance/scenarios tests/conformance/run/test_plugin.py

# Without compiled files every process that the tests start would compile a thousand modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo docs test test-pythons bench lint interop messages setup fixtures clean help

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

demo: $(VENV)/.product ## one month between the bundled reference retailer and the simulated state, judged
	@$(BIN)/aldis check --only month --report report

test: $(VENV)/.tests ## the whole test suite but the interop tests and benches
	$(BIN)/pytest -n 2 --dist worksteal -m "$(TESTS)" $(FOLDERS)

test-pythons: $(VENV)/bin/python ## the core's tests, and a month, on every other supported interpreter that is found
	@version='import sys; print("%d.%d" % sys.version_info[:2])'; own=$$($(BIN)/python -c "$$version"); \
	found=$$(sh .ci/interpreters); oldest=$$(echo "$$found" | head -1); newest=$$(echo "$$found" | tail -1); \
	for python in $$found; do \
	  name=$$($$python -c "$$version"); \
	  if [ $$name = $$own ]; then continue; fi; \
	  folders="$(PURE)"; \
	  if [ $$python = $$oldest ] || [ $$python = $$newest ]; then folders="$(CORE)"; fi; \
	  echo "== Python $$name"; \
	  $(MAKE) --no-print-directory test PYTHON=$$python VENV=.venv-$$name TESTS="$(TESTS) and not slow" FOLDERS="$$folders" \
	    && .venv-$$name/bin/pytest -q tests/packaging && .venv-$$name/bin/aldis check --only month || exit 1; \
	done

interop: $(VENV)/.tests ## foreign clients (PHP, node, zeep, suds, Apache CXF; curl and lftp by FTPS), the worked examples, PostgreSQL; installs what they need
	sh tests/interop/install.sh
	$(BIN)/pytest -n 2 --dist loadfile -m "interop or postgresql"

bench: $(VENV)/.tests $(VENV)/.bench ## figures: speed, validity of what is generated from ISO 20022 and UBL; 20,000 mutated requests; 50 kills; takes long
	$(BIN)/pytest -q -s -m bench tests/benchmarks tests/simulator/test_killed_server.py

lint: $(VENV)/.lint ## ruff, mypy --strict, imports between packages, dead code, size and import circles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/python .ci/measure.py

messages: $(VENV)/.tests ## brings the catalogue of Latvian texts up to date with the English ones in the code
	@mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml -c Translators: --add-location file --sort-by-file --no-wrap \
	  --project aldis-conformance --version 1 --msgid-bugs-address - -o build/aldis.pot simulator conformance
	$(BIN)/pybabel -q update -D aldis -l lv -d simulator/locale -i build/aldis.pot \
	  --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

docs: $(VENV)/.docs ## the documentation as a site in build/docs; a warning is an error
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs

setup: $(VENV)/.tests $(VENV)/.lint $(VENV)/.docs ## everything that developing needs

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found. Install one, or say: make PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/.product: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.tests: pyproject.toml $(VENV)/.product
	$(BIN)/python -m pip install --quiet --group test
	@touch $@

$(VENV)/.bench: pyproject.toml $(VENV)/.product
	$(BIN)/python -m pip install --quiet --group bench
	@touch $@

$(VENV)/.lint: pyproject.toml $(VENV)/.product
	$(BIN)/python -m pip install --quiet --group lint
	@touch $@

$(VENV)/.docs: pyproject.toml $(VENV)/.product
	$(BIN)/python -m pip install --quiet --group docs
	@touch $@

fixtures: $(VENV)/.product ## make anew what is made of fixtures/payloads: valid samples, and one of each kind of fault
	rm -rf fixtures/payloads/made
	@for channel in contract discount payout; do \
	  $(BIN)/aldis generate $$channel --count 3 --out fixtures/payloads/made/$$channel && \
	  $(BIN)/aldis generate $$channel --invalid --count 45 --out fixtures/payloads/made/$$channel || exit 1; \
	done

clean: ## removes what the commands above made
	rm -rf .venv* build dist report tests/interop/node/node_modules tests/interop/cxf/target .pytest_cache .mypy_cache .ruff_cache .hypothesis
