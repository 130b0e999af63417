"""Servers of Perl and Ruby, as Debian packages them."""

import os

from languages import MODES
from setup import APPS, LIE, Process, Setup, version

OWN = {name: environment for name, environment in MODES.items() if name != "false"}


def module(name):
    """The version of a Perl module."""
    return version(["perl", f"-M{name}", "-e", f"print ${name}::VERSION"], r"^v?([\d.]+)$")


def perl():
    plack = ["-a", "{apps}/app.psgi"]
    for product, words, number, more in (
        ("Starman", ["starman", "--listen", "127.0.0.1:{port}", "--workers", "2", *plack], module("Starman"), {"kept": ["--disable-keepalive"]}),
        ("Twiggy", ["twiggy", "--listen", "127.0.0.1:{port}", *plack], module("Twiggy"), {}),
        ("HTTP::Server::PSGI", ["plackup", "-E", "deployment", "-s", "HTTP::Server::PSGI", "--host", "127.0.0.1", "--port", "{port}", *plack],
         version(["perl", "-MPlack", "-e", "print $Plack::VERSION"], r"([\d.]+)"), {}),
    ):
        for name, environment in {**OWN, "false": {"BANNER": LIE}}.items():
            yield Setup(product, name, Process(words, environment), number)
        for name, extra in more.items():
            yield Setup(product, name, Process([*words, *extra]), number)
    for name, environment in {**OWN, "files": {"MODE": "files"}, "basic": {"MODE": "basic"}}.items():
        yield Setup("HTTP::Daemon", name, Process(["perl", "{apps}/http_daemon.pl", "{port}", "{root}"], environment), module("HTTP::Daemon"))
    number = module("Mojolicious")
    for name, environment in {**OWN, "false": {"BANNER": LIE}, "debug": {"MODE": "debug"}}.items():
        yield Setup("Mojolicious", name, Process(["perl", "{apps}/mojo_app.pl", "daemon", "-l", "http://127.0.0.1:{port}"], environment), number)


def ruby():
    number = version(["unicorn", "-v"], r"unicorn v?([\d.]+)")
    for name, environment in {**OWN, "false": {"BANNER": LIE}}.items():
        words = ["unicorn", "-E", "none", "-c", "{apps}/unicorn.rb", "-l", "127.0.0.1:{port}", "{apps}/config.ru"]
        yield Setup("Unicorn", name, Process(words, environment), number)
    number = version(["thin", "-v"], r"thin v?([\d.]+)")
    for name, environment in {**OWN, "false": {"BANNER": LIE}}.items():
        words = ["thin", "-e", "none", "-q", "-a", "127.0.0.1", "-p", "{port}", "-R", "{apps}/config.ru", "start"]
        yield Setup("Thin", name, Process(words, environment), number)
    yield from passenger()


def passenger():
    """Passenger with its own HTTP server, which its modules for nginx and Apache connect to; it must not ask its home for updates."""
    number = version(["passenger", "--version"], r"Passenger\S* ([\d.]+)")
    words = ["passenger", "start", "{folder}/app", "--engine", "builtin", "--address", "127.0.0.1", "--port", "{port}", "--app-type", "rack", "--environment", "production",
             "--pid-file", "{folder}/pid", "--log-file", "{folder}/log", "--disable-security-update-check", "--disable-anonymous-telemetry"]
    with open(os.path.join(APPS, "config.ru")) as file:
        files = {"app/config.ru": file.read(), "app/public/notes.txt": "notes\n"}
    for name, (environment, more) in {
        **{name: (environment, []) for name, environment in OWN.items()}, "false": ({"BANNER": LIE}, []),
        "friendly": ({}, ["--friendly-error-pages"]), "spawned": ({}, ["--spawn-method", "direct", "--max-pool-size", "1"]),
    }.items():
        yield Setup("Phusion Passenger", name, Process([*words, *more], environment), number, files, patience=30)


ALL = [perl, ruby]
