"""A WSGI application in several characters; MODE chooses one."""

import os

MODE = os.environ.get("MODE", "hello")
BANNER = os.environ.get("BANNER")


def app(environ, start_response):
    path = environ.get("PATH_INFO", "/")
    status, headers, body = "200 OK", [("Content-Type", "text/html; charset=utf-8")], b"<html><body>hello</body></html>"
    if MODE == "redirect":
        status, headers, body = "302 Found", [("Location", "/elsewhere")], b""
    elif MODE == "moved":
        status, body = "301 Moved Permanently", b"<html><body><a href='https://www.example/'>moved</a></body></html>"
        headers.append(("Location", "https://www.example/"))
    elif MODE == "login":
        headers.append(("WWW-Authenticate", 'Basic realm="private"'))
        status, body = "401 Unauthorized", b"<h1>log in</h1>"
    elif MODE == "json":
        headers = [("Content-Type", "application/json")]
        body = b'{"ok": true}'
        if path != "/":
            status, body = "404 Not Found", b'{"error": "no such thing"}'
    elif MODE != "always" and path != "/":
        status, body = "404 Not Found", b"<html><body><h1>Nothing is here</h1></body></html>"
        if MODE == "errors":
            body = b"<html><head><title>Oh no</title></head><body><p>This page went away.</p><hr></body></html>"
    elif MODE != "always" and environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        status, body = "405 Method Not Allowed", b"<html><body><h1>Not that way</h1></body></html>"
        headers.append(("Allow", "GET, HEAD"))
    headers.append(("Content-Length", str(len(body))))
    if BANNER:
        headers.append(("Server", BANNER))
    start_response(status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
