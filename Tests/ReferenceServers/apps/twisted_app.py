"""Twisted Web in several characters."""

import os
import sys

from twisted.internet import reactor
from twisted.web import resource, server, static

MODE = os.environ.get("MODE", "hello")
BANNER = os.environ.get("BANNER")


class Page(resource.Resource):
    isLeaf = True

    def render(self, request):
        if BANNER == "-":
            request.responseHeaders.removeHeader(b"server")
        elif BANNER:
            request.setHeader(b"server", BANNER.encode())
        if MODE == "redirect":
            request.redirect(b"/elsewhere")
            return b""
        if MODE == "moved":
            request.redirect(b"https://www.example/")
            request.setResponseCode(301)
            return b"<html><body>moved</body></html>"
        if MODE == "login":
            request.setResponseCode(401)
            request.setHeader(b"www-authenticate", b"Basic")
            return b"log in"
        if MODE == "json":
            request.setHeader(b"content-type", b"application/json")
            if request.path != b"/":
                request.setResponseCode(404)
                return b'{"error": "no such thing"}'
            return b'{"ok": true}'
        if MODE == "errors" and request.path != b"/":
            request.setResponseCode(404)
            return b"<h1>Oh no</h1>"
        return b"<html><body>hello</body></html>"


class Root(resource.Resource):
    def getChild(self, path, request):
        return Hello() if path == b"" else super().getChild(path, request)


class Hello(resource.Resource):
    def render_GET(self, request):
        if BANNER == "-":
            request.responseHeaders.removeHeader(b"server")
        elif BANNER:
            request.setHeader(b"server", BANNER.encode())
        return b"<html><body>hello</body></html>"


if MODE == "files":
    root = static.File(sys.argv[2])
elif MODE == "hello":
    root = Root()
else:
    root = Page()
reactor.listenTCP(int(sys.argv[1]), server.Site(root), interface="127.0.0.1")
reactor.run()
