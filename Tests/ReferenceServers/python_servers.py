"""More Python servers of PyPI, and frameworks on them."""

import sys

import releases
from languages import MODES, NAMES, python_words
from setup import LIE, Process, Setup

# The modes without the one that only changes the Server field.
OWN = {name: environment for name, environment in MODES.items() if name != "false"}

UWSGI = ["--need-app", "--disable-logging", "--master", "--die-on-term", "--wsgi-file", "{apps}/wsgi_app.py", "--callable", "app"]


def process(folders, words, environment):
    paths = ":".join([*folders, "{apps}"])
    return Process(
        [sys.executable, *words],
        {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore", "HOME": "{folder}", **environment})


def setups(product, package, commands, modes=OWN, more=()):
    """Every release of a package with every mode; `commands` are the ways to start it, by the prefix of the name."""
    for number in releases.RELEASES[package]:
        folder = releases.folder(package, number)
        if folder is None:
            continue
        for prefix, (words, wanted) in commands.items():
            for mode, environment in modes.items():
                if wanted is None or mode in wanted:
                    name = f"{prefix}-{mode}" if prefix else mode
                    yield Setup(product, name.removesuffix("-default") if prefix else name, process([folder], words, environment), number, patience=20)
        for name, words, environment in more:
            yield Setup(product, name, process([folder], words, environment), number, patience=20)


def granian():
    words = ["-m", "granian", "--host", "127.0.0.1", "--port", "{port}", "--no-log", "--workers", "1"]
    yield from setups("Granian", "granian", {
        "": ([*words, "--interface", "asgi", "asgi_app:app"], None),
        "wsgi": ([*words, "--interface", "wsgi", "wsgi_app:app"], ("default", "json", "login")),
        "plain": ([*words, "--interface", "asgi", "--no-http1-keep-alive", "asgi_app:app"], ("default", "json")),
    })


def daphne():
    words = ["-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "-v", "0"]
    yield from setups(
        "Daphne", "daphne", {"": ([*words, "asgi_app:app"], None)},
        more=[("hidden", [*words, "--no-server-name", "asgi_app:app"], {}), ("hidden-json", [*words, "--no-server-name", "asgi_app:app"], {"MODE": "json"})])


def sanic():
    words = ["{apps}/sanic_app.py", "{port}", "{root}"]
    yield from setups("Sanic", "sanic", {"": (words, None)}, more=[
        ("false", words, {"BANNER": LIE}), ("files", words, {"MODE": "files"}), ("debug", words, {"MODE": "debug"}),
        ("text-errors", words, {"MODE": "text-errors"}), ("json-errors", words, {"MODE": "json-errors"})])


def gevent():
    words = ["{apps}/gevent_app.py", "{port}"]
    yield from setups("gevent", "gevent", {"": (words, None)}, more=[("false", words, {"BANNER": LIE})])


def eventlet():
    words = ["{apps}/eventlet_app.py", "{port}"]
    yield from setups("eventlet", "eventlet", {"": (words, None)}, more=[
        ("false", words, {"BANNER": LIE}), ("plain", words, {"PLAIN": "1"})])


def uwsgi():
    words = ["-c", "import sys, pyuwsgi; pyuwsgi.run(sys.argv[1:])", *UWSGI]
    router = [*words, "--http"]
    yield from setups("uWSGI", "pyuwsgi", {
        "": ([*words, "--http-socket", "127.0.0.1:{port}"], None),
        "router": ([*router, "127.0.0.1:{port}"], ("default", "json", "login", "always")),
        "kept": ([*words, "--http11-socket", "127.0.0.1:{port}"], ("default", "json")),
        "router-kept": ([*router, "127.0.0.1:{port}", "--http-keepalive"], ("default", "json")),
    }, more=[
        ("false", [*words, "--http-socket", "127.0.0.1:{port}"], {"BANNER": LIE}),
        ("empty", [*words[:2], "--master", "--die-on-term", "--disable-logging", "--http-socket", "127.0.0.1:{port}"], {}),
        ("files", [*words[:2], "--master", "--die-on-term", "--disable-logging", "--http-socket", "127.0.0.1:{port}", "--check-static",
                   "{root}", "--static-index", "index.html"], {}),
    ])


def small():
    """Servers with a callable to start them; apps/wsgi_runner.py starts each by its name."""
    runner = ["{apps}/wsgi_runner.py", "{port}"]
    for product, package in {"bjoern": "bjoern", "FastWSGI": "fastwsgi", "Rocket": "rocket3"}.items():
        yield from setups(product, package, {"": ([*runner, package], None)}, more=[("false", [*runner, package], {"BANNER": LIE})])
    yield from setups("uWebSockets", "socketify", {"": (["{apps}/socketify_app.py", "{port}"], None)})
    yield from setups("Tremolo", "tremolo", {"": (["{apps}/tremolo_app.py", "{port}"], None)})


def wsgiref():
    """Python's own WSGI server, which Django's runserver uses also."""
    from setup import version
    number = version([sys.executable, "--version"], r"Python (\d+\.\d+)")
    for name, environment in {**OWN, "false": {"BANNER": LIE}}.items():
        yield Setup("wsgiref", name, process([], ["{apps}/wsgi_runner.py", "{port}", "wsgiref"], environment), number)
    for release in releases.RELEASES["django"]:
        folder = releases.folder("django", release)
        words = ["{apps}/django_app.py", "runserver", "--noreload", "127.0.0.1:{port}"]
        for name, environment in {"django": {}, "django-debug": {"DEBUG": "1"}, "django-login": {"MODE": "login"},
                                  "django-moved": {"MODE": "moved"}, "django-json": {"MODE": "json"}}.items():
            if folder:
                yield Setup("wsgiref", name, process([folder], words, environment), number, patience=20)


# What a framework answers on a server that is learned with a bare application too: framework, server, start of the application.
FRAMEWORKS = {
    "flask": ["gunicorn", "waitress", "werkzeug"], "django": ["gunicorn", "uvicorn", "waitress"],
    "fastapi": ["uvicorn", "hypercorn"], "quart": ["hypercorn", "uvicorn"],
}
MODULES = {"flask": "flask_app:app", "django": "django_app:app", "fastapi": "fastapi_app:app", "quart": "quart_app:app"}


def frameworks():
    for framework, servers in FRAMEWORKS.items():
        for product in servers:
            release = releases.latest(product)
            folders = [releases.folder(framework, releases.latest(framework)), releases.folder(product, release)]
            if None in folders:
                continue
            words = {
                "waitress": ["-m", "waitress", "--listen=127.0.0.1:{port}"],
                "werkzeug": ["-m", "flask", "--app", MODULES[framework].split(":")[0], "run", "-h", "127.0.0.1", "-p", "{port}"],
            }.get(product) or python_words(product)[:-1]
            if framework == "django" and product == "uvicorn":
                words = [*words, "--interface", "wsgi"]
            if product != "werkzeug":
                words = [*words, MODULES[framework]]
            folders.reverse()
            for name, environment in {"": {}, "-login": {"MODE": "login"}, "-json": {"MODE": "json"}}.items():
                yield Setup(NAMES[product], framework + name, process(folders, words, environment), release, patience=20)


def gunicorn_workers():
    release = releases.latest("gunicorn")
    folder, gevent_folder = releases.folder("gunicorn", release), releases.folder("gevent", releases.latest("gevent"))
    if folder and gevent_folder:
        words = python_words("gunicorn", ["-k", "gevent"])
        for name, environment in {"gevent": {}, "gevent-json": {"MODE": "json"}, "gevent-always": {"MODE": "always"}}.items():
            yield Setup("Gunicorn", name, process([folder, gevent_folder], words, environment), release, patience=20)


ALL = [granian, daphne, sanic, gevent, eventlet, uwsgi, small, wsgiref, frameworks, gunicorn_workers]
