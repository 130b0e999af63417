"""uWebSockets by its own interface; MODE chooses the behavior."""

import os
import sys

from socketify import App

MODE = os.environ.get("MODE", "hello")


def page(response, request):
    if MODE == "redirect":
        response.write_status(302).write_header("Location", "/elsewhere").end("")
    elif MODE == "moved":
        response.write_status(301).write_header("Location", "https://www.example/").end("<p>moved</p>")
    elif MODE == "login":
        response.write_status(401).write_header("WWW-Authenticate", "Basic").end("log in")
    elif MODE == "json":
        response.write_header("Content-Type", "application/json").end('{"ok":true}')
    else:
        response.write_header("Content-Type", "text/html").end("<html><body>hello</body></html>")


def missing(response, request):
    kind, body = ("application/json", '{"error":"no such thing"}') if MODE == "json" else ("text/html", "<h1>Oh no</h1>")
    response.write_status(404).write_header("Content-Type", kind).end(body)


app = App()
if MODE in ("redirect", "moved", "login", "always"):
    app.any("/*", page)
else:
    app.get("/", page)
    if MODE != "hello":
        app.any("/*", missing)
app.listen({"port": int(sys.argv[1]), "host": "127.0.0.1"}, lambda config: None)
app.run()
