"""A FastAPI application; MODE chooses the behavior."""

import os

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

MODE = os.environ.get("MODE", "hello")
app = FastAPI()


@app.get("/")
async def page():
    if MODE == "login":
        return PlainTextResponse("log in", 401, {"WWW-Authenticate": "Basic"})
    return {"ok": True} if MODE == "json" else HTMLResponse("<html><body>hello</body></html>")


if MODE == "login":
    app.add_api_route("/{path:path}", page, methods=["GET", "HEAD", "POST", "DELETE"])
elif MODE == "json":
    app.add_exception_handler(404, lambda request, error: JSONResponse({"error": "no such thing"}, 404))
