"""Python's http.server, as it comes and with another name."""

import http.server
import os
import sys

MODE = os.environ.get("MODE", "hello")


class Handler(http.server.SimpleHTTPRequestHandler):
    if os.environ.get("VERSION"):
        protocol_version = os.environ["VERSION"]
    if "HIDE" in os.environ:
        server_version = os.environ["HIDE"]
        sys_version = ""
    if MODE == "errors":
        error_message_format = "<h1>Oh no</h1>"
    if MODE in ("redirect", "login", "always", "json", "moved"):

        def do_GET(self):
            body = b'{"ok": true}' if MODE == "json" else b"hello"
            if MODE == "json" and self.path != "/":
                body = b'{"error": "no such thing"}'
                self.send_response(404)
            else:
                self.send_response({"redirect": 302, "moved": 301, "login": 401}.get(MODE, 200))
            if MODE == "redirect":
                self.send_header("Location", "/elsewhere")
            if MODE == "moved":
                self.send_header("Location", "https://www.example/")
            if MODE == "login":
                self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Type", "application/json" if MODE == "json" else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET
        if MODE != "json":
            do_POST = do_DELETE = do_GET

    def log_message(self, *words):
        pass


os.chdir(sys.argv[2])
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
