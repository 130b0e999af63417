"""Tremolo; MODE chooses the behavior."""

import os
import sys

from tremolo import Application

MODE = os.environ.get("MODE", "hello")
app = Application()


@app.route(r"^/.*$" if MODE in ("redirect", "moved", "login", "always") else "/")
async def page(response, **server):
    if MODE == "redirect":
        response.set_status(302, b"Found")
        response.set_header(b"Location", b"/elsewhere")
        return b""
    if MODE == "moved":
        response.set_status(301, b"Moved Permanently")
        response.set_header(b"Location", b"https://www.example/")
        return b"<p>moved</p>"
    if MODE == "login":
        response.set_status(401, b"Unauthorized")
        response.set_header(b"WWW-Authenticate", b"Basic")
        return b"log in"
    if MODE == "json":
        response.set_content_type(b"application/json")
        return b'{"ok": true}'
    return b"<html><body>hello</body></html>"


if MODE in ("json", "errors"):

    @app.error(404)
    async def missing(response, **server):
        if MODE == "json":
            response.set_content_type(b"application/json")
            return b'{"error": "no such thing"}'
        return b"<h1>Oh no</h1>"


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), debug=False, worker_num=1)
