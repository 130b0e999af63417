import Testing

/// `http-probe` beside curl, and against servers that are right, or wrong in TLS.
@Suite("http-probe and its peers in the lab")
struct HTTPPeerTests {
    private func run(_ script: String, input: String = "") async throws -> String {
        try await Lab.with(.pair) { lab in
            _ = try await lab.run("b", ["ip", "link", "set", "lo", "up"])
            let whole = """
                d=$(mktemp -d); chmod 755 $d; n=\(Binary.swiftNet); export PATH=$PATH:/usr/sbin; p=
                trap '[ -z "$p" ] || kill $p; wait; rm -rf $d' EXIT; cd $d
                ready() { for i in $(seq 200); do $n http-probe -kq $1 >/dev/null && break; sleep 0.05; done; }
                \(script)
                """
            let outcome = try await lab.run("b", ["sh", "-c", whole], input: input)
            return outcome.output + outcome.errors
        }
    }

    private static let nginx = """
        daemon off; master_process off; pid PLACE/pid; error_log PLACE/log; events {}
        http { access_log off; client_body_temp_path PLACE; proxy_temp_path PLACE; fastcgi_temp_path PLACE;
        uwsgi_temp_path PLACE; scgi_temp_path PLACE; types { text/html html; text/plain txt; }
        server { listen 127.0.0.1:8080; root PLACE/www;
        location /elsewhere { return 302 /index.html; } location /secret { return 401; }
        location /coded { gzip on; gzip_types text/plain; gzip_min_length 1; alias PLACE/www; } } }
        """

    @Test("status, fields and bodies are those that curl sees")
    func curl() async throws {
        guard await Peer.require(.nginx, .curl) else { return }
        let output = try await run(
            """
            sed "s:PLACE:$d:g" > conf; mkdir www; seq 20000 > www/long.txt; echo '<p>hi</p>' > www/index.html; : > www/none.txt
            timeout 60 nginx -c $d/conf & p=$!
            ready http://127.0.0.1:8080
            for path in / /long.txt /none.txt /missing /elsewhere /secret '/a%20b?c=d'; do
                for way in '-X GET' '-X HEAD' '-X DELETE' '-H Range:bytes=5-99' '-H If-None-Match:*'; do
                    url="http://127.0.0.1:8080$path"
                    case "$way" in *HEAD*) more=--head;; *) more=$way;; esac
                    : > body
                    code=$(curl -s -m 5 $more -D head -o body -w '%{http_code}' "$url")
                    $n http-probe --json $way "$url" > mine
                    sum=$(sha256sum < body | cut -d' ' -f1)
                    same=yes
                    grep -q "\\"status\\":$code," mine || same="status $code"
                    grep -q "\\"body_sha256\\":\\"$sum\\"" mine || [ "$more" = --head ] || same="body $sum"
                    tr -d '\\r' < head | sed '1d; /^$/d; /^Date/d; s/"/\\\\"/g; s/^\\([^:]*\\): \\(.*\\)$/["\\1","\\2"]/' > fields
                    while read -r field; do grep -qF -- "$field" mine || same="field $field"; done < fields
                    echo "$same $way $path"
                done
            done
            """, input: Self.nginx)
        let lines = output.split(separator: "\n")
        #expect(lines.count == 35, "\(output)")
        for line in lines { #expect(line.hasPrefix("yes "), "\(line)") }
    }

    /// An HTTP/1.1 server that keeps connections and counts them, and one that breaks them off.
    private static let keeper = """
        import http.server, socket, struct, threading
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            connections = 0
            def setup(self):
                Handler.connections += 1
                super().setup()
            def answer(self):
                body = b"connection %d" % Handler.connections
                length = int(self.headers.get("Content-Length") or 0)
                if length: body += b", got " + self.rfile.read(length)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD": self.wfile.write(body)
            do_GET = do_HEAD = do_POST = answer
            def do_OPTIONS(self):
                self.send_response(204); self.send_header("Allow", "GET, HEAD, POST, OPTIONS")
                self.send_header("Content-Length", "0"); self.end_headers()
            def log_message(self, *words): pass
        def breaker():
            s = socket.create_server(("127.0.0.1", 8081))
            while True:
                c = s.accept()[0]
                c.recv(65536)
                c.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nab")
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                c.close()
        threading.Thread(target=breaker, daemon=True).start()
        http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Handler).serve_forever()
        """

    @Test("methods, keep-alive, shared connections, 100-continue, a reset in the middle")
    func connections() async throws {
        let output = try await run(
            """
            cat > server.py; timeout 60 python3 server.py & p=$!
            ready http://127.0.0.1:8080
            echo "== methods"; $n http-probe --methods http://127.0.0.1:8080
            echo "== keep"; $n http-probe --keep-alive=0.1 http://127.0.0.1:8080
            echo "== shared"; $n http-probe --reuse --concurrency 1 -v http://127.0.0.1:8080/a http://127.0.0.1:8080/b | grep '^< conn' | sort | uniq -c
            echo "== apart"; $n http-probe --concurrency 1 -v http://127.0.0.1:8080/a http://127.0.0.1:8080/b | grep '^< conn' | sort | uniq -c
            echo "== expect"; $n http-probe -v -d hello -H 'Expect: 100-continue' http://127.0.0.1:8080
            echo "== reset"; $n http-probe http://127.0.0.1:8081; echo "status $?"
            echo "== tcp"; $n http-probe --tcp --pcap file --explain=1 http://127.0.0.1:8080; echo "status $?"
            tcpdump -nr file 2>/dev/null
            echo "== object"; $n http-probe --tcp --json http://127.0.0.1:8080
            echo "== few"; setpriv --bounding-set=-net_raw --inh-caps=-net_raw $n http-probe --tcp http://127.0.0.1:8080 2>&1; echo "status $?"
            echo "== name"; $n http-probe -w 2 --resolve web.example:80:127.0.0.1 --resolve other.example:8080:127.0.0.1 http://other.example:8080/; echo "status $?"
            """, input: Self.keeper)
        var parts: [String: String] = [:]
        for part in output.split(separator: "== ") {
            let end = part.firstIndex(of: "\n") ?? part.endIndex
            parts[String(part[..<end])] = String(part[end...])
        }
        #expect(parts["methods"]?.contains("methods: GET HEAD POST OPTIONS") == true, "\(output)")
        #expect(parts["keep"]?.contains("keep-alive: 100 requests on a connection, still open") == true, "\(output)")
        #expect(parts["shared"]?.split(separator: "\n").count == 1, "\(output)")
        #expect(parts["apart"]?.split(separator: "\n").count == 2, "\(output)")
        #expect(parts["expect"]?.contains("HTTP/1.1 100 Continue") == true, "\(output)")
        #expect(parts["expect"]?.contains("got hello") == true, "\(output)")
        #expect(
            parts["reset"]?.contains("connection reset by the server: reading the response") == true
                && parts["reset"]?.contains("status 1") == true, "\(output)")
        let tcp = parts["tcp"] ?? ""
        #expect(tcp.contains("TCP: SYN-ACK after 0.") && tcp.contains(" ms, ttl 64, window "), "\(output)")
        #expect(tcp.contains("status 0\n") && tcp.contains("Flags [S.]") && tcp.contains("GET / HTTP/1.1"), "\(output)")
        #expect(tcp.contains("sent 74 bytes\n") && tcp.contains("received 74 bytes\n"), "\(output)")
        #expect(tcp.contains("Flags [F") && !tcp.contains("8081"), "\(output)")
        #expect(parts["object"]?.contains(#""tcp":{"ttl":64,"window":65"#) == true, "\(output)")
        #expect(parts["object"]?.contains(#""tcp_options":["mss 65495","sack-permitted","timestamps","nop","#) == true)
        let few = parts["few"] ?? ""
        #expect(few.contains("http-probe: --tcp needs CAP_NET_RAW") && few.contains("status 2"), "\(output)")
        #expect(parts["name"]?.contains("200 OK") == true && parts["name"]?.contains("status 0") == true, "\(output)")
    }

    /// TLS with a certificate for web.example, and two servers that stop in the handshake.
    private static let secure = """
        import http.server, socket, ssl, threading, time
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("cert", "key")
        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *words): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 8443), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        def stopper(port, answer):
            s = socket.create_server(("127.0.0.1", port)); held = []
            while True:
                c = s.accept()[0]
                c.recv(65536)
                if answer is None: held.append(c)
                else: c.sendall(answer); c.shutdown(socket.SHUT_WR); c.recv(1); c.close()
        for port, answer in ((8444, b""), (8445, None), (8446, b"HTTP/1.1 400 Bad Request\\r\\n\\r\\n")):
            threading.Thread(target=stopper, args=(port, answer), daemon=True).start()
        server.serve_forever()
        """

    @Test("certificates that are right and wrong, and handshakes that stop")
    func certificates() async throws {
        guard await Peer.require(.openssl) else { return }
        let output = try await run(
            """
            cat > server.py
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out cert -days 30 \
                -subj /CN=web.example -addext subjectAltName=DNS:web.example 2>/dev/null
            timeout 60 python3 server.py & p=$!
            ready https://127.0.0.1:8443
            say() { name=$1; shift; "$@" 2>&1 | tr '\\n' ' ' | sed "s/^/$name: /"; echo; }
            right="--resolve web.example:8443:127.0.0.1 https://web.example:8443/cert"
            say doubted $n http-probe $right
            say believed $n http-probe -k $right
            say verified $n http-probe --cacert cert $right
            say lasting $n http-probe --cacert cert --expires-within 29d $right
            say expiring $n http-probe --cacert cert --expires-within 31d $right
            say named $n http-probe --cacert cert https://127.0.0.1:8443/cert
            say fingerprint $n http-fingerprint https://127.0.0.1:8443/
            say unverified $n http-fingerprint https://127.0.0.1:8446/
            say ended $n http-probe -k https://127.0.0.1:8444/
            say silent $n http-probe -k -w 0.5 https://127.0.0.1:8445/
            say clear $n http-probe -k https://127.0.0.1:8446/
            say others $n http-probe -k -w 0.5 https://127.0.0.1:8444/ https://127.0.0.1:8445/ $right
            """, input: Self.secure)
        let wanted = [
            "doubted: ": "certificate not trusted", "believed: ": "200 OK", "verified: ": ", verified",
            "named: ": "certificate not trusted", "lasting: ": "200 OK",
            "expiring: ": "  the certificate expires in ",
            "fingerprint: ": "  Python http.server, 3.", "unverified: ": "TLS: ",
            "ended: ": "connection closed by the server: in the TLS handshake",
            "silent: ": "timeout: in the TLS handshake", "clear: ": "TLS: ",
            "others: ": "3 URLs, 3 requests, 1 answered, 2 failed",
        ]
        for (name, words) in wanted {
            let line = output.split(separator: "\n").first { $0.hasPrefix(name) }
            #expect(line?.contains(words) == true, "\(name)\(output)")
        }
        #expect(output.contains("not verified: "), "\(output)")
    }
}
