PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STORE ?= output/demo.sosie

# With SOSIE_REQUIRE_ELASTICSEARCH=1 the tests may not do without the real server, so it is fetched first.
SERVER := $(if $(filter 1,$(SOSIE_REQUIRE_ELASTICSEARCH)),elasticsearch)

.PHONY: help setup elasticsearch elasticsearch-node chromium proxies demo test check page check-page benchmarks soak test-keras site wheel check-wheel check-workflows clean

help:  ## Say what can be made.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(VENV)/ready  ## Make the environment.

$(VENV)/ready: pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[elasticsearch]' --group dev
	touch $@

elasticsearch:  ## Fetch the Elasticsearch servers that the tests speak to, once a machine.
	scripts/fetch_elasticsearch.sh 9.2.4
	scripts/fetch_elasticsearch.sh 8.19.0

elasticsearch-node:  ## Run one Elasticsearch node on http://127.0.0.1:9200 to try Sosie with; Ctrl-C ends it.
	scripts/run_elasticsearch.sh

chromium:  ## Install Debian's Chromium for the tests of the page, where that can be done and is not yet.
	@command -v chromium >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
	  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null) || \
	  echo "Chromium could not be installed; the tests of the page will be skipped"

proxies:  ## Install Debian's nginx and Apache for the tests behind proxies, where that can be done and is not yet.
	@test -x /usr/sbin/nginx -a -x /usr/sbin/apache2 || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
	  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light apache2 >/dev/null) || \
	  echo "nginx and Apache could not be installed; the tests behind proxies will be skipped"

demo: setup  ## Draw a small catalogue, index it, ask with photos: output/response.json, output/sheet.png.
	$(BIN)/sosie demo --into output --store $(STORE)

check: setup  ## Lint, check types and the direction of imports.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

page:  ## Build the page from web/ into the package; needs npm.
	cd web && npm ci --no-audit --no-fund --silent && npm run --silent build

check-page: page  ## Fail unless the page in the package is what web/ builds.
	git diff --exit-code --stat -- src/sosie/server/static
	test -z "$$(git status --porcelain -- src/sosie/server/static)"

benchmarks: setup  ## Run all benchmarks, many hours; benchmarks/README.md names them and their parts.
	$(BIN)/python benchmarks/all.py

soak: setup  ## Ten minutes of good and bad requests, with kill -9 in the middle: no leak, no lost item.
	$(BIN)/python benchmarks/soak.py --minutes 10

test: check chromium proxies $(SERVER)  ## Everything that must pass before a change lands.
	$(BIN)/coverage erase
	scripts/run_tests.sh $(BIN)
	$(BIN)/coverage combine --quiet
	$(BIN)/python scripts/report_coverage.py

test-keras: setup  ## Test the networks of Keras with TensorFlow really run; puts 1.6 GB into build/keras.
	$(BIN)/pip install --quiet --upgrade --target build/keras 'keras>=3.5,<4' 'tensorflow-cpu>=2.18,<3'
	PYTHONPATH=build/keras $(BIN)/python -m pytest tests/embedders/test_keras.py

site: setup  ## Build the documentation into build/site; fails on any link that leads nowhere.
	$(BIN)/python scripts/build_site.py build/site

wheel: setup  ## Build the wheel and the source distribution into dist/.
	rm -rf dist
	$(BIN)/python -m build --outdir dist . >/dev/null

check-wheel: wheel  ## Check what the distributions carry, install the wheel into each supported Python here, run the demo.
	$(BIN)/python scripts/check_distribution.py dist
	scripts/check_wheel.sh dist

check-workflows:  ## Check the workflows of .github/ with actionlint; needs it on the path, or Go to fetch it.
	scripts/check_workflows.sh

clean:  ## Remove what was made.
	rm -rf $(VENV) build dist output .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
