# For developers; nobody else needs make (see ./run).
.PHONY: check format lint types fast test docs
PY := .venv/bin/python

check: lint types fast

format:
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

lint:
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types:
	$(PY) -m mypy

fast:
	OMP_NUM_THREADS=1 $(PY) -m pytest -q -n auto --dist worksteal -m "not slow and not gpu and not network and not exhaustive"

test:
	./run test
