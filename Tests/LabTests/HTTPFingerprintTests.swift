import SwiftNetSignatures
import Testing

/// `http-fingerprint` against real servers in a namespace.
@Suite("http-fingerprint in the lab")
struct HTTPFingerprintTests {
    /// Python's own server, with a banner that is a lie.
    private static let liar = """
        import http.server
        class Handler(http.server.SimpleHTTPRequestHandler):
            server_version, sys_version = "nginx/1.18.0", ""
            def log_message(self, *arguments): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 8081), Handler)
        print("begun", flush=True)
        server.serve_forever()
        """

    /// An unknown server, which sends the same response to every request.
    private static let homemade = """
        import socket, threading
        def serve(c):
            try:
                c.recv(65536)
                c.sendall(b"HTTP/1.1 299 As You Like\\r\\nX-Home: \\x1b[31mmade\\r\\nContent-Length: 2\\r\\n\\r\\nok")
                c.shutdown(socket.SHUT_WR); c.recv(65536)
            except OSError: pass
            c.close()
        s = socket.create_server(("127.0.0.1", 8082), backlog=64)
        print("begun", flush=True)
        while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
        """

    private func with(_ script: String, _ body: @Sendable @escaping (Lab) async throws -> Void) async throws {
        try await Lab.with(.pair) { lab in
            _ = try await lab.run("b", ["ip", "link", "set", "lo", "up"])
            try await lab.beside("b", ["timeout", "60", "python3", "-c", script], readyMark: "begun") {
                try await body(lab)
            }
        }
    }

    private func ask(_ lab: Lab, _ arguments: String) async throws -> Lab.Outcome {
        try await lab.run(
            "b", [Binary.swiftNet, "http-fingerprint"] + arguments.split(separator: " ").map(String.init))
    }

    @Test("the packed signatures are those of the files")
    func packed() async throws {
        let folder = "\(Binary.repository)/Sources/SwiftNetSignatures/Products"
        let files = try await Lab.run(["sh", "-c", "LC_ALL=C; cat \(folder)/*.signature"]).output
        #expect(String(decoding: try EmbeddedSignatures.text(), as: UTF8.self) == files)
    }

    @Test("a server is known by what it does, not by what it says")
    func falseBanner() async throws {
        try await with(Self.liar) { lab in
            let text = try await ask(lab, "127.0.0.1:8081")
            #expect(text.status == 0)
            #expect(text.output.hasPrefix("http://127.0.0.1:8081/  Python http.server  "), "\(text.output)")
            #expect(text.output.contains("Server: nginx/1.18.0"), "\(text.output)")
            let json = try await ask(lab, "--json --all --sorted 127.0.0.1:8081 127.0.0.1:9")
            let lines = json.output.split(separator: "\n")
            #expect(json.status == 1 && lines.count == 3, "\(json.output)")
            let object = lines.first { $0.hasPrefix(#"{"type":"fingerprint""#) } ?? ""
            for part in [
                #""product":"Python http.server","version":null,"confidence":0.9"#,
                #""banner":"nginx/1.18.0","banner_agrees":false,"origin":null,"candidates":[{"product":"Python"#,
                #""requests":25"#,
            ] {
                #expect(object.contains(part), "\(object)")
            }
            #expect(lines.contains { $0.contains(#""type":"failure""#) && $0.contains("connection refused") })
            #expect(lines.first == lines.first { $0.contains("fingerprint") }, "\(json.output)")
            #expect(lines.last?.contains(#""recognized":1,"unknown":0,"failed":1"#) == true, "\(json.output)")
        }
    }

    @Test("the reasons are printed, and a few requests suffice")
    func reasons() async throws {
        try await with(Self.liar) { lab in
            let text = try await ask(lab, "--why -H X-A:b -A probe -u joe:x -k 127.0.0.1:8081")
            let lines = text.output.split(separator: "\n")
            #expect(text.status == 0 && lines.count >= 3, "\(text.output) \(text.errors)")
            #expect(lines[1].hasPrefix("  for Python http.server rather than "), "\(text.output)")
            #expect(lines[2].hasPrefix("    "), "\(text.output)")
            let json = try await ask(lab, "--polite --json --why 127.0.0.1:8081")
            #expect(json.output.contains(#""product":"Python http.server""#), "\(json.output)")
            #expect(json.output.contains(#""requests":4,"#), "\(json.output)")
            #expect(json.output.contains(#""tls_front":null,"why":[{"test":""#), "\(json.output)")
            let many = try await ask(lab, "--sorted 127.0.0.1:9 127.0.0.1:8081 127.0.0.1:9 127.0.0.1:8081")
            let urls = many.output.split(separator: "\n").prefix(4).map { $0.prefix(24) }
            #expect(urls.map { $0.contains("8081") } == [false, true, false, true], "\(many.output)")
        }
    }

    @Test("the known products are listed")
    func list() async throws {
        let text = try await Lab.run([Binary.swiftNet, "http-fingerprint", "--list"])
        #expect(text.status == 0 && text.output.contains("\nnginx  "), "\(text.output)")
        #expect(text.output.contains("(built on Go net/http)") && text.output.contains("Microsoft IIS"))
        let json = try await Lab.run([Binary.swiftNet, "http-fingerprint", "--list", "-j"])
        #expect(json.output.contains(#"{"type":"product","product":"Caddy","versions":["2.6.2""#), "\(json.output)")
        let refused = try await Lab.run([Binary.swiftNet, "http-fingerprint", "--list", "127.0.0.1"])
        #expect(refused.status == 2 && refused.errors.contains("--list takes no URL"), "\(refused.errors)")
    }

    /// nginx with TLS, and a program that terminates TLS before it.
    private static let terminator = """
        import socket, ssl, subprocess, sys, threading
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1] + "/cert", sys.argv[1] + "/key")
        def copy(a, b):
            try:
                while data := a.recv(65536): b.sendall(data)
                b.shutdown(socket.SHUT_WR)
            except OSError:
                for s in (a, b):
                    try: s.shutdown(socket.SHUT_RDWR)
                    except OSError: pass
        def serve(c):
            try: s = context.wrap_socket(c, server_side=True)
            except (OSError, ssl.SSLError): return
            o = socket.create_connection(("127.0.0.1", 8083))
            t = threading.Thread(target=copy, args=(o, s), daemon=True); t.start()
            copy(s, o); t.join(); s.close(); o.close()
        s = socket.create_server(("127.0.0.1", 8085), backlog=64)
        while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
        """

    @Test("TLS is further evidence, and shows what terminates it before a server")
    func tls() async throws {
        guard await Peer.require(.nginx) else { return }
        try await Lab.with(.pair) { lab in
            _ = try await lab.run("b", ["ip", "link", "set", "lo", "up"])
            let configuration = Self.nginx.replacing(
                "listen 127.0.0.1:8083;",
                with: """
                    listen 127.0.0.1:8083; listen 127.0.0.1:8084 ssl http2; ssl_certificate PLACE/cert;
                    ssl_certificate_key PLACE/key;
                    """)
            let script = """
                d=$(mktemp -d); chmod 755 $d; n=\(Binary.swiftNet); export PATH=$PATH:/usr/sbin
                sed "s:PLACE:$d:g" > $d/conf
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=web.example \
                    -keyout $d/key -out $d/cert 2>/dev/null
                printf '%s' "$RELAY" > $d/relay.py
                timeout 60 nginx -c $d/conf & p=$!
                timeout 60 python3 $d/relay.py $d & q=$!
                trap 'kill $p $q; wait $p $q; rm -rf $d' EXIT
                for port in 8084 8085; do
                    for i in $(seq 200); do $n http-probe -q -k https://127.0.0.1:$port >/dev/null && break; sleep 0.05; done
                    $n http-fingerprint -j https://127.0.0.1:$port | head -1
                done
                $n http-fingerprint https://127.0.0.1:8085
                """
            let outcome = try await lab.run(
                "b", ["env", "RELAY=\(Self.terminator)", "bash", "-c", script], input: configuration)
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.count == 3, "\(outcome.output) \(outcome.errors)")
            #expect(lines.allSatisfy { $0.contains("nginx") }, "\(outcome.output) \(outcome.errors)")
            #expect(lines.first?.contains(#""tls":"order=h2 unknown=alert-120 "#) == true, "\(outcome.output)")
            #expect(lines.first?.contains(#""tls_front":null"#) == true, "\(outcome.output)")
            #expect(lines.dropFirst().first?.contains(#""tls":"order=none unknown=none "#) == true, "\(outcome.output)")
            #expect(lines.dropFirst().first?.contains("hitch") == true, "\(outcome.output)")
            #expect(lines.last?.contains("  TLS by ") == true, "\(outcome.output)")
        }
    }

    @Test("what is unknown is said to be, learned, and known then")
    func learning() async throws {
        try await with(Self.homemade) { lab in
            let before = try await ask(lab, "-v 127.0.0.1:8082")
            #expect(before.status == 1 && before.output.contains("  unknown  "), "\(before.output)")
            #expect(before.output.contains("HTTP/1.1 299 As You Like  [X-Home Content-Length]"), "\(before.output)")
            #expect(!before.output.contains("\u{1B}"))
            let script = """
                d=$(mktemp -d); trap 'rm -rf $d' EXIT; n=\(Binary.swiftNet)
                mkdir $d/own
                $n http-fingerprint --learn Homemade --versions 1.0 -o $d/own/a 127.0.0.1:8082; echo learned $?
                $n http-fingerprint --signatures $d/own 127.0.0.1:8082; echo named $?
                echo nonsense > $d/own/b
                $n http-fingerprint --signatures $d/own 127.0.0.1:8082 2>&1; echo broken $?
                """
            let after = try await lab.run("b", ["sh", "-c", script]).output
            #expect(after.hasPrefix("learned 0\n"), "\(after)")
            #expect(after.contains("  Homemade  ") && after.contains("named 0\n"), "\(after)")
            #expect(after.contains("own/b: line 1: missing value: nonsense\nbroken 2\n"), "\(after)")
        }
    }

    @Test("a server with an unknown behavior is what it claims to be, at a level of its own")
    func claims() async throws {
        let claiming = Self.homemade.replacing(#"X-Home: \x1b[31mmade"#, with: "Server: Microsoft-IIS/10.0")
        try await with(claiming) { lab in
            let text = try await ask(lab, "127.0.0.1:8082")
            #expect(text.status == 0 && text.output.contains("  Microsoft IIS 10.0  by its banner  "), "\(text.output)")
            let strict = try await lab.run(
                "b", [Binary.swiftNet, "http-fingerprint", "--strict", "-q", "127.0.0.1:8082"])
            #expect(strict.status == 1 && strict.output.contains("Microsoft IIS"), "\(strict.output)")
            let json = try await ask(lab, "-j 127.0.0.1:8082")
            #expect(json.status == 0)
            let claim = #""product":"Microsoft IIS","version":"10.0","confidence":null,"evidence":"banner""#
            #expect(json.output.contains(claim), "\(json.output)")
            #expect(json.output.contains(#""recognized":1,"unknown":0,"failed":0,"claimed":1"#), "\(json.output)")
        }
    }

    private static let nginx = """
        daemon off; master_process off; pid PLACE/pid; error_log PLACE/log; events {}
        http { access_log off; client_body_temp_path PLACE; proxy_temp_path PLACE; fastcgi_temp_path PLACE;
        uwsgi_temp_path PLACE; scgi_temp_path PLACE; server_tokens off;
        server { listen 127.0.0.1:8083; root PLACE; error_page 404 /no.html; } }
        """

    private static let lighttpd = """
        server.document-root = "PLACE"
        server.port = 8083
        server.bind = "127.0.0.1"
        server.tag = ""
        index-file.names = ("conf")
        """

    @Test(
        "servers of Debian's, with their banner hidden",
        arguments: [
            (Peer.nginx, "nginx -c PLACE/conf", nginx), (Peer.lighttpd, "lighttpd -D -f PLACE/conf", lighttpd),
        ])
    func hiddenBanner(peer: Peer, start: String, configuration: String) async throws {
        guard await Peer.require(peer) else { return }
        try await Lab.with(.pair) { lab in
            _ = try await lab.run("b", ["ip", "link", "set", "lo", "up"])
            let script = """
                d=$(mktemp -d); chmod 755 $d; n=\(Binary.swiftNet); export PATH=$PATH:/usr/sbin
                sed "s:PLACE:$d:g" > $d/conf
                timeout 60 $(echo "\(start)" | sed "s:PLACE:$d:") & p=$!
                trap 'kill $p; wait $p; rm -rf $d' EXIT
                for i in $(seq 200); do $n http-probe -q http://127.0.0.1:8083 >/dev/null && break; sleep 0.05; done
                $n http-fingerprint 127.0.0.1:8083
                """
            let outcome = try await lab.run("b", ["sh", "-c", script], input: configuration)
            #expect(outcome.output.contains("  \(peer.rawValue)  "), "\(outcome.output) \(outcome.errors)")
        }
    }
}
