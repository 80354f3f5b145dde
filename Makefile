# The platform's commands. Nothing but Python 3.11, make and a package registry is needed; README says more.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
NAME ?=
VENV := .venv/bin
export PYTHONPATH := $(CURDIR)
# a cold start without compiled files is three times slower
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo up down status test chaos lint types bench lock

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what is missing: uv, .venv, the pinned packages
	@$(PYTHON) deploy/install.py

setup-dev:
	@$(PYTHON) deploy/install.py --dev

demo: setup ## start the platform, load examples/*.yaml through Airflow, print what came out
	@$(VENV)/python -m deploy demo

up: setup ## start the platform and wait until it is healthy
	@$(VENV)/python -m deploy up

down: ## stop every process of the platform
	@if [ -x $(VENV)/python ]; then $(VENV)/python -m deploy down; else echo "Nothing runs: .venv is not there."; fi

status: ## say what runs, and where
	@if [ -x $(VENV)/python ]; then $(VENV)/python -m deploy status; else echo "Nothing runs: .venv is not there."; fi

test: setup-dev ## run every test; starts what it needs and stops it
	@$(VENV)/python -m pytest -n logical --maxprocesses 4

chaos: setup-dev ## kill, stop, fill and rerun the platform, and write the table of docs/reliability.md
	@$(VENV)/python -m tests.chaos --write

lint: setup-dev ## check format, style and the walls between rooms
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/lint-imports

types: setup-dev ## check types
	$(VENV)/mypy

bench: setup-dev ## run one benchmark: make bench NAME=curate
	@$(VENV)/python -m benchmarks $(NAME)

lock: ## compile requirements*.in into the pinned files
	@$(PYTHON) deploy/install.py --lock
