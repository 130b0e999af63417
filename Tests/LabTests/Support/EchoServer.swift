/// A web server whose replies show the request as it was received.
enum EchoServer {
    /// Listens on 127.0.0.1:8080; the reply is the request line, the fields by name, and the body. Some paths do more:
    /// `/hop/N` redirects N times, `/flaky` succeeds at each third request, `/cookie` sets cookies.
    static let script = #"""
        import http.server, re
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            counts = {}
            def chunks(self):
                body = b""
                while True:
                    size = int(self.rfile.readline().split(b";")[0], 16)
                    body += self.rfile.read(size)
                    self.rfile.readline()
                    if size == 0: return body
            def answer(self):
                length = self.headers.get("Content-Length")
                chunked = self.headers.get("Transfer-Encoding") == "chunked"
                body = self.chunks() if chunked else self.rfile.read(int(length or 0))
                body = re.sub(rb"-{24}[0-9A-Za-z]{16,22}", b"BOUNDARY", body)
                lines = ["%s %s" % (self.command, self.path)]
                for name, value in sorted((name.lower(), value) for name, value in self.headers.items()):
                    value = re.sub(r"-{24}[0-9A-Za-z]{16,22}", "BOUNDARY", value)
                    own = name == "user-agent" and value.startswith(("curl", "swift-net"))
                    if not own and not (name == "content-length" and b"BOUNDARY" in body): lines.append(name + ": " + value)
                text = ("\n".join(lines) + "\n\n").encode() + body + b"\n"
                path = self.path.split("?")[0]
                count = Handler.counts[path] = Handler.counts.get(path, 0) + 1
                hops = int(path[5:]) if path.startswith("/hop/") else 0
                status = 302 if hops else 404 if path == "/missing" else 503 if path == "/flaky" and count % 3 else 200
                self.send_response(status)
                if hops: self.send_header("Location", "/hop/%d" % (hops - 1))
                if path == "/cookie":
                    self.send_header("Set-Cookie", "a=1; Path=/; Max-Age=1000")
                    self.send_header("Set-Cookie", "b=2; HttpOnly")
                for name, value in [("Content-Type", "text/plain"), ("X-Two", "one"), ("X-Two", "two")]:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if self.command != "HEAD": self.wfile.write(text)
            do_GET = do_POST = do_PUT = do_HEAD = answer
            def log_message(self, *_): pass
        http.server.ThreadingHTTPServer.daemon_threads = True
        http.server.ThreadingHTTPServer.request_queue_size = 1000
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Handler)
        print("begun", flush=True)
        server.serve_forever()
        """#
}
