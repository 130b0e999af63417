import Testing

/// The options that `http-probe` has from curl, beside curl.
@Suite("curl's options in the lab")
struct HTTPCurlTests {
    private static let url = "http://127.0.0.1:8080"

    /// Runs a script beside an echo server, in a folder with `lines` and `fields`.
    private func serving(_ body: @Sendable @escaping (_ run: (String) async throws -> Lab.Outcome) async throws -> Void)
        async throws
    {
        try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            _ = try await lab.run("b", ["ip", "link", "set", "lo", "up"])
            try await lab.beside("b", ["timeout", "60", "python3", "-c", EchoServer.script], readyMark: "begun") {
                let files =
                    """
                    cd /mnt; printf 'line one\\r\\nline two\\n' > lines; printf 'X-File: 1\\nX-More: 2\\n' > fields
                    printf q > 'q"uo.html'; truncate -s 65M large
                    """
                _ = try await lab.run("b", ["sh", "-c", files])
                try await body { try await lab.run("b", ["sh", "-c", "cd /mnt; \($0)"]) }
            }
        }
    }

    @Test("requests are the same as curl's")
    func requests() async throws {
        guard await Peer.require(.curl) else { return }
        let rows: [(ours: String, curl: String?)] = [
            ("/", nil), ("-d a=1 -d b=2 /p", nil), ("-d @lines /p", nil), ("--data-binary @lines /p", nil),
            ("--data-raw @lines /p", nil),
            (
                "--data-urlencode 'x=a b&c' --data-urlencode 'a ~z' --data-urlencode @lines --data-urlencode n@lines /p",
                nil
            ),
            (#"--json-body '{"a":1}' /p"#, #"--json '{"a":1}' /p"#),
            (
                "-F a=1 -F f=@lines -F 'g=<lines' -F 'h=@lines;type=a/b;filename=x.htm' -F 'i=x;type=a/b' /p",
                nil
            ),
            (
                #"-F 'a="t;type=x"' -F 'b=x;b' -F 'c=x;type=text/x;charset=utf-8' -F 'd=@lines;filename="a b;c"' /p"#,
                nil
            ),
            (#"-F =x -F 'e=@"q\"uo.html"' -F 'f= x ;type=text/x; q=1' -F 'g="x;type=a/b' -F 'h=a,b' /p"#, nil),
            ("--data-urlencode a@b=c --data-urlencode =x@y /p", nil), ("-b none -b '' /", nil),
            ("-G -d a=1 -d b=2 '/q?z=0'", nil), ("--get --data-urlencode 'a=x y' /q", nil), ("-A agent /", nil),
            ("-A '' /", nil), ("-e http://ref/ /", nil), ("-u user:pa:ss /", nil), ("-b 'a=1; b=2' /", nil),
            ("-H @fields -H 'X-A: b' -H Accept: -H 'X-E;' /", nil), ("-H 'Transfer-Encoding: chunked' -d abc /p", nil),
            ("-X PUT -d abc /p", nil), ("-L /hop/3", nil), ("--location -d a=1 /hop/2", nil), ("--include /", nil),
            ("--retry 3 --retry-delay 0.05 /flaky", "--retry 3 --retry-delay 1 /flaky"),
            ("--connect-to example.com:80:127.0.0.1:8080 http://example.com/", nil),
            ("--connect-to ::127.0.0.1:8080 http://example.com:99/", nil), ("-m 5 --connect-timeout 2 /", nil),
        ]
        try await serving { run in
            for row in rows {
                func line(_ text: String) -> String {
                    let parts = text.split(separator: " ").map(String.init)
                    guard let last = parts.last, let mark = last.firstIndex(of: "/"), !last.contains("://") else {
                        return text
                    }
                    return (parts.dropLast() + [last[..<mark] + Self.url + last[mark...]]).joined(separator: " ")
                }
                let theirs = try await run("curl -s -o theirs \(line(row.curl ?? row.ours)); cat theirs")
                let ours = try await run("\(Binary.swiftNet) http-probe -q -o - \(line(row.ours))")
                // The second may have changed between the two.
                let outputs = [ours, theirs].map { run in
                    // A carriage return and a line feed are one character.
                    run.output.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("Date: ") }
                }
                #expect(outputs[0] == outputs[1] && !theirs.output.isEmpty, "\(row.ours): \(ours)")
                #expect(ours.status == 0, "\(row.ours)")
            }
            let query = try await run(
                "\(Binary.swiftNet) http-probe -q -o - -G -d \"$(printf 'a b#c HTTP/1.1\\r\\nX: y')\" \(Self.url)/p")
            #expect(query.lines.first == "GET /p?a%20b%23c%20HTTP/1.1%0D%0AX:%20y", "\(query)")
        }
    }

    @Test("--write-out has the values of curl")
    func writeOut() async throws {
        guard await Peer.require(.curl) else { return }
        let format = """
            %{http_code} %{response_code} %{http_version} %{content_type} %{method} %{num_connects} %{num_headers} \
            %{num_redirects} %{redirect_url} %{referer} %{remote_ip} %{remote_port} %{scheme} %{size_download} \
            %{size_header} %{size_request} %{size_upload} %{ssl_verify_result} %{url} %{url_effective} %{urlnum} \
            %{local_ip} %{exitcode} %{errormsg} %header{x-two} %% \\t\\n%{header_json}\\n
            """
        try await serving { run in
            for arguments in ["/", "-d abc -A x /p", "-L -A x /hop/2", "-A x /hop/2", "-A x -e r /missing"] {
                let line = arguments.split(separator: " ").map { $0.hasPrefix("/") ? Self.url + $0 : String($0) }
                    .joined(separator: " ")
                let clean = "| grep -v '^\"date\"'"
                let theirs = try await run("curl -s -A x -o /dev/null -w '\(format)' \(line) \(clean)")
                let ours = try await run("\(Binary.swiftNet) http-probe -A x --write-out '\(format)' \(line) \(clean)")
                #expect(ours.output == theirs.output && !theirs.output.isEmpty, "\(arguments)")
            }
            let times = try await run(
                "\(Binary.swiftNet) http-probe -L --write-out '%{time_connect} %{time_pretransfer} %{time_starttransfer} %{time_redirect} %{time_total}' \(Self.url)/hop/2"
            )
            let values = times.output.split(separator: " ").compactMap { Double($0) }
            #expect(
                values.count == 5 && values[2] > 0 && values[3] > 0 && values[4] >= values[2] + values[3] - 0.000_002,
                "\(times)")
            let waits = try await run(
                "\(Binary.swiftNet) http-probe --retry 3 --retry-delay 2 --write-out '%{time_redirect} %{time_total}\\n' \(Self.url)/flaky"
            )
            let last = waits.lines.last?.split(separator: " ").map(String.init) ?? []
            #expect(last.count == 2 && last[0] == "0.000000" && Double(last[1]).map { $0 < 2 } == true, "\(waits)")
            for (host, exit) in [("127.0.0.1:81", 1), ("name.invalid", 2)] {
                let failed = try await run(
                    "\(Binary.swiftNet) http-probe -w 2 -d abc --write-out '%{exitcode} %{size_request} %{size_upload}' \(host)"
                )
                #expect(failed.status == exit && failed.output.contains("\(exit) 0 0"), "\(failed)")
            }
        }
    }

    @Test("cookies are written for curl and read from it; -O names the file")
    func files() async throws {
        guard await Peer.require(.curl) else { return }
        try await serving { run in
            let cookies = try await run(
                """
                \(Binary.swiftNet) http-probe -q --cookie-jar ours \(Self.url)/cookie; curl -s -o none --cookie-jar theirs \(Self.url)/cookie
                for jar in ours theirs; do grep -v '^# ' $jar | cut -f 1-4,6,7 | sort > $jar.lines; done; diff ours.lines theirs.lines && wc -l < ours.lines
                for jar in ours theirs; do \(Binary.swiftNet) http-probe -q -o - -b $jar \(Self.url)/ | grep cookie; curl -s -b $jar \(Self.url)/ | grep cookie; done
                """)
            #expect(cookies.lines.first == "3", "\(cookies)")
            let sent = cookies.lines.dropFirst()
            #expect(sent.count == 4, "\(cookies)")
            for line in sent { #expect(line == "cookie: a=1; b=2" || line == "cookie: b=2; a=1") }
            let hidden = try await run(
                "\(Binary.swiftNet) http-probe --match-code 404 --cookie-jar hidden \(Self.url)/cookie; grep -v '^# ' hidden | wc -l"
            )
            #expect(hidden.output == "3\n", "cookies of responses that are not printed are kept too: \(hidden)")
            let same = try await run(
                "cp ours both; \(Binary.swiftNet) http-probe -q -b both --cookie-jar both \(Self.url)/ && diff ours both"
            )
            #expect(same.status == 0, "\(same)")
            let other = try await run(
                "\(Binary.swiftNet) http-probe -q -b both --cookie-jar new -o both \(Self.url)/; diff ours both")
            #expect(other.status == 0 && other.errors.contains("both: is the same file as the input -b"), "\(other)")
            let named = try await run(
                "\(Binary.swiftNet) http-probe -q -O \(Self.url)/x/named.txt?q && grep -c GET named.txt")
            #expect(named.output == "1\n", "\(named)")
        }
    }

    @Test("retries are reported, and end; mistakes are named")
    func retries() async throws {
        try await serving { run in
            let flaky = try await run("\(Binary.swiftNet) http-probe --retry 1 --retry-delay 0.05 \(Self.url)/flaky")
            #expect(
                flaky.output.contains("status 503: retry 1 of 1 in 0.05 s\n") && flaky.output.contains("503 "),
                "\(flaky)")
            let refused = try await run(
                "\(Binary.swiftNet) http-probe -j --retry 2 --retry-connrefused --retry-all-errors --retry-delay 0.05 127.0.0.1:81"
            )
            #expect(refused.status == 1 && refused.output.contains("\"retries\":2"), "\(refused)")
            let rows = [
                ("-O \(Self.url)/", "-O: '\(Self.url)/' has no file name"),
                ("-G \(Self.url)/", "-G requires -d or --data-urlencode"),
                ("-u x \(Self.url)/", "invalid value 'x' for -u (expected USER:PASSWORD)"),
                (
                    "--write-out '%{nope}' \(Self.url)/",
                    "--write-out: unknown variable 'nope' (see swift-net-http-probe(8))"
                ),
                (
                    "--http 1.0 -H 'Transfer-Encoding: chunked' -d x \(Self.url)/",
                    "HTTP/1.0 has no chunks: -H 'Transfer-Encoding: chunked' requires --http 1.1"
                ),
                ("-F x \(Self.url)/", "invalid value 'x' for -F (expected NAME=TEXT, NAME=@FILE or NAME=<FILE)"),
                ("-F f=@a,b \(Self.url)/", "(expected one file per -F; quote a name that has a comma)"),
                ("-F 'f=x;type=a' \(Self.url)/", "(expected ;type=TYPE/SUBTYPE)"),
                ("-H @large \(Self.url)/", "large: larger than 64 MiB"),
                ("-d @/mnt \(Self.url)/", "/mnt: Is a directory"),
                ("-d @- --targets - < lines", "-: standard input is read by -d and --targets"),
                ("-d @- -d @- \(Self.url)/ < lines", "-: standard input is read by -d twice"),
                (
                    "--expires-within 1w \(Self.url)/",
                    "invalid value '1w' for --expires-within (expected a duration such as 3600, 12h or 30d)"
                ),
                ("-H @none \(Self.url)/", "none: No such file or directory"),
            ]
            for (arguments, message) in rows {
                let outcome = try await run("\(Binary.swiftNet) http-probe \(arguments)")
                #expect(outcome.status == 2 && outcome.errors.contains(message), "\(arguments): \(outcome)")
            }
        }
    }

    @Test("a small limit of descriptors slows a run down, and makes no request fail")
    func descriptors() async throws {
        try await serving { run in
            for limit in ["20:1024", "20:20"] {
                let outcome = try await run(
                    "for i in $(seq 300); do echo \(Self.url)/$i; done | prlimit --nofile=\(limit) \(Binary.swiftNet) http-probe -q --targets - --concurrency 100"
                )
                #expect(outcome.output.contains("300 answered, 0 failed"), "\(limit): \(outcome)")
                #expect(outcome.status == 0)
            }
        }
    }

    @Test("series of requests: parallel, at a rate, without end; responses by status")
    func series() async throws {
        try await serving { run in
            let parallel = try await run("\(Binary.swiftNet) http-probe -q -c 40 --parallel 8 \(Self.url)/")
            #expect(
                parallel.output.contains("40 requests, 40 answered, 0 failed") && parallel.status == 0, "\(parallel)")
            #expect(parallel.output.contains(" requests per second\n"))
            let table = parallel.lines.filter { $0.split(separator: " ").count >= 8 }.map { $0.prefix { $0 != " " } }
            #expect(table == ["ms", "connect", "wait", "rest", "total"] || table.contains("wait"), "\(parallel)")
            let rate = try await run("\(Binary.swiftNet) http-probe -j -c 4 -i 0 --rate 20 \(Self.url)/")
            #expect(
                rate.output.contains(#""requests":4,"answered":4"#) && rate.output.contains(#""wait_ms":{"min":"#),
                "\(rate)")
            let endless = try await run(
                "timeout --preserve-status -s INT 0.6 \(Binary.swiftNet) http-probe -c 0 -i 0.1 \(Self.url)/")
            #expect(
                endless.status == 0 && endless.output.contains("seq=2") && endless.output.contains(", 0 failed"),
                "\(endless)")
            let matched = try await run(
                "\(Binary.swiftNet) http-probe --match-code 200-299,500 \(Self.url)/ \(Self.url)/missing")
            #expect(matched.output.contains("200 OK") && !matched.output.contains("404 Not Found"), "\(matched)")
            let filtered = try await run(
                "\(Binary.swiftNet) http-probe --filter-code 200 \(Self.url)/ \(Self.url)/missing")
            #expect(!filtered.output.contains("200 OK") && filtered.output.contains("404 Not Found"), "\(filtered)")
        }
    }

    @Test("ports of a block, with a client certificate that no server requests")
    func ports() async throws {
        guard await Peer.require(.openssl) else { return }
        try await serving { run in
            let outcome = try await run(
                """
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out cert -days 2 -subj /CN=client 2>/dev/null
                echo phrase > pass
                \(Binary.swiftNet) http-probe --http-first --cert cert --key key --pass-file pass --tls-max 1.2 --ports 8080 127.0.0.1/32
                """)
            #expect(outcome.status == 0 && outcome.output.hasPrefix("http://127.0.0.1:8080/  200 OK"), "\(outcome)")
        }
    }
}
