import Testing

/// Options whose effect no other test shows, each given once and seen to work.
@Suite("effects of options")
struct OptionEffectTests {
    private static func arguments(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    private func run(_ lab: Lab, _ line: String, in namespace: String = "a") async throws -> Lab.Outcome {
        try await lab.run(namespace, [Binary.swiftNet] + Self.arguments(line))
    }

    @Test("every command prints the version, as JSON too", arguments: ManualPageTests.commands)
    func version(command: String) async throws {
        let text = try await Lab.run([Binary.swiftNet, command, "-V"])
        #expect(text.status == 0 && text.output.hasPrefix("\(command) from swift-net "), "\(text)")
        let json = try await Lab.run([Binary.swiftNet, command, "-jV"])
        #expect(json.status == 0 && json.objects.map { $0["type"] } == ["version"], "\(json)")
        #expect(json.objects.first?["version"].map { text.output.hasSuffix("\($0)\n") } == true)
    }

    @Test("a mistake with -j is an object too", arguments: ManualPageTests.commands)
    func mistake(command: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, command, "-j", "--nosuch"])
        #expect(outcome.status == 2 && outcome.errors.hasPrefix("\(command): unknown option '--nosuch'"), "\(outcome)")
        #expect(outcome.objects("error").first?["message"]?.hasPrefix("unknown option") == true, "\(outcome)")
    }

    @Test("ping: -d, -3, --color, and -I twice")
    func ping() async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--direction left delay:5/1") {
                let precise = try await lab.ping("a", "-3 -c1 -W 2 192.0.2.2")
                #expect(precise.lines.dropFirst().first?.contains(#/ time=\d+\.\d{3} ms$/#) == true, "\(precise)")
                let rounded = try await lab.ping("a", "-c1 -W 2 192.0.2.2")
                #expect(rounded.lines.dropFirst().first?.contains(#/ time=\d\.\d\d ms$/#) == true, "\(rounded)")
            }
        }
        try await Lab.with(.pair) { lab in
            // The kernel traces the socket, which nothing shows; what can be seen is that the run goes on.
            let debugged = try await lab.ping("a", "-d -c1 192.0.2.2")
            #expect(debugged.status == 0, "\(debugged)")
            let colored = try await lab.ping("a", "--color always -W0.2 --retries 0 192.0.2.2 192.0.2.77")
            #expect(colored.output.contains("is \u{1B}[32malive\u{1B}[0m"), "\(colored)")
            #expect(colored.output.contains("is \u{1B}[31munreachable\u{1B}[0m"), "\(colored)")
            for options in ["-I va -I 192.0.2.1", "-I 192.0.2.1 -I va", "-I lo -I 192.0.2.1 -I va"] {
                let both = try await lab.ping("a", "-c1 \(options) 192.0.2.2")
                #expect(both.output.hasPrefix("PING 192.0.2.2 (192.0.2.2) from 192.0.2.1 va: "), "\(both)")
            }
            let last = try await lab.ping("a", "-v -c5 -c1 192.0.2.2")
            #expect(last.errors.contains("-c was given more than once: using '1'\n"), "\(last)")
            #expect(last.output.contains("1 packets transmitted"), "\(last)")
        }
    }

    @Test("traceroute: what its probes have")
    func traceroute() async throws {
        let layout = Lab.Layout.pair.and(
            "mount -t tmpfs none /mnt; printf '192.0.2.2 both\\n2001:db8::2 both\\n' > /mnt/hosts; mount --bind /mnt/hosts /etc/hosts"
        )
        try await Lab.with(layout) { lab in
            let probe = try await lab.traceroute(
                "a", "-n -q1 -f 2 -i va --sport 4321 -t 16 --size 100 --explain 1 192.0.2.2")
            for text in [
                "sent 100 bytes\n", " DSCP 4, ", " time to live          2 hops\n", " source port           4321\n",
                " total length          100 bytes\n", "\n 2  192.0.2.2  ",
            ] { #expect(probe.output.contains(text), "\(text): \(probe)") }
            #expect(try await lab.traceroute("a", "-n -i lo -m1 -w0.2 192.0.2.2").status != 0)
            let label = try await lab.traceroute("a", "-n -q1 -l 74565 --explain 1 2001:db8::2")
            #expect(label.output.contains(" flow label            0x12345\n"), "\(label)")
            #expect(try await lab.traceroute("a", "-4 -jn both").summary?["addr"] == "192.0.2.2")
            #expect(try await lab.traceroute("a", "-6 -jn both").summary?["addr"] == "2001:db8::2")
            for line in ["-4 2001:db8::2", "-6 192.0.2.2"] {
                let other = try await lab.traceroute("a", line)
                #expect(other.status == 2 && other.errors.contains("Address family for hostname not supported"))
            }
        }
        try await Lab.with(.chain(hops: 3, silent: 2)) { lab in
            for (use, isColored) in [("always", true), ("never", false)] {
                let live = "\(Binary.swiftNet) traceroute -n --live --cycles 2 --interval 0.1 --color \(use) 198.18.3.2"
                let outcome = try await lab.run("h0", ["timeout", "20", "script", "-qec", live, "/dev/null"])
                #expect(outcome.output.contains("\u{1B}[32m") == isColored, "\(use): \(outcome)")
            }
        }
    }

    @Test("arping --style habets: -P, and its own help and version")
    func habets() async throws {
        try await Lab.with(.pair) { lab in
            for (options, operation) in [("-U", "1, request, announcement"), ("-U -P", "2, reply, announcement")] {
                let outcome = try await self.run(
                    lab, "arping --style habets --explain 1 \(options) -c 1 -W 0.1 -i va 192.0.2.1")
                #expect(outcome.output.contains(" operation             \(operation)\n"), "\(options): \(outcome)")
            }
            let help = try await self.run(lab, "arping --style habets -h")
            #expect(help.status == 0 && help.output.hasPrefix("Usage: swift-net arping --style habets "), "\(help)")
            let version = try await self.run(lab, "arping --style habets --version")
            #expect(version.output.hasPrefix("arping from swift-net "), "\(version)")
        }
    }

    @Test("host: --gateway, --explain, --color")
    func host() async throws {
        guard await Peer.require(.curl) else { return }
        try await Lab.with(.pair.and("ip -n a addr add 203.0.113.1/32 dev lo")) { lab in
            for (options, isReached) in [("--gateway 192.0.2.1", true), ("--gateway 192.0.2.77", false)] {
                let host =
                    "exec \(Binary.swiftNet) host -I vb --address 192.0.2.9/24 --no-check -w 30 --serve http \(options) 2>&1"
                try await lab.beside("b", ["sh", "-c", host], readyMark: "the host is up") {
                    let curl = ["curl", "-sm2", "--interface", "203.0.113.1", "http://192.0.2.9/"]
                    let page = try await lab.run("a", curl)
                    #expect((page.status == 0) == isReached, "\(options): \(page)")
                }
            }
            let shown = try await self.run(
                lab, "host -I vb --address 192.0.2.9/24 -w 1.5 --explain 1 --color always", in: "b")
            #expect(shown.output.contains("sent 60 bytes\n  ethernet\n"), "\(shown)")
            let quiet = try await self.run(
                lab, "host -I vb --address 192.0.2.9/24 --no-check -w 0.2 --color always", in: "b")
            #expect(quiet.output.contains("\u{1B}[32mthe host is up\u{1B}[0m"), "\(quiet)")
        }
    }

    @Test("decode: -e, --time, -n, --color")
    func decode() async throws {
        let script = """
            d=$(mktemp -d); trap 'rm -r $d' EXIT; n=\(Binary.swiftNet); f=$d/f; g=$d/g
            $n ping -qc1 127.0.0.1 --pcap $f >/dev/null
            python3 -c 'import sys; d = open(sys.argv[1], "rb").read(); open(sys.argv[2], "wb").write(d.replace(bytes(range(16, 24)), bytes(8)))' $f $g
            $n decode -e -c1 $f; $n decode --time epoch -c1 $f; $n decode --time utc -c1 $f
            $n decode --time none -c1 $f; $n decode -n -c1 $f
            $n decode -v -c1 --color always $g | grep incorrect
            """
        let outcome = try await Lab.run(["sh", "-c", script])
        let lines = outcome.lines.map(String.init)
        let packet = #"IP 127\.0\.0\.1 > 127\.0\.0\.1: ICMP echo request, id \d+, seq 1, length 64"#
        let patterns = [
            #"\d\d:\d\d:\d\d\.\d{6} 00:00:00:00:00:00 > 00:00:00:00:00:00, ethertype IPv4, length 98: "# + packet,
            #"\d{10}\.\d{6} "# + packet, #"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z "# + packet, packet,
            #"\d\d:\d\d:\d\d\.\d{6} "# + packet, #".* checksum +\x1B\[31m0x.*, incorrect\x1B\[0m"#,
        ]
        #expect(lines.count == patterns.count, "\(outcome)")
        for (line, pattern) in zip(lines, patterns) {
            let expression = try Regex(pattern)
            #expect(line.wholeMatch(of: expression) != nil, "\(pattern): \(line)")
        }
    }

    /// A server that echoes requests, on a port and a Unix domain socket.
    private static let server = """
        import gzip, http.server, socket, socketserver, threading
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                if self.path.startswith("/hop/"):
                    self.send_response(302); self.send_header("Location", "/hop/%d" % (int(self.path[5:]) + 1))
                    self.send_header("Content-Length", "0"); return self.end_headers()
                body = (self.requestline + "\\n" + str(self.headers)).encode()
                self.send_response(200); self.send_header("Via", "1.1 cache.example (squid/6.1)")
                if "gzip" in self.headers.get("Accept-Encoding", ""):
                    body = gzip.compress(body); self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
            do_HEAD = do_OPTIONS = do_GET
            def log_message(self, *arguments): pass
            def address_string(self): return "-"
        class Dual(http.server.ThreadingHTTPServer): address_family = socket.AF_INET6
        class Local(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            def get_request(self): return super().get_request()[0], ("local", 0)
        for server in (Dual(("::", 8080), Handler), Local("/mnt/socket", Handler)):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        print("begun", flush=True)
        threading.Event().wait(60)
        """

    private static let web = Lab.Layout.routed.and(
        """
        mount -t tmpfs none /mnt
        printf 'http://198.51.100.2:8080/a\\nhttp://198.51.100.2:8080/b\\n' > /mnt/list
        printf '198.51.100.2 both\\n2001:db8:1::2 both\\n' > /mnt/hosts; mount --bind /mnt/hosts /etc/hosts
        openssl req -x509 -newkey rsa:2048 -nodes -keyout /mnt/key -out /mnt/cert -days 2 -subj /CN=both 2>/dev/null
        """)

    @Test("http-probe: requests, connections and output")
    func probe() async throws {
        guard await Peer.require(.openssl) else { return }
        try await Lab.with(Self.web) { lab in
            let script = """
                timeout 60 openssl s_server -accept 8443 -cert /mnt/cert -key /mnt/key -www -quiet &
                exec timeout 60 python3 -c '\(Self.server)'
                """
            try await lab.beside("b", ["sh", "-c", script], readyMark: "begun") {
                let url = "http://198.51.100.2:8080"
                let texts: [(line: String, parts: [String])] = [
                    ("-v --http 1.0 \(url)/", ["> GET / HTTP/1.0\\r\\n"]),
                    (
                        "-v --compressed \(url)/",
                        ["> Accept-Encoding: gzip, deflate, br, zstd", "< Content-Encoding: gzip"]
                    ),
                    ("--max-redirects 2 \(url)/hop/0", ["/hop/1  302 to /hop/2\n", "  more than 2 redirects\n"]),
                    ("--intermediaries \(url)/", ["  proxy: Via: 1.1 cache.example (squid/6.1)\n"]),
                    ("--timing \(url)/", ["  connect ", "  wait for response "]),
                    ("--targets /mnt/list", ["2 URLs, 2 requests, 2 answered, 0 failed"]),
                    ("--unix-socket /mnt/socket http://local.example/", ["200 OK"]),
                    ("-c 2 -i 0.05 \(url)/", ["seq=0", "seq=1", "2 requests, 2 answered"]),
                    ("-c 3 -i 0 --plot \(url)/", ["┤"]),
                    ("-v --color always \(url)/", ["\u{1B}[2m> GET / HTTP/1.1\\r\\n\u{1B}[0m"]),
                    (
                        "--stack user --source 192.0.2.9/24 --gateway 192.0.2.254 --no-check -I va \(url)/",
                        ["200 OK"]
                    ),
                ]
                for (line, parts) in texts {
                    let outcome = try await self.run(lab, "http-probe \(line)")
                    for part in parts { #expect(outcome.output.contains(part), "\(line): \(outcome)") }
                }
                let objects: [(line: String, field: String, value: String)] = [
                    ("-4 http://both:8080/", "addr", "198.51.100.2"), ("-6 http://both:8080/", "addr", "2001:db8:1::2"),
                    ("--max-body 5 \(url)/", "body_bytes", "5"), ("--max-body 5 \(url)/", "complete", "false"),
                    ("-k --tls 1.2 https://198.51.100.2:8443/", "version", "1.2"),
                    ("-k --tls 1.3 https://198.51.100.2:8443/", "version", "1.3"),
                ]
                for (line, field, value) in objects {
                    let outcome = try await self.run(lab, "http-probe -j \(line)")
                    #expect(outcome.objects("response").first?[field] == value, "\(line): \(outcome)")
                }
            }
        }
    }

    @Test("http-fingerprint: requests, connections and output")
    func fingerprint() async throws {
        guard await Peer.require(.openssl) else { return }
        try await Lab.with(Self.web) { lab in
            try await lab.beside("b", ["timeout", "60", "python3", "-c", Self.server], readyMark: "begun") {
                let url = "http://198.51.100.2:8080/"
                let texts: [(line: String, parts: [String])] = [
                    ("--classic -v \(url)", ["Python http.server"]),
                    ("--concurrency 1 --targets /mnt/list", ["8080/a  Python http.server", "2 servers, 2 recognized"]),
                    ("--resolve web.example:8080:198.51.100.2 http://web.example:8080/", ["Python http.server"]),
                    ("--connect-to web.example::198.51.100.2:8080 http://web.example/", ["Python http.server"]),
                    ("--unix-socket /mnt/socket http://local.example/", ["Python http.server"]),
                    ("--color always \(url)", ["\u{1B}[32mPython http.server\u{1B}[0m"]),
                    ("--explain 1 \(url)", ["sent 74 bytes\n  ethernet\n"]),
                    ("--learn Mine --versions 1 --origin Behind \(url)", ["product\tMine\n", "/\tBehind\t1 "]),
                ]
                for (line, parts) in texts {
                    let outcome = try await self.run(lab, "http-fingerprint \(line)")
                    for part in parts { #expect(outcome.output.contains(part), "\(line): \(outcome)") }
                    #expect(outcome.status == 0, "\(line): \(outcome)")
                }
                let quiet = try await self.run(lab, "http-fingerprint -q \(url)")
                #expect(quiet.status == 0 && !quiet.output.contains("Python"), "\(quiet)")
                for (family, address) in [("-4", "198.51.100.2"), ("-6", "2001:db8:1::2")] {
                    let capture = "/mnt/capture\(family)"
                    let outcome = try await self.run(
                        lab, "http-fingerprint -j \(family) --pcap \(capture) http://both:8080/")
                    #expect(outcome.status == 0, "\(outcome)")
                    let packets = try await self.run(lab, "decode \(capture)")
                    #expect(packets.output.contains(" > \(address).8080: "), "\(packets)")
                }
            }
        }
    }
}
