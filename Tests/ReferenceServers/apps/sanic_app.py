"""Sanic; MODE chooses the behavior."""

import os
import sys

from sanic import Sanic, response

MODE = os.environ.get("MODE", "hello")
BANNER = os.environ.get("BANNER")
app = Sanic("app")
app.config.FALLBACK_ERROR_FORMAT = {"text-errors": "text", "json": "json", "json-errors": "json"}.get(MODE, "html")
everything = MODE in ("redirect", "moved", "login", "always")


async def page(request, path=""):
    if MODE == "redirect":
        return response.redirect("/elsewhere")
    if MODE == "moved":
        return response.redirect("https://www.example/", status=301)
    if MODE == "login":
        return response.text("log in", status=401, headers={"WWW-Authenticate": "Basic"})
    if MODE == "json":
        return response.json({"ok": True})
    return response.html("<html><body>hello</body></html>")


if MODE == "files":
    app.static("/", os.path.join(sys.argv[2], "index.html"), name="root")
    app.static("/", sys.argv[2], name="files")
elif everything:
    methods = ["GET", "HEAD", "POST", "DELETE"]
    app.add_route(page, "/", methods=methods, name="root")
    app.add_route(page, "/<path:path>", methods=methods, name="rest")
else:
    app.add_route(page, "/", methods=["GET", "HEAD"], name="root")

if MODE == "errors":

    @app.exception(Exception)
    async def wrong(request, exception):
        return response.html("<h1>Oh no</h1>", status=getattr(exception, "status_code", 500))


if BANNER:

    @app.on_response
    async def named(request, answer):
        answer.headers["Server"] = BANNER


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, access_log=False, debug=MODE == "debug", motd=False)
