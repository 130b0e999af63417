import Testing

/// `http-probe --follow` against servers that show what they were sent.
@Suite("redirects in the lab")
struct HTTPRedirectTests {
    /// Two servers, and one that speaks TLS: every answer has the request's fields in its body.
    private static let script = """
        import http.server, ssl, subprocess, tempfile, threading
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *_): pass
            def do_GET(self):
                cookie = self.headers.get("Cookie", "")
                to = None
                if self.path.startswith("/to?"): to = self.path[4:]
                if self.path == "/login" and "s=1" not in cookie: to = "/login"
                self.send_response(302 if to else 200)
                if to: self.send_header("Location", to)
                if self.path == "/login" and to: self.send_header("Set-Cookie", "s=1; Path=/; HttpOnly")
                text = str(self.headers).encode() if not to else b""
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
        def serve(port, context=None):
            server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
            if context: server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
        folder = tempfile.TemporaryDirectory()
        key, certificate = folder.name + "/key.pem", folder.name + "/cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days",
            "2", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        serve(8080); serve(8081); serve(8443, context)
        print("begun", flush=True)
        threading.Event().wait(60)
        """

    private func serving(_ body: @Sendable @escaping (Lab) async throws -> Void) async throws {
        try await Lab.with(.pair) { lab in
            _ = try await lab.run("b", ["ip", "link", "set", "lo", "up"])
            try await lab.beside("b", ["timeout", "60", "python3", "-c", Self.script], readyMark: "begun") {
                try await body(lab)
            }
        }
    }

    private func probe(_ lab: Lab, _ arguments: String...) async throws -> Lab.Outcome {
        try await lab.run("b", [Binary.swiftNet, "http-probe", "--follow", "-k"] + arguments)
    }

    @Test("credentials stay with the server that they were given for, and the line says so")
    func credentials() async throws {
        try await serving { lab in
            let given = ["-H", "Authorization: Bearer t", "-H", "Cookie: a=1"]
            for (first, second) in [
                ("http://127.0.0.1:8080", "http://127.0.0.1:8081/x"),
                ("https://127.0.0.1:8443", "http://127.0.0.1:8080/"),
                ("http://127.0.0.1:8080", "https://127.0.0.1:8443/"),
                ("http://127.0.0.1:8080", "http://localhost:8080/"),
            ] {
                let arguments = ["-o", "-", "\(first)/to?\(second)"]
                let body = try await lab.run(
                    "b", [Binary.swiftNet, "http-probe", "--follow", "-k"] + given + arguments)
                #expect(!body.output.contains("Bearer") && !body.output.contains("a=1"), "\(body.output)")
                #expect(body.output.contains("User-Agent"))
                let trusted = try await lab.run(
                    "b", [Binary.swiftNet, "http-probe", "--location-trusted", "-k"] + given + arguments)
                #expect(trusted.output.contains("Bearer t") && trusted.output.contains("a=1"), "\(trusted.output)")
                let line = try await lab.run(
                    "b", [Binary.swiftNet, "http-probe", "--follow", "-k"] + given + ["\(first)/to?\(second)"])
                #expect(
                    line.output.contains("302 to \(second)  (not sent: Authorization, Cookie)\n"),
                    "\(line.output)")
                let json = try await lab.run(
                    "b", [Binary.swiftNet, "http-probe", "--follow", "-k", "-j"] + given + ["\(first)/to?\(second)"])
                #expect(json.output.contains(#""dropped":["Authorization","Cookie"]"#), "\(json.output)")
            }
        }
    }

    @Test("a login that sets a cookie and sends to the same URL is no loop")
    func login() async throws {
        try await serving { lab in
            let outcome = try await probe(lab, "http://127.0.0.1:8080/login")
            #expect(outcome.status == 0 && outcome.output.contains("200 OK"), "\(outcome.output)")
        }
    }

    @Test("each step of a chain is printed, also where the last one fails")
    func steps() async throws {
        try await serving { lab in
            let outcome = try await probe(lab, "http://127.0.0.1:8080/to?/to?http://127.0.0.1:9/")
            let lines = outcome.output.split(separator: "\n")
            #expect(outcome.status == 1 && lines.count == 3, "\(outcome.output)")
            #expect(lines.first == "http://127.0.0.1:8080/to?/to?http://127.0.0.1:9/  302 to /to?http://127.0.0.1:9/")
            #expect(lines.last == "http://127.0.0.1:9/  connection refused")
            let other = try await probe(lab, "-4", "http://127.0.0.1:8080/to?http://[::1]:9/")
            #expect(other.output.contains("\nhttp://[::1]:9/  Address family not supported by protocol\n"), "\(other)")
            #expect(other.status == 1)
        }
    }
}
