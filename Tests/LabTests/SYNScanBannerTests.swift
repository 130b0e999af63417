import Testing

/// `tcp-syn-scan --banners` against servers on the kernel's TCP.
@Suite("tcp-syn-scan --banners in the lab")
struct SYNScanBannerTests {
    /// A web server, a server that sends first, a TLS server, and a server that sends no data.
    private static let servers = """
        import http.server, socket, ssl, subprocess, threading, time
        class Handler(http.server.BaseHTTPRequestHandler):
            server_version = "Test/1"
            def log_message(self, *arguments): pass
            def do_HEAD(self):
                self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
        class Both(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6
            request_queue_size = 2048
        def web(port, wrap=lambda s: s):
            server = Both(("::", port), Handler)
            server.socket = wrap(server.socket)
            threading.Thread(target=server.serve_forever, daemon=True).start()
        def plain(port, arguments):
            listener = socket.create_server(("::", port), family=socket.AF_INET6, backlog=64, dualstack_ipv6=True)
            def serve():
                while True:
                    stream, _ = listener.accept()
                    stream.sendall(arguments)
                    kept.append(stream)
            threading.Thread(target=serve, daemon=True).start()
        kept = []
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/mnt/key", "-out", "/mnt/cert",
            "-days", "9", "-subj", "/CN=one.example", "-addext", "subjectAltName=DNS:one.example,DNS:two.example"],
            check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain("/mnt/cert", "/mnt/key")
        web(80); web(443, lambda s: context.wrap_socket(s, server_side=True))
        plain(22, b"SSH-2.0-Test\\r\\n"); plain(23, b"")
        print("begun", flush=True); time.sleep(60)
        """

    private func serving(_ body: @Sendable @escaping (Lab) async throws -> Void) async throws {
        try await Lab.with(Lab.Layout.everybody.withFiles) { lab in
            try await lab.beside("b", ["timeout", "60", "python3", "-c", Self.servers], readyMark: "begun") {
                try await body(lab)
            }
        }
    }

    @Test(
        "a web server, a greeting, the names of a certificate, and silence",
        arguments: [("192.0.2.77", "192.0.2.2"), ("2001:db8::77", "2001:db8::2")])
    func kinds(source: String, target: String) async throws {
        guard await Peer.require(.openssl) else { return }
        try await serving { lab in
            let own = "--banners --source \(source) --no-check"
            let text = try await lab.scan("\(own) --sort -p 22,23,80,81,443 \(target)")
            let banners = text.lines.filter { $0.contains(" banner ") }.map { line in
                line.split(separator: " ").dropFirst().joined(separator: " ")
            }
            #expect(
                banners.count == 3 && banners[0] == "22/tcp banner text SSH-2.0-Test"
                    && banners[1].hasPrefix("80/tcp banner http HTTP/1.0 200 OK; Test/1")
                    && banners[2] == "443/tcp banner tls TLS 1.3 one.example two.example",
                "\(text.output) \(text.errors)")
            #expect(text.lines.contains("3 of 4 open ports sent a banner"), "\(text.output)")
            let json = try await lab.scan("\(own) -j -p 443 \(target)")
            let banner = try #require(json.objects("banner").first)
            #expect(banner["protocol"] == "tls" && banner.text.contains(#""names":["one.example","two.example"]"#))
            let csv = try await lab.scan("\(own) --format csv -p 22,23,80,443 \(target)")
            #expect(
                Set(
                    csv.lines.dropFirst().map {
                        $0.split(separator: ",", omittingEmptySubsequences: false)[13...].joined(separator: ",")
                    }
                )
                .isSuperset(of: ["text,SSH-2.0-Test", ",", "tls,TLS 1.3 one.example two.example"]),
                "\(csv.output)")
            // No connection is left open or half open at the server, except those that Python has not closed yet.
            let half = try await lab.run("b", ["ss", "-tnH", "state", "syn-recv"])
            #expect(half.output.isEmpty, "\(half.output)")
            // The other side has learnt by ARP or neighbor discovery whose the address is.
            let neighbors = try await lab.run("b", ["ip", "neigh", "show", source])
            let address = try await lab.run("a", ["cat", "/sys/class/net/va/address"])
            #expect(neighbors.output.contains("lladdr \(address.lines.first ?? "none")"), "\(neighbors)")
        }
    }

    @Test(
        "every banner of 1,024 hosts",
        arguments: [("192.0.2.77", "198.18.0.0/22"), ("2001:db8::77", "2001:db8:18::/118")])
    func manyHosts(source: String, targets: String) async throws {
        guard await Peer.require(.openssl) else { return }
        try await serving { lab in
            let outcome = try await lab.scan("--banners --source \(source) --no-check -j -p 80 \(targets)")
            let hosts = Set(outcome.objects("banner").compactMap { $0["addr"] })
            #expect(hosts.count == 1_024, "\(hosts.count) \(outcome.lines.last ?? "") \(outcome.errors)")
        }
    }

    @Test(
        "what it cannot do is said, and exits 2",
        arguments: [
            ("--banners -p 80 192.0.2.2", "--banners requires --source"),
            ("--no-check -p 80 192.0.2.2", "--no-check requires --source"),
        ])
    func refusals(arguments: String, message: String) async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.scan(arguments)
            #expect(outcome.status == 2 && outcome.errors.contains(message), "\(outcome.errors)")
        }
    }
}
