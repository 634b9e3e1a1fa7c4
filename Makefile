PYTHON ?= python3
BIN := .venv/bin
DEMO := --size 64 --bs 32 --epochs 20 --runs 1 --save_to demo/runs

.PHONY: .venv test browser demo readme board clean

.venv: .venv/.installed                     ## set up everything in .venv, once

.venv/.installed: settings.ini setup.py pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip setuptools
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

test: .venv                                 ## notebooks exported, clean and run; README and leaderboard current
	$(BIN)/iwang-data > /dev/null
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist worksteal --durations 12 tests

browser: .venv                              ## what tests/test_page.py needs: playwright, and Chromium from Debian
	$(BIN)/python -m pip install --quiet playwright
	command -v chromium || (apt-get update && apt-get install --yes --no-install-recommends chromium)

demo: .venv                                 ## grey-blur against from scratch on the rendered sample, in minutes
	rm -rf demo
	$(BIN)/iwang-run --task grey_blur $(DEMO) --out demo/grey_blur.safetensors
	$(BIN)/iwang-run --task scratch $(DEMO)
	$(BIN)/iwang-board --records demo/runs --track sample
	$(BIN)/iwang-board --records demo/runs --track sample --figure demo/board.png

readme: .venv                               ## README.md and docs/results.md from nbs/index.ipynb and nbs/results.ipynb
	$(BIN)/python .ci/readme.py

board: .venv                                ## leaderboard.csv and its page from runs/ and the published rows
	$(BIN)/iwang-board --csv leaderboard.csv

clean:
	rm -rf .venv demo out build dist *.egg-info
