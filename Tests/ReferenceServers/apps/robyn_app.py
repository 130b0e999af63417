"""Robyn, which uses Actix Web; MODE chooses the behavior."""

import os

from robyn import Response, Robyn

MODE = os.environ.get("MODE", "hello")
app = Robyn(__file__)


def page(request):
    html = {"Content-Type": "text/html"}
    if MODE == "redirect":
        return Response(302, {"Location": "/elsewhere"}, "")
    if MODE == "moved":
        return Response(301, {"Location": "https://www.example/", **html}, "<p>moved</p>")
    if MODE == "login":
        return Response(401, {"WWW-Authenticate": "Basic"}, "log in")
    if MODE == "json":
        return Response(200, {"Content-Type": "application/json"}, '{"ok":true}')
    return Response(200, html, "<html><body>hello</body></html>")


def missing(request):
    if MODE == "json":
        return Response(404, {"Content-Type": "application/json"}, '{"error":"no such thing"}')
    return Response(404, {"Content-Type": "text/html"}, "<h1>Oh no</h1>")


everything = MODE in ("redirect", "moved", "login", "always")
app.get("/")(page)
if everything:
    app.get("/*path")(page)
elif MODE in ("json", "errors"):
    app.get("/*path")(missing)
app.start(host="127.0.0.1", port=int(os.environ["PORT"]), _check_port=False)
