"""The WSGI application's characters for ASGI."""

import os

MODE = os.environ.get("MODE", "hello")
BANNER = os.environ.get("BANNER")


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["type"] != "http":
        return
    status, kind, body, more = 200, b"text/html; charset=utf-8", b"<html><body>hello</body></html>", []
    path = scope["path"]
    if MODE == "redirect":
        status, body, more = 302, b"", [(b"location", b"/elsewhere")]
    elif MODE == "moved":
        status, body = 301, b"<html><body><a href='https://www.example/'>moved</a></body></html>"
        more = [(b"location", b"https://www.example/")]
    elif MODE == "login":
        status, body, more = 401, b"<h1>log in</h1>", [(b"www-authenticate", b'Basic realm="private"')]
    elif MODE == "json":
        kind, body = b"application/json", b'{"ok": true}'
        if path != "/":
            status, body = 404, b'{"error": "no such thing"}'
    elif MODE != "always" and path != "/":
        status, body = 404, b"<html><body><h1>Nothing is here</h1></body></html>"
        if MODE == "errors":
            body = b"<html><head><title>Oh no</title></head><body><p>This page went away.</p><hr></body></html>"
    elif MODE != "always" and scope["method"] not in ("GET", "HEAD"):
        status, body, more = 405, b"<html><body><h1>Not that way</h1></body></html>", [(b"allow", b"GET, HEAD")]
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())] + more
    if BANNER:
        headers.append((b"server", BANNER.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
