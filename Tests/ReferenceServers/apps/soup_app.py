"""The HTTP server of libsoup; MODE chooses the behavior."""

import os
import sys

import gi

gi.require_version("Soup", "3.0")
from gi.repository import GLib, Soup

MODE = os.environ.get("MODE", "hello")
BANNER = os.environ.get("BANNER")


def answer(server, message, path, query):
    headers = message.get_response_headers()
    status, kind, body = 200, "text/html", b"<html><body>hello</body></html>"
    if MODE == "redirect":
        return message.set_redirect(302, "/elsewhere")
    if MODE == "moved":
        status, body = 301, b"<p>moved</p>"
        headers.append("Location", "https://www.example/")
    elif MODE == "login":
        status, body = 401, b"log in"
        headers.append("WWW-Authenticate", "Basic")
    elif MODE == "json":
        kind, body = "application/json", b"{}"
        if path != "/":
            status, body = 404, b'{"error": 1}'
    elif MODE != "always" and path != "/":
        status, body = 404, b"<h1>Oh no</h1>"
        if MODE == "hello":
            return message.set_status(404, None)
    elif MODE == "hello" and message.get_method() not in ("GET", "HEAD"):
        return message.set_status(501, None)
    message.set_status(status, None)
    message.set_response(kind, Soup.MemoryUse.COPY, body)


server = Soup.Server(**({"server-header": BANNER} if BANNER else {}))
server.add_handler("/index" if MODE == "none" else "/", answer)
server.listen_local(int(sys.argv[1]), Soup.ServerListenOptions.IPV4_ONLY)
GLib.MainLoop().run()
