import Testing

/// `http-probe` over our own TCP, against servers on the kernel's.
@Suite("http-probe over our own TCP")
struct UserStackTests {
    /// Python's server, with a page of 3,000,000 bytes beside a small one.
    private static let server = """
        import http.server, random
        pages = {"/small": b"hello", "/big": random.Random(1).randbytes(3000000)}
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments): pass
            def do_GET(self):
                page = pages[self.path]
                self.send_response(200)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)
        server = http.server.ThreadingHTTPServer(("192.0.2.2", 8000), Handler)
        print("begun", flush=True)
        server.serve_forever()
        """

    private func serving(_ layout: Lab.Layout, _ body: @Sendable @escaping (Lab) async throws -> Void) async throws {
        try await Lab.with(layout) { lab in
            try await lab.beside("b", ["timeout", "60", "python3", "-c", Self.server], readyMark: "begun") {
                try await body(lab)
            }
        }
    }

    private func probe(_ lab: Lab, _ arguments: String) async throws -> Lab.Outcome {
        try await lab.run("a", [Binary.swiftNet, "http-probe"] + arguments.split(separator: " ").map(String.init))
    }

    private static let own = "--stack user -I va --source 192.0.2.50 --no-check"

    @Test("the same responses as over the kernel's TCP, a refused connection, and no host")
    func answers() async throws {
        try await serving(.pair) { lab in
            for path in ["small", "big"] {
                let ours = try await probe(lab, "\(Self.own) --json http://192.0.2.2:8000/\(path)")
                let theirs = try await probe(lab, "--json http://192.0.2.2:8000/\(path)")
                func digest(_ outcome: Lab.Outcome) -> Substring? {
                    outcome.output.firstRange(of: #""body_sha256":""#).map {
                        outcome.output[$0.upperBound...].prefix(64)
                    }
                }
                #expect(ours.status == 0 && digest(ours) == digest(theirs), "\(ours.output) \(ours.errors)")
            }
            let refused = try await probe(lab, "\(Self.own) http://192.0.2.2:81/ http://192.0.2.99/")
            #expect(refused.status == 1, "\(refused.output)")
            #expect(refused.output.contains("http://192.0.2.2:81/  connection refused"), "\(refused.output)")
            #expect(refused.output.contains("http://192.0.2.99/  No route to host"), "\(refused.output)")
            let taken = try await probe(lab, "--stack user -I va --source 192.0.2.2 http://192.0.2.2:8000/")
            #expect(taken.status == 2 && taken.errors.contains("192.0.2.2 is "), "\(taken.errors)")
        }
    }

    @Test("the segments of the exchange, with either TCP", arguments: [own, ""])
    func ladder(stack: String) async throws {
        try await serving(.pair) { lab in
            let outcome = try await probe(lab, "\(stack) --segments http://192.0.2.2:8000/small")
            let rungs = outcome.lines.filter { $0.contains("---->") || $0.contains("<----") }
            #expect(rungs.count >= 7 && rungs[0].contains("----> ") && rungs[0].contains("SYN "), "\(outcome.output)")
            #expect(rungs[1].contains("<----  SYN ACK      seq 0         ack 1 "), "\(outcome.output)")
            #expect(
                rungs[0].contains("  handshake  <mss 1460, sack-permitted, timestamps, window-scale "),
                "\(outcome.output)")
            #expect(
                rungs.contains { $0.contains("<----") && $0.contains("FIN") && $0.contains(" fin") },
                "\(outcome.output)")
            #expect(!outcome.output.contains("retransmission"), "\(outcome.output)")
            let json = try await probe(lab, "\(stack) --segments --json http://192.0.2.2:8000/small")
            let first = json.lines.first { $0.hasPrefix(#"{"type":"segment","direction":"out""#) }
            #expect(
                first?.contains(#""flags":["syn"],"sequence":0,"acknowledgment":0,"length":0,"window":"#) == true
                    && first?.contains(#""since_ms":0.0,"kind":"handshake","time":""#) == true, "\(json.output)")
        }
    }

    @Test("through loss, jitter, duplicates and corruption")
    func badWire() async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--seed 3 --to datagrams drop=0.03 duplicate=0.02 corrupt=0.01 jitter:2=0.05") {
                try await lab.beside("b", ["timeout", "60", "python3", "-c", Self.server], readyMark: "begun") {
                    let outcome = try await probe(lab, "\(Self.own) -w 40 --segments http://192.0.2.2:8000/big")
                    #expect(outcome.output.contains("200 OK  3000000 bytes"), "\(outcome.output.suffix(600))")
                    #expect(outcome.output.contains("retransmission") || outcome.output.contains("duplicate ack"))
                }
            }
        }
    }
}
