# make run      run the site on this machine: http://127.0.0.1:8000 (you can set PORT, HOST and DEMO_PASSWORD);
#               DEMO=0: create a first administrator instead of demo people
# make dev      the same with DEBUG on; restarts when a file changes
# make test     run all checks, the fastest first
# make backup   back up the database into one checked file, while the site runs
# make restore FILE=…   restore a backup; stop the site first (IDENTITY=…: the key of an encrypted one)
# make browsers walk the guest's journey and the nurse's sign-in in Firefox and WebKitGTK; installs both (minutes)
# make faults   kill workers and databases under load, and check that no answer is lost (minutes; FULL=1: 300 kills,
#               20 restarts). CLUSTER=1: on a cluster of three databases, the short drills (ALL=1: every drill).
#               OLD=1: the tests of the last release by its own code, on a database of this one
# make cluster  three databases and two sites on loopback addresses, as deploy/cluster/ sets them up (root; Debian)
# make bench    compare the speed of pages with a bare Django view (minutes). SCALE=1: every page and command with a
#               thousand, a hundred thousand and a million learners (half an hour, 20 GB of disk)
# make weight   measure the size of pages, and when a slow phone has painted them (half a minute)
# make proxies  send forged headers through nginx, Apache and HAProxy (installs them) to the site (two minutes)
# make screens  take a picture of every screen, into docs/screens/ (minutes)
# make messages take the marked texts out of the code into each .po file (needs GNU gettext), and compile these
# make lock     write both requirements files from pyproject.toml (UPGRADE=--upgrade: with the newest versions)
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DEMO ?= 1
VENV := .venv
PY := $(VENV)/bin/python
# In an address, an IPv6 host stands in brackets: make run HOST=::1
NAMED := $(if $(findstring :,$(HOST)),[$(HOST)],$(HOST)):$(PORT)
BEGAN := $(shell date +%s)
THEN := then run: make $(or $(firstword $(MAKECMDGOALS)),run)
STOP := stop() { echo "$$*" >&2; exit 1; }

ifeq ($(filter oneshell,$(.FEATURES)),)
$(error This make is too old. Install GNU make 3.82 or newer)
endif
.SHELLFLAGS := -ec
.ONESHELL:
.SILENT:
.NOTPARALLEL:
.PHONY: run dev test backup restore browsers faults cluster bench weight proxies screens messages lock python port browser

run: python port $(VENV)/requirements.txt .env
	url=$${PUBLIC_URL:-$$(sed -n 's/^PUBLIC_URL=//p' .env | tr -d "\"'")}
	case "$(HOST)" in 127.0.0.1|localhost|::1) url=http://$(NAMED) demo=yes ;; *) demo= ;; esac
	export PUBLIC_URL="$${url:-http://$(NAMED)}" LOG_LEVEL="$${LOG_LEVEL:-WARNING}"
	export DEBUG=false DJANGO_SETTINGS_MODULE=learn.settings
	[ -n "$$LANGUAGES" ] || grep -qs '^LANGUAGES=' .env || export LANGUAGES=en,es
	echo "Preparing the database and the pages…"
	$(PY) manage.py migrate --verbosity 0
	$(PY) manage.py load_content
	if [ -n "$$(find learn/static learn/settings.py $(VENV)/requirements.txt -newer .static/done 2>&1)" ]; then
		$(PY) manage.py collectstatic --noinput --verbosity 0
		touch .static/done
	fi
	[ "$(DEMO)" != 0 ] || { demo=; $(PY) manage.py make_admin; }
	[ -z "$$demo" ] || $(PY) manage.py make_demo
	echo "Open $$PUBLIC_URL (Ctrl-C ends it)"
	exec $(PY) -m granian --interface rsgi learn.rsgi:application --host "$(HOST)" --port $(PORT) \
		--no-ws --workers 1 --log-level warning --workers-kill-timeout 3

dev: python port $(VENV)/requirements.txt .env
	export PUBLIC_URL=http://$(NAMED) DEBUG=true DJANGO_SETTINGS_MODULE=learn.settings
	[ -n "$$LANGUAGES" ] || grep -qs '^LANGUAGES=' .env || export LANGUAGES=en,es
	$(PY) manage.py migrate --verbosity 0
	$(PY) manage.py load_content
	[ "$(DEMO)" = 0 ] || $(PY) manage.py make_demo
	exec $(PY) manage.py runserver "$(NAMED)"

# Check that Python can create a virtual environment, unless there is one already.
python:
	$(STOP)
	! $(PY) -c 'import pip' 2>/dev/null || exit 0
	command -v $(PYTHON) >/dev/null ||
		stop "There is no $(PYTHON) here. Install Python 3.11 or newer (Debian, Ubuntu: apt install python3 python3-venv), $(THEN)"
	[ "$$($(PYTHON) -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True ] ||
		stop "$$($(PYTHON) -V 2>&1) is too old: this site needs Python 3.11 or newer. Install one, $(THEN) PYTHON=python3.11"
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null ||
		stop "Python's venv module is missing. Install it (Debian, Ubuntu: apt install python3-venv), $(THEN)"

port:
	$(STOP)
	case "$(PORT)" in ''|0*|*[!0-9]*|??????*) stop "PORT must be a number up to 65535, like: make run PORT=8001" ;; esac
	case "$(HOST)" in 0.0.0.0|::) [ -n "$$PUBLIC_URL" ] || grep -qs '^PUBLIC_URL=.' .env ||
		stop "With HOST=$(HOST), say how people reach it, like: make run HOST=$(HOST) PUBLIC_URL=http://192.168.1.5:$(PORT)" ;; esac
	python=$(PY); [ -x $(PY) ] || python=$(PYTHON)
	problem=$$($$python -c 'import socket as s; h = "$(HOST)"; s.create_server((h, $(PORT)), family=s.AF_INET6 if ":" in h else s.AF_INET)' 2>&1 | tail -n 1)
	case "$$problem" in '') ;;
	*"in use"*) stop "Port $(PORT) is in use. Run: make run PORT=$$(($(PORT) + 1))" ;;
	*) stop "The site cannot listen on $(HOST), port $(PORT) ($$problem). Try: make run HOST=127.0.0.1 PORT=8000" ;; esac

# The virtual environment keeps a copy of the list that its packages were installed from. After an interrupted install,
# the file "unfinished" is left, and the next run starts from an empty environment.
$(VENV)/requirements.txt $(VENV)/requirements-dev.txt: $(VENV)/%: % python
	$(STOP)
	# The lock lets one process install at a time: `make test` may start in another shell.
	exec 9<requirements.txt
	! command -v flock >/dev/null || flock 9
	[ -e $(VENV)/unfinished ] || ! cmp -s $* $@ || ! $(PY) -c 'import pip' 2>/dev/null || exit 0
	case $* in *dev*) what=" the test tools" ;; *) what= ;; esac
	echo "Installing$$what (about half a minute, only the first time)…"
	if [ -e $(VENV)/unfinished ] || ! $(PY) -c 'import pip' 2>/dev/null; then
		$(PYTHON) -m venv --clear $(VENV) || stop "The folder $(VENV) could not be made. Remove it, $(THEN)"
	fi
	touch $(VENV)/unfinished
	log=$(VENV)/pip.log
	$(PY) -m pip --disable-pip-version-check --no-input --retries 2 install --require-hashes -r $* >$$log 2>&1 || {
		! grep -qiE 'connection|timed out|name resolution|unreachable|proxy|ssl' $$log ||
			stop "The packages could not be downloaded. Check the network, $(THEN)"
		grep ERROR $$log >&2 || tail -n 5 $$log >&2
		stop "The packages could not be installed: the reason stands above, all of it in $$log."
	}
	cp $* $@
	rm $(VENV)/unfinished

# Write SECRET_KEY and CODE_KEY, the only secrets that the site needs. An existing key is never replaced. Where there is
# a SECRET_KEY alone, it has made the codes until now: it becomes the CODE_KEY too, so that all cards go on working.
define KEYS
import os, secrets
from dotenv import dotenv_values
there = dotenv_values(".env")
if not there.get("CODE_KEY"):
    old = os.environ.get("SECRET_KEY") or there.get("SECRET_KEY")
    print("CODE_KEY='%s'" % (old or secrets.token_urlsafe(50)))
if not there.get("SECRET_KEY"):
    print("SECRET_KEY=" + secrets.token_urlsafe(50))
endef
export KEYS
.env: $(VENV)/requirements.txt FORCE
	umask 077
	new=$$($(PY) -c "$$KEYS")
	[ -n "$$new" ] || exit 0
	{ [ ! -e .env ] || awk 1 .env; echo "$$new"; } >$(VENV)/env
	mv $(VENV)/env .env
FORCE:

# Find an installed browser; else install Debian's, if we are allowed to; else Playwright's own. Chromium without windows,
# a package of its own, draws the same pages in two thirds of the time.
browser: $(VENV)/requirements-dev.txt
	own='from playwright.sync_api import sync_playwright as p; p = p().start(); print(p.chromium.executable_path); p.stop()'
	look() {
		: >$(VENV)/browser
		theirs=$$($(PY) -c "$$own" 2>/dev/null) || return 1 # Playwright itself needs libatomic1
		for b in "$$CHROMIUM" chromium-headless-shell chromium chromium-browser google-chrome "$$theirs"; do
			! "$$b" --version >/dev/null 2>&1 || { command -v "$$b" >$(VENV)/browser; return; }
		done
		return 1
	}
	! look || exit 0
	echo "Installing a browser for the tests (about half a minute, only the first time)…"
	sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"
	{
		$$sudo apt-get update
		get="$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libatomic1"
		$$get chromium-headless-shell || $$get chromium || $(PY) -m playwright install chromium
	} >$(VENV)/browser.log 2>&1 || true
	look || echo "No browser could be installed: the reason stands in $(VENV)/browser.log."

test: browser
	# Compiled modules are kept: without them, each of some hundred processes compiles the site and the tests again.
	unset DATABASE_URL PYTHONDONTWRITEBYTECODE
	export PATH="$(CURDIR)/$(VENV)/bin:$$PATH" CHROMIUM="$$(cat $(VENV)/browser)"
	export LEARN_ENV_FILE=/dev/null DJANGO_SETTINGS_MODULE=tests.settings
	failed= missing=
	# One worker per processor, each with its own database. At most four, because of PostgreSQL's limit of connections.
	many="-q --numprocesses auto --maxprocesses 4 --dist worksteal"
	begin() { title=$$1; echo; echo "== $$title"; }
	check() { begin "$$1"; shift; "$$@" || failed="$$failed, $$title"; }
	mypy >$(VENV)/types.log 2>&1 & types=$$! # on one processor, while the others are tried
	check "Style" ruff check .
	check "Format" ruff format --check .
	check "Templates" djade --target-version 5.2 --check $$(find templates quizzes/templates -name '*.html')
	check "Import layers" lint-imports --no-logo
	check "Migrations" env DATABASE_URL=sqlite://:memory: python manage.py makemigrations --check --dry-run
	check "Settings for a hospital" env DATABASE_URL=sqlite://:memory: DJANGO_SETTINGS_MODULE=learn.settings \
		SECRET_KEY="$$(python -c 'import secrets; print(secrets.token_hex(40))')" PUBLIC_URL=https://learn.example \
		python manage.py check --deploy --fail-level WARNING
	begin "Types"
	wait $$types || failed="$$failed, $$title"
	cat $(VENV)/types.log
	check "The engine alone" python -m pytest $$many tests/quizzes --ds=tests.quizzes.alone.settings -m "not race"
	rm -f .coverage.json
	check "Tests, on SQLite and in a browser" python -m slipcover --json --out .coverage.json -m pytest $$many -m "not race"
	check "Branches taken by these tests" python -m tests.branches
	begin "Tests, many at once among them, on PostgreSQL"
	python -m tests.postgres python -m pytest $$many -m "not browser and not one_database" || case $$? in
		77) missing="$$missing, tests on PostgreSQL, where many at once are tried (there is none)" ;;
		*) failed="$$failed, $$title" ;; esac
	[ -n "$$CHROMIUM" ] || missing="$$missing, browser tests (no Chromium)"
	printf '\n%s seconds. ' $$(($$(date +%s) - $(BEGAN)))
	[ -z "$$failed" ] || printf 'Failed: %s. ' "$${failed#, }"
	if [ -n "$$missing" ]; then echo "Could not run: $${missing#, }."; else echo "Everything ran."; fi
	[ -z "$$failed" ] && { [ -z "$$missing" ] || [ "$$CI" != true ]; }

backup: $(VENV)/requirements.txt
	$(PY) manage.py backup $(if $(FOLDER),"$(FOLDER)")

restore: $(VENV)/requirements.txt
	$(STOP)
	[ -n "$(FILE)" ] || stop "Say which: make restore FILE=backups/2026-11-23T0712Z.sqlite3 (YES=1 does it, without it you are told what it would do)"
	$(PY) manage.py restore "$(FILE)" $(if $(IDENTITY),--identity "$(IDENTITY)") $(if $(YES),--yes)

# Debian's packages only: Firefox takes WebDriver's commands by itself, WebKitGTK through WebKitWebDriver. WebKitGTK needs
# a screen (Xvfb), and a window manager that gives its window the focus.
browsers: $(VENV)/requirements-dev.txt
	$(STOP)
	lacking=$$($(PY) -c 'from tests.journeys.webdriver import missing; print(*missing().values())')
	if [ -n "$$lacking" ]; then
		echo "Installing $$lacking…"
		sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"
		{
			$$sudo apt-get update
			$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$lacking
		} >$(VENV)/browser.log 2>&1 || stop "They could not be installed: the reason stands in $(VENV)/browser.log."
	fi
	unset DATABASE_URL
	LEARN_ENV_FILE=/dev/null DJANGO_SETTINGS_MODULE=tests.settings $(PY) -m pytest -q -rP tests/journeys/engines.py

faults: $(VENV)/requirements-dev.txt
	$(PY) -m $(if $(CLUSTER),tests.faults.drills $(if $(ALL),--all),$(if $(OLD),tests.faults.released,tests.faults $(if $(FULL),--full)))

cluster: $(VENV)/requirements-dev.txt
	$(PY) -m tests.faults.cluster

bench: $(VENV)/requirements-dev.txt
	$(PY) -m tests.bench$(if $(SCALE),.scale)

proxies: $(VENV)/requirements-dev.txt
	$(STOP)
	PATH="$$PATH:/usr/sbin"
	missing=
	for program in nginx:nginx-light apache2:apache2-bin haproxy:haproxy; do
		command -v "$${program%:*}" >/dev/null || missing="$$missing $${program#*:}"
	done
	if [ -n "$$missing" ]; then
		sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"
		echo "Installing$$missing…"
		{ $$sudo apt-get update && $$sudo env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends $$missing; } >$(VENV)/proxies.log 2>&1 ||
			stop "They could not be installed: the reason stands in $(VENV)/proxies.log."
	fi
	LEARN_ENV_FILE=/dev/null $(PY) -m tests.proxies

screens: browser
	export CHROMIUM="$$(cat $(VENV)/browser)" LEARN_ENV_FILE=/dev/null DJANGO_SETTINGS_MODULE=tests.settings
	$(PY) -m pytest tests/journeys/screens.py

weight: browser
	CHROMIUM="$$(cat $(VENV)/browser)" $(PY) -m tests.bench.weight

messages:
	command -v xgettext >/dev/null || { echo "Install GNU gettext first (Debian: apt install gettext)" >&2; exit 1; }
	for code in $$(ls learn/locale); do
		$(PY) manage.py makemessages -l $$code --no-wrap --add-location file -i tests -i .venv
	done
	$(PY) manage.py catalogs

lock:
	uv=$$(command -v uv) || {
		new=$$(mktemp -d); trap 'rm -rf "$$new"' EXIT; uv=$$new/bin/uv
		$(PYTHON) -m venv $$new && $$new/bin/pip install --quiet uv
	}
	lock() { $$uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links "$$@" $(UPGRADE) --quiet; }
	lock -o requirements.txt
	lock --extra dev -c requirements.txt -o requirements-dev.txt
