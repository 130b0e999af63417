import Testing

/// The files of `-o` and `-O`, beside those of curl.
@Suite("bodies in files")
struct HTTPBodyOutputTests {
    private static let url = "http://127.0.0.1:8080"
    private static let script = """
        import gzip, http.server, zlib
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            counts = {}
            def log_message(self, *_): pass
            def handle(self):
                try: super().handle()
                except (ConnectionResetError, BrokenPipeError): pass
            def head(self, status, length, *fields):
                self.send_response(status)
                if length is None:
                    self.close_connection = True
                else: self.send_header("Content-Length", str(length))
                for name, value in fields: self.send_header(name, value)
                self.end_headers()
            def text(self, status, text, *fields):
                self.head(status, len(text), *fields)
                self.wfile.write(text)
            def cut(self, length):
                self.head(200, 100000)
                self.wfile.write(b"y" * length)
                self.close_connection = True
            def do_GET(self):
                path = self.path.split("?")[0]
                count = Handler.counts[path] = Handler.counts.get(path, 0) + 1
                if path == "/large":
                    self.head(200, 200 << 20)
                    for _ in range(200 << 4): self.wfile.write(b"x" * 65536)
                elif path == "/large.gz":
                    self.head(200, None, ("Content-Encoding", "gzip"))
                    coder = zlib.compressobj(1, zlib.DEFLATED, 31)
                    for _ in range(200 << 4): self.wfile.write(coder.compress(b"x" * 65536))
                    self.wfile.write(coder.flush())
                elif path == "/damaged":
                    data = gzip.compress(bytes((i * 7919 ^ i >> 3) & 255 for i in range(200000)), mtime=0)
                    data = data[:-200] + bytes(100) + data[-100:]
                    self.text(200, data, ("Content-Encoding", "gzip"))
                elif path == "/unknown": self.text(200, b"hello", ("Content-Encoding", "foo"))
                elif path == "/gzip": self.text(200, gzip.compress(b"plain", mtime=0), ("Content-Encoding", "gzip"))
                elif path == "/missing": self.text(404, b"none")
                elif path == "/empty": self.text(200, b"")
                elif path == "/hop": self.text(302, b"hop", ("Location", "/end"))
                elif path == "/loop": self.text(302, b"loop", ("Location", "/loop"))
                elif path == "/cut": self.cut(50000)
                elif path == "/flaky":
                    if count % 3: self.cut(50000 + count)
                    else: self.text(200, b"done")
                elif path == "/lost": self.cut(50000) if count % 2 else self.connection.close()
                elif path == "/busy": self.text(503 if count % 2 else 200, b"busy" if count % 2 else b"done")
                elif path == "/endless":
                    self.head(200, 100)
                    self.wfile.write(b"begun")
                    self.wfile.flush()
                    self.rfile.read(1)
                else: self.text(200, b"end")
        http.server.ThreadingHTTPServer.daemon_threads = True
        http.server.ThreadingHTTPServer.request_queue_size = 2000
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Handler)
        print("begun", flush=True)
        server.serve_forever()
        """

    /// Runs scripts in an empty folder beside the server.
    private func serving(_ body: @Sendable @escaping (_ run: (String) async throws -> Lab.Outcome) async throws -> Void)
        async throws
    {
        try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            _ = try await lab.run("b", ["ip", "link", "set", "lo", "up"])
            try await lab.beside("b", ["timeout", "100", "python3", "-c", Self.script], readyMark: "begun") {
                try await body { text in
                    let text = "cd /mnt; B='\(Binary.swiftNet) http-probe'; U=\(Self.url); \(text)"
                    return try await lab.run("b", ["bash", "-c", text])
                }
            }
        }
    }

    @Test("a body of 200 MB needs less than 64 MB of memory, compressed too")
    func memory() async throws {
        try await serving { run in
            for path in ["large", "large.gz"] {
                let outcome = try await run(
                    """
                    python3 - <<P
                    import os, resource, subprocess
                    child = subprocess.run("timeout 60 $B -q -w 60 --max-body 300000000 -o out $U/\(path)".split())
                    print(child.returncode)
                    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
                    print("small" if peak < 64 << 10 else peak)
                    P
                    stat -c %s out; cmp -n 209715200 out <(head -c 209715200 /dev/zero | tr '\\0' x) && echo same
                    """)
                #expect(outcome.lines == ["0", "small", "209715200", "same"], "\(path): \(outcome)")
            }
        }
    }

    @Test("the file is that of curl, or none is made")
    func files() async throws {
        guard await Peer.require(.curl) else { return }
        try await serving { run in
            let paths = ["end", "gzip", "damaged", "unknown", "missing", "empty", "hop", "loop", "cut"]
            for path in paths {
                for options in ["--compressed", "--compressed -f", "--compressed -L", "--compressed -i"] {
                    let ours = options.replacing("-L", with: "-L --max-redirects 3")
                        .replacing("-i", with: "--include")
                    let theirs = options.replacing("-L", with: "-L --max-redirs 3")
                    let outcome = try await run(
                        """
                        rm -f ours theirs; $B -q \(ours) -o ours $U/\(path) > line 2>&1; s=$?
                        curl -s \(theirs) -o theirs $U/\(path); t=$?
                        if test -e theirs; then
                            diff <(grep -av ^Date ours) <(grep -av ^Date theirs) || exit 99
                        elif test -e ours; then
                            exit 97
                        fi
                        echo kept > old; $B -q \(ours) -o old $U/\(path) > line 2>&1
                        test -e theirs || grep -q kept old || exit 98
                        test $(($s > 0)) = $(($t > 0))
                        """)
                    #expect(outcome.status == 0, "\(path) \(options): \(outcome)")
                }
            }
        }
    }

    @Test("a retried transfer begins the file again; standard output gets the last response")
    func retries() async throws {
        try await serving { run in
            let outcome = try await run(
                """
                $B -q --retry 3 --retry-delay 0 --retry-all-errors -o flaky $U/flaky; cat flaky; echo
                $B -q --retry 1 --retry-delay 0 --retry-all-errors -o lost $U/lost > line; stat -c %s lost
                $B -q --retry 3 --retry-delay 0 -o - $U/busy; echo
                """)
            #expect(outcome.lines == ["done", "0", "done"], "\(outcome)")
        }
    }

    @Test("a full device and a closed pipe end the transfer; filtered responses write nothing")
    func ends() async throws {
        try await serving { run in
            let full = try await run("$B -o /dev/full $U/large")
            #expect(full.status == 2 && full.output.isEmpty, "\(full)")
            #expect(full.errors == "http-probe: -o: /dev/full: No space left on device\n")
            let named = try await run("ln -s /dev/full large; $B -O $U/large $U/end; s=$?; cat end; exit $s")
            #expect(named.status == 2 && named.output.hasSuffix("end"), "\(named)")
            #expect(named.errors == "http-probe: -O: large: No space left on device\n")
            let closed = try await run("$B --max-body 300000000 -o - $U/large | head -c 10; exit ${PIPESTATUS[0]}")
            #expect(closed.output == "xxxxxxxxxx" && closed.errors.isEmpty && closed.status == 1, "\(closed)")
            let filtered = try await run(
                "$B --match-code 404 -o new $U/end; $B --filter-code 200 -o new $U/end; ls new")
            #expect(filtered.status != 0 && filtered.output.isEmpty, "\(filtered)")
            let limited = try await run("$B -q --max-body 1000 -o new $U/large; s=$?; stat -c %s new; exit $s")
            #expect(limited.status == 1 && limited.lines.last == "1000", "\(limited)")
        }
    }

    @Test("an interrupted transfer leaves what arrived; the file is written while it arrives")
    func interrupted() async throws {
        try await serving { run in
            let outcome = try await run(
                """
                $B -q -o part $U/endless & until grep -qs begun part; do sleep 0.05; done
                kill -TERM $!; wait $!; s=$?; cat part; exit $s
                """)
            #expect(outcome.status == 1 && outcome.output.hasSuffix("begun"), "\(outcome)")
        }
    }

    @Test("a file that cannot be made is reported before the request")
    func unwritable() async throws {
        try await serving { run in
            let missing = try await run("$B -o none/x $U/end")
            #expect(missing.status == 2 && missing.errors == "http-probe: -o: none/x: No such file or directory\n")
            let folder = try await run("mkdir folder; $B -o folder $U/end")
            #expect(folder.status == 2 && folder.errors == "http-probe: -o: folder: Is a directory\n")
            let two = try await run("$B -o x --cookie-jar x $U/end; s=$?; test ! -e x || exit 99; exit $s")
            #expect(two.status == 2 && two.errors.contains("is the same file as the output -o"), "\(two)")
        }
    }

    @Test("with -c 0 every URL gets its turn, whatever --concurrency is")
    func series() async throws {
        try await serving { run in
            for (count, options) in [(5, "--concurrency 2"), (1_100, "")] {
                let outcome = try await run(
                    """
                    seq \(count) | sed "s|^|$U/|" > list
                    timeout 60 $B -c 0 -i 600 -w 60 \(options) --targets list --write-out '%{url}\\n' > lines & run=$!
                    until test $(wc -l < lines) -ge \(count) || ! kill -0 $run; do sleep 0.1; done
                    kill $run; wait $run; sort -u lines | wc -l
                    """)
                #expect(outcome.output == "\(count)\n", "\(outcome)")
            }
        }
    }

    @Test("the CA certificates of the environment are read when a certificate is verified, not before")
    func authorities() async throws {
        try await serving { run in
            let outcome = try await run(
                """
                exec 2>&1; mkfifo pipe; mkdir folder
                openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost \
                    -days 2 -keyout key.pem -out cert.pem 2> /dev/null
                cp cert.pem folder; openssl rehash folder
                openssl s_server -accept 8443 -cert cert.pem -key key.pem -www -quiet & server=$!
                until $B -q -w 1 -k https://127.0.0.1:8443/ > /dev/null 2>&1; do sleep 0.05; done
                R="-q --resolve localhost:8443:127.0.0.1 https://localhost:8443/"
                SSL_CERT_FILE=cert.pem SSL_CERT_DIR=/none $B $R; echo file $?
                SSL_CERT_FILE=cert.pem SSL_CERT_DIR= $B $R; echo empty $?
                SSL_CERT_FILE=/none SSL_CERT_DIR=/none:folder $B $R; echo folder $?
                SSL_CERT_FILE=/none SSL_CERT_DIR=/none $B $R > /dev/null; echo none $?
                SSL_CERT_FILE=pipe SSL_CERT_DIR=folder timeout 20 $B $R; echo unread $?
                SSL_CERT_FILE=pipe timeout 20 $B -q https://127.0.0.1:9/ > /dev/null; echo closed $?
                kill $server
                """)
            #expect(outcome.lines == ["file 0", "empty 0", "folder 0", "none 1", "unread 0", "closed 1"], "\(outcome)")
        }
    }

    @Test("--resolve is that of curl")
    func resolve() async throws {
        guard await Peer.require(.curl) else { return }
        try await serving { run in
            let rows = [
                "x:8080:127.0.0.1", "+x:8080:127.0.0.1", "x:8080:127.0.0.9,127.0.0.1", "x:8080:[::1],127.0.0.1",
                "x:8080:::1,[127.0.0.1]", "x:8080:,127.0.0.1,", "x:8080:", "x:8080", "*:8080:127.0.0.1",
                "X:8080:127.0.0.1", "x:99999:127.0.0.1", "x:8080:[127.0.0.1", "x:8080:name", "x:8080:127.1",
                "x:8080:127.0.0.1 x:8080:127.0.0.9", "x:8080:127.0.0.9 x:8080:127.0.0.1",
                "*:8080:127.0.0.9 x:8080:127.0.0.1", "x:8080:127.0.0.1 *:8080:127.0.0.9",
                "x:8080:127.0.0.9 -x:8080 *:8080:127.0.0.1", "x:8080:127.0.0.1 -X:8080", "*:8080:127.0.0.1 -*:8080",
            ]
            for row in rows {
                let options = row.split(separator: " ").map { "--resolve '\($0)'" }.joined(separator: " ")
                for family in ["", "-4"] {
                    let outcome = try await run(
                        """
                        $B -q -w 2 \(family) \(options) http://x:8080/end > ours 2>&1; s=$?
                        curl -s -m 2 \(family) \(options) http://x:8080/end > theirs; t=$?; test $(($s > 0)) = $(($t > 0))
                        """)
                    #expect(outcome.status == 0, "\(family) \(row): \(outcome)")
                }
            }
            let invalid = try await run("$B http://$(printf 'h\\xffst')/ ; exit $?")
            #expect(invalid.status == 2 && invalid.errors.contains("invalid host"), "\(invalid)")
            let excepted = try await run(
                "no_proxy=127.0.0.1/ http_proxy=http://127.0.0.1:9 $B -q --resolve x:8080:127.0.0.1 $U/end")
            #expect(excepted.status == 0, "\(excepted)")
        }
    }
}
