"""aiohttp's own server in several characters."""

import os
import sys

from aiohttp import web

MODE = os.environ.get("MODE", "hello")
BANNER = os.environ.get("BANNER")


async def page(request):
    if MODE == "redirect":
        raise web.HTTPFound("/elsewhere")
    if MODE == "moved":
        raise web.HTTPMovedPermanently("https://www.example/", text="moved")
    if MODE == "login":
        return web.Response(status=401, text="log in", headers={"WWW-Authenticate": "Basic"})
    if MODE == "json":
        return web.json_response({"ok": True})
    return web.Response(text="<html><body>hello</body></html>", content_type="text/html")


@web.middleware
async def errors(request, handler):
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        if MODE == "json":
            return web.json_response({"error": "no such thing"}, status=error.status)
        return web.Response(status=error.status, text="<h1>Oh no</h1>", content_type="text/html")


async def banner(request, response):
    if BANNER == "-":
        response.headers.pop("Server", None)
    elif BANNER:
        response.headers["Server"] = BANNER


app = web.Application(middlewares=[errors] if MODE in ("errors", "json") else [])
app.on_response_prepare.append(banner)
if MODE in ("redirect", "moved", "login", "always"):
    app.router.add_route("*", "/{tail:.*}", page)
else:
    app.router.add_get("/", page)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
