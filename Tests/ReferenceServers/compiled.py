"""Servers of libraries of Java, C and C++: programs in apps/, compiled into .build/servers."""

import os
import subprocess

from languages import MODES
from setup import APPS, LIE, Process, Setup, version

FOLDER = os.path.abspath(".build/servers/compiled")
OWN = {name: environment for name, environment in MODES.items() if name != "false"}


def package(name):
    return version(["dpkg-query", "-W", name], rf"{name}\S*\s+(?:\d+:)?([\d.]+\d)")


def compiled(source, words):
    """The path of a program, compiled once; None if it cannot be compiled."""
    target = os.path.join(FOLDER, source.split(".")[0])
    path = os.path.join(APPS, source)
    if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(path):
        if os.environ.get("SERVERS_NAMESPACE") == "inside":
            return None
        os.makedirs(FOLDER, exist_ok=True)
        compiler = "g++" if source.endswith(".cpp") else "gcc"
        try:
            run = subprocess.run([compiler, "-o", target, path, *words])
        except OSError:
            return None
        if run.returncode:
            return None
    return target


NAMED = {"BANNER": LIE}
C_PROGRAMS = [
    ("libmicrohttpd", "microhttpd.c", "libmicrohttpd-dev", ["-lmicrohttpd"], {
        "false": NAMED, "demo": {"MODE": "demo"}, "strict": {"STRICT": "1"}}),
    ("libevent", "evhttp.c", "libevent-dev", ["-levent"], {"limits": {"LIMITS": "1"}, "false": NAMED}),
    ("cpp-httplib", "httplib.cpp", "libcpp-httplib-dev", ["-lcpp-httplib", "-lpthread", "-lssl", "-lcrypto"], {"false": NAMED}),
    ("POCO", "poco.cpp", "libpoco-dev", ["-lPocoNet", "-lPocoFoundation"], {
        "false": NAMED, "chunked": {"MODE": "chunked"}, "none": {"MODE": "none"}, "unauthorized": {"MODE": "unauthorized"}}),
    ("Boost.Beast", "beast.cpp", "libboost-dev", ["-O1", "-lpthread"], {}),
]


def c_programs():
    for product, source, name, words, more in C_PROGRAMS:
        number = package(name)
        program = compiled(source, words) if number else None
        for name, environment in {**OWN, **more}.items():
            if program:
                yield Setup(product, name, Process([program, "{port}", "{root}"], environment), number)


JARS = ":".join(f"/usr/share/java/{name}.jar" for name in (
    "netty-buffer", "netty-codec", "netty-codec-http", "netty-common", "netty-handler", "netty-resolver", "netty-transport", "httpcore"))


def java():
    folder = os.path.join(FOLDER, "java")
    sources = os.path.join(APPS, "java")
    if not os.path.exists(os.path.join(folder, "CoreServer.class")) and os.environ.get("SERVERS_NAMESPACE") != "inside":
        os.makedirs(folder, exist_ok=True)
        try:
            subprocess.run(["javac", "-d", folder, "-cp", JARS, *(os.path.join(sources, name) for name in sorted(os.listdir(sources)))])
        except OSError:
            return
    for product, name, number, more in (
        ("Netty", "NettyServer", package("libnetty-java"), {
            "checks": {"CHECKS": "1"}, "checks-json": {"CHECKS": "1", "MODE": "json"}, "false": NAMED}),
        ("JDK HttpServer", "JDKServer", version(["javac", "--version"], r"([\d.]+)"), {"none": {"MODE": "none"}, "false": NAMED}),
        ("Apache HttpCore", "CoreServer", package("libhttpcore-java"), {}),
    ):
        for mode, environment in {**OWN, **more}.items():
            words = ["java", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{folder}:{JARS}", name, "{port}"]
            yield Setup(product, mode, Process(words, environment), number, patience=30)


ALL = [c_programs, java]
