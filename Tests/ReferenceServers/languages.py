"""Servers of programming languages and their libraries."""

import os
import re
import subprocess
import sys

import releases
from setup import HERE, LIE, OTHER_LIE, Process, Setup, version

# The kinds of applications and of banners.
MODES = {
    "default": {}, "false": {"BANNER": LIE}, "redirect": {"MODE": "redirect"},
    "moved": {"MODE": "moved"}, "login": {"MODE": "login"},
    "always": {"MODE": "always"}, "json": {"MODE": "json"}, "errors": {"MODE": "errors"},
}


def python_words(product, extra=()):
    return {
        "gunicorn": ["-c", "from gunicorn.app.wsgiapp import run; run()", "-b", "127.0.0.1:{port}", "--log-level", "critical", "--chdir", "{apps}", *extra, "wsgi_app:app"],
        "uvicorn": ["-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--log-level", "critical", "--app-dir", "{apps}", *extra, "asgi_app:app"],
        "hypercorn": ["-m", "hypercorn", "-b", "127.0.0.1:{port}", "--log-level", "critical", *extra, "asgi_app:app"],
        "waitress": ["{apps}/waitress_app.py", "{port}"],
        "cheroot": ["{apps}/cheroot_app.py", "{port}"],
        "tornado": ["{apps}/tornado_app.py", "{port}"],
        "aiohttp": ["{apps}/aiohttp_app.py", "{port}"],
        "twisted": ["{apps}/twisted_app.py", "{port}", "{root}"],
        "werkzeug": ["{apps}/werkzeug_app.py", "{port}"],
    }[product]


NAMES = {
    "gunicorn": "Gunicorn", "uvicorn": "Uvicorn", "hypercorn": "Hypercorn", "waitress": "Waitress", "cheroot": "Cheroot",
    "tornado": "Tornado", "aiohttp": "aiohttp", "twisted": "Twisted Web", "werkzeug": "Werkzeug",
}


def python_process(product, folder, environment, extra=()):
    return Process(
        [sys.executable, *python_words(product, extra)],
        {"PYTHONPATH": f"{folder}:{{apps}}", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore", **environment})


def python(product):
    for number in releases.RELEASES[product]:
        folder = releases.folder(product, number)
        if folder is None:
            continue
        for mode, environment in MODES.items():
            yield Setup(NAMES[product], mode, python_process(product, folder, environment), number)
        more = {
            "gunicorn": {"threads": ({}, ["-k", "gthread"]), "json-close": ({"MODE": "json"}, ["--keep-alive", "0"])},
            "uvicorn": {"httptools": ({}, ["--http", "httptools"]), "httptools-json": ({"MODE": "json"}, ["--http", "httptools"]),
                        "h11": ({}, ["--http", "h11"]), "h11-hidden": ({}, ["--http", "h11", "--no-server-header", "--no-date-header"]),
                        "hidden": ({}, ["--no-server-header"])},
            "waitress": {"hidden": ({"HIDE": ""}, []), "renamed": ({"HIDE": LIE}, [])},
            "cheroot": {"renamed": ({"HIDE": LIE}, [])},
            "werkzeug": {"renamed": ({"HIDE": LIE}, [])},
            "aiohttp": {"hidden": ({"BANNER": "-"}, [])},
            "tornado": {"hidden": ({"BANNER": "-"}, [])},
            "twisted": {"hidden": ({"BANNER": "-", "MODE": "json"}, []), "files": ({"MODE": "files"}, [])},
            "hypercorn": {"hidden": ({"MODE": "json"}, [])},
        }[product]
        for name, (environment, extra) in more.items():
            yield Setup(NAMES[product], name, python_process(product, folder, environment, extra), number)


def http_server():
    number = version([sys.executable, "--version"], r"Python (\d+\.\d+)")
    more = {"hidden": {"HIDE": ""}, "false": {"HIDE": LIE}, "keeps": {"VERSION": "HTTP/1.1"}, "keeps-json": {"VERSION": "HTTP/1.1", "MODE": "json"}}
    for name, environment in {**MODES, **more}.items():
        yield Setup("Python http.server", name, Process([sys.executable, "{apps}/http_server.py", "{port}", "{root}"], environment), number)


def node():
    number = version(["node", "--version"], r"v([\d.]+)")
    for name, environment in MODES.items():
        yield Setup("Node.js", name, Process(["node", "{apps}/node_app.js", "{port}"], environment), number)
    yield Setup("Node.js", "lenient", Process(["node", "--insecure-http-parser", "{apps}/node_app.js", "{port}"]), number)


def php():
    number = version(["php", "-v"], r"PHP ([\d.]+)")
    words = ["php", "-q", "-d", "display_errors=0", "-S", "127.0.0.1:{port}"]
    for name, environment in {**MODES, "hidden": {"BANNER": "-"}}.items():
        yield Setup("PHP", name, Process([*words, "{apps}/router.php"], environment), number)
    yield Setup("PHP", "files", Process([*words, "-t", "{root}"]), number)


def ruby():
    number = version(["ruby", "-rwebrick", "-e", "puts WEBrick::VERSION"], r"([\d.]+)")
    for name, environment in {**MODES, "files": {"MODE": "files"}, "renamed": {"HIDE": LIE}}.items():
        yield Setup("WEBrick", name, Process(["ruby", "{apps}/webrick.rb", "{port}", "{root}"], environment), number)
    number = version(["puma", "--version"], r"puma version ([\d.]+)")
    for name, environment in MODES.items():
        yield Setup(
            "Puma", name,
            Process(["puma", "-q", "-e", "production", "-b", "tcp://127.0.0.1:{port}", "{apps}/config.ru"], environment), number)


def go():
    number = version(["go", "version"], r"go([\d.]+)")
    if not number:
        return
    program = os.path.abspath(".build/servers/go-server")
    if not os.path.exists(program):
        environment = dict(os.environ, GOFLAGS="-mod=mod", GO111MODULE="off", CGO_ENABLED="0", GOCACHE=os.path.abspath(".build/servers/go-cache"))
        subprocess.run(["go", "build", "-o", program, os.path.join(HERE, "apps", "server.go")], env=environment, check=True)
    for name, environment in {
        **MODES, "files": {"MODE": "files"}, "files-false": {"MODE": "files", "BANNER": LIE},
        "login-false": {"MODE": "login", "BANNER": OTHER_LIE}, "json-false": {"MODE": "json", "BANNER": OTHER_LIE},
    }.items():
        yield Setup("Go net/http", name, Process([program, "{port}", "{root}"], environment), number)


def swift():
    folder = os.path.abspath(".build/servers/swift")
    package = os.path.join(HERE, "swift-servers")
    build = ["swift", "build", "-c", "release", "--package-path", package, "--scratch-path", folder]
    if not os.path.exists(os.path.join(folder, "release", "flyingfox-server")):
        if not version(["swift", "--version"], r"Swift version ([\d.]+)"):
            return
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    releases_of = dict(re.findall(r'/(\w+)", exact: "([\d.]+)"', open(os.path.join(package, "Package.swift")).read()))
    for name, environment in {**MODES, "named": {"NAME": "hummingbird"}}.items():
        program = Process([os.path.join(folder, "release", "hummingbird-server"), "{port}"], environment)
        yield Setup("SwiftNIO", name, program, releases_of["hummingbird"])
    for name, environment in MODES.items():
        program = Process([os.path.join(folder, "release", "flyingfox-server"), "{port}"], environment)
        yield Setup("FlyingFox", name, program, releases_of["FlyingFox"])


ALL = [http_server, node, php, ruby, go, swift] + [lambda product=product: python(product) for product in NAMES]
