"""Tornado in several characters."""

import os
import sys

import tornado.ioloop
import tornado.web

MODE = os.environ.get("MODE", "hello")
BANNER = os.environ.get("BANNER")


class Base(tornado.web.RequestHandler):
    def set_default_headers(self):
        if BANNER == "-":
            self.clear_header("Server")
        elif BANNER:
            self.set_header("Server", BANNER)

    if MODE in ("errors", "json"):

        def write_error(self, status_code, **details):
            self.finish({"error": "no such thing"} if MODE == "json" else "<h1>Oh no</h1>")


class Page(Base):
    def get(self):
        if MODE == "redirect":
            self.redirect("/elsewhere")
        elif MODE == "moved":
            self.redirect("https://www.example/", permanent=True)
        elif MODE == "login":
            self.set_status(401)
            self.set_header("WWW-Authenticate", "Basic")
            self.write("log in")
        elif MODE == "json":
            self.write({"ok": True})
        else:
            self.write("<html><body>hello</body></html>")

    if MODE in ("redirect", "moved", "login", "always"):
        post = delete = put = get

        def head(self):
            self.get()


class Missing(Base):
    def prepare(self):
        raise tornado.web.HTTPError(404)


everything = MODE in ("redirect", "moved", "login", "always")
tornado.web.Application(
    [(r".*" if everything else r"/", Page)], default_handler_class=Missing
).listen(int(sys.argv[1]), "127.0.0.1")
tornado.ioloop.IOLoop.current().start()
