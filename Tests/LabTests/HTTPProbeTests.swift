import Testing

/// `http-probe` against a server in a namespace that misbehaves.
@Suite("http-probe in the lab")
struct HTTPProbeTests {
    private func serving(_ body: @Sendable @escaping (Lab) async throws -> Void) async throws {
        try await Lab.with(.pair) { lab in
            _ = try await lab.run("b", ["ip", "link", "set", "lo", "up"])
            try await lab.beside("b", ["timeout", "60", "python3", "-c", HostileServer.script], readyMark: "begun") {
                try await body(lab)
            }
        }
    }

    /// A command's outcome, and whether its memory stayed bounded.
    private func measured(_ lab: Lab, _ command: String, _ arguments: String) async throws -> Lab.Outcome {
        let outcome = try await lab.run(
            "b",
            ["python3", "-c", HostileServer.measured, Binary.swiftNet, command]
                + arguments.split(separator: " ").map(String.init))
        let most = outcome.output.split(separator: "\n").last?.split(separator: " ").last.flatMap { Int($0) }
        #expect(try #require(most) < HostileServer.memoryLimit, "\(command) \(arguments): \(outcome.output)")
        return outcome
    }

    private func probe(_ lab: Lab, _ arguments: String, input: String = "") async throws -> Lab.Outcome {
        try await lab.run(
            "b", [Binary.swiftNet, "http-probe"] + arguments.split(separator: " ").map(String.init), input: input)
    }

    @Test("answers that no server should give: each named, and the others go on")
    func hostileAnswers() async throws {
        try await serving { lab in
            let cases: [(path: String, arguments: String, status: Int32)] = [
                ("good", "200 OK  5 bytes", 0), ("length", "Content-Length is not a number: -1", 1),
                ("chunk", "a chunk is larger than 2147483648 bytes", 1),
                ("short", "connection closed by the server: reading the response", 1),
                ("escape", "\\x1b[31mred", 0), ("escape", "Expires is not a date: 0", 0),
                ("interim", "32 interim responses without a final one", 1),
                ("nothing", "connection closed by the server: waiting for the response", 1),
                ("head", "the head is longer than 262144 bytes", 1),
                ("bomb", "the body is longer than 67108864 bytes", 1),
                ("drip", "the response does not begin with HTTP/", 1),
                ("fields", "the head is longer than 262144 bytes", 1),
                ("nul", "200 O\\x00K  0 bytes", 0), ("nul", "a field value contains control characters", 0),
                ("reset", "connection reset by the server: reading the response", 1),
            ]
            for (path, arguments, status) in cases {
                let outcome = try await measured(lab, "http-probe", "-w 2 http://127.0.0.1:8080/\(path)")
                #expect(outcome.output.contains(arguments), "\(path): \(outcome.output)")
                #expect(outcome.status == status, "\(path): \(outcome.output)")
                #expect(!outcome.output.contains("\u{1B}"), "\(path)")
            }
            let paths = Set(cases.map(\.path)).map { "http://127.0.0.1:8080/\($0)" }.joined(separator: " ")
            let all = try await probe(lab, "-w 2 \(paths)")
            #expect(all.output.contains("200 OK  5 bytes") && all.status == 1, "\(all.output)")
            let loop = try await probe(lab, "--follow http://127.0.0.1:8080/loop")
            #expect(loop.output.contains("redirect loop") && loop.status == 1, "\(loop.output)")
        }
    }

    @Test("a hostile server is fingerprinted without harm, and the other targets continue")
    func hostileFingerprints() async throws {
        try await serving { lab in
            let targets = HostileServer.behaviors.map { "127.0.0.1:\(HostileServer.port(of: $0))" }
            let outcome = try await measured(
                lab, "http-fingerprint", "-v -w 1 \(targets.joined(separator: " "))")
            #expect(outcome.status == 1)
            #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("\0"))
            for behavior in HostileServer.behaviors {
                let target = "http://127.0.0.1:\(HostileServer.port(of: behavior))/"
                let line = "\(target)  \(behavior == "drip" ? "timeout: reading the response" : "unknown")"
                #expect(outcome.output.contains(line), "\(line): \(outcome.output)")
            }
            #expect(outcome.output.contains("Server: \\x1b[31mred"), "\(outcome.output)")
            #expect(
                outcome.output.contains(
                    "\(targets.count) servers, 0 recognized, \(targets.count - 1) unknown, 1 failed"))
        }
    }

    @Test("both sides of an exchange typed by hand are shown as they are")
    func raw() async throws {
        try await serving { lab in
            let outcome = try await probe(
                lab, "-v --raw - 127.0.0.1:8080", input: "GET /good HTTP/3.7\r\nX:\u{1}y\n\r\n")
            #expect(
                outcome.output.contains("> GET /good HTTP/3.7\\r\\n\n> X:\\x01y\\n\n> \\r\\n\n"), "\(outcome.output)")
            #expect(
                outcome.output.contains(
                    "< HTTP/1.1 200 OK\\r\\n\n< Content-Length: 5\\r\\n\n< \\r\\n\n< hello\n"),
                "\(outcome.output)")
        }
    }

    @Test("--head, several -d, fields that are removed or empty, -q with JSON")
    func requests() async throws {
        try await serving { lab in
            let head = try await probe(lab, "-v --head 127.0.0.1:8080/good")
            #expect(head.output.contains("> HEAD /good HTTP/1.1\\r\\n\n"), "\(head.output)")
            let post = try await probe(
                lab, "-v -d a=1 -d b=2 -H Accept: -H X-Empty; -X PUT -X PATCH 127.0.0.1:8080/good")
            #expect(post.output.contains("> PATCH /good HTTP/1.1\\r\\n\n"), "\(post.output)")
            #expect(post.output.contains("> Content-Length: 7\\r\\n\n"), "\(post.output)")
            #expect(post.output.contains("> X-Empty: \\r\\n\n"), "\(post.output)")
            #expect(post.output.contains("\n> a=1&b=2\n"), "\(post.output)")
            #expect(!post.output.contains("> Accept"), "\(post.output)")
            #expect(post.errors == "http-probe: -X was given more than once: using 'PATCH'\n", "\(post.errors)")
            let quiet = try await probe(lab, "-qj http://127.0.0.1:8080/good http://127.0.0.1:9/")
            #expect(quiet.objects("response").isEmpty && quiet.objects("failure").count == 1, "\(quiet.output)")
            #expect(quiet.summary?["answered"] == "1" && quiet.status == 1, "\(quiet.output)")
        }
    }

    @Test("objects carry what the contract names")
    func json() async throws {
        try await serving { lab in
            let outcome = try await probe(lab, "--json http://127.0.0.1:8080/good http://127.0.0.1:9/")
            let lines = outcome.output.split(separator: "\n")
            #expect(outcome.status == 1 && lines.count == 3, "\(outcome.output)")
            let named = try await lab.run(
                "b", [Binary.swiftNet, "http-fingerprint", "-j", "127.0.0.1:8080", "127.0.0.1:9"])
            #expect(named.objects.count == 3 && (outcome.objects + named.objects).allSatisfy { $0["time"] != nil })
            let answer = lines.first { $0.hasPrefix(#"{"type":"response","url":"http://127.0.0.1:8080/good""#) }
            #expect(answer?.contains(#""http_version":"1.1","status":200,"reason":"OK""#) == true)
            // SHA-256 of "hello".
            let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
            #expect(answer?.contains(#""body_bytes":5,"body_sha256":"\#(digest)""#) == true)
            #expect(lines.contains { $0.contains(#""kind":"connection","message":"connection refused""#) })
            #expect(lines.last?.hasPrefix(#"{"type":"summary","targets":2"#) == true)
        }
    }

    @Test("-o and -O leave the files that curl leaves; --include prints the heads of redirects")
    func files() async throws {
        try await serving { lab in
            let script = """
                cd $(mktemp -d); u=http://127.0.0.1:8080
                state() { echo "$? $(cat "$1" | tr -d '\\r' | tr '\\n' '|')"; echo old > $1; }
                echo old > f; echo old > missing
                $p -o f $u/empty; state f
                $p --head -o f $u/good; test -s f && grep -q old f; echo $?
                echo old > f; $p -f -o f $u/missing; test $? != 0; state f
                $p -f -O $u/missing; test $? != 0; state missing
                $p -o f $u/missing; state f
                $p -L --include -o f $u/moved; state f
                """
            func states(_ program: String) async throws -> String {
                try await lab.run("b", ["bash", "-c", "p='\(program)'; \(script)"]).output
            }
            let ours = try await states("\(Binary.swiftNet) http-probe -q -w 2")
            let curl = try await states("curl -s -m 2")
            let heads = "HTTP/1.1 302 Found|Location: /good|Content-Length: 0||HTTP/1.1 200 OK|Content-Length: 5||hello"
            #expect(curl == "0 \n1\n0 old|\n0 old|\n0 none\n0 \(heads)\n", "\(curl)")
            let lines = ours.split(separator: "\n").filter { $0.hasPrefix("0") || $0.hasPrefix("1") }
            #expect(lines == curl.split(separator: "\n"), "\(ours)")
        }
    }

    @Test("a truncated body is a failure, two URLs do not share a file, and long lists of problems are cut")
    func limits() async throws {
        try await serving { lab in
            let truncated = try await probe(lab, "-j http://127.0.0.1:8080/truncated")
            #expect(truncated.status == 1 && truncated.output.contains(#""complete":false"#), "\(truncated.output)")
            let many = try await probe(lab, "http://127.0.0.1:8080/many")
            #expect(many.output.contains("  ! line 22 has no colon\n  ! 10 more problems\n"), "\(many.output)")
            let objects = try await probe(lab, "-j http://127.0.0.1:8080/many")
            #expect(objects.output.contains(#""line 32 has no colon""#), "\(objects.output)")
            let command = "\(Binary.swiftNet) http-probe -q --concurrency 1 -O"
            let urls = "http://127.0.0.1:8080/good http://127.0.0.1:8080/other/good"
            let same = try await lab.run("b", ["bash", "-c", "cd $(mktemp -d); \(command) \(urls); echo $?; cat good"])
            #expect(same.output.hasSuffix("2\nhello"), "\(same.output)")
            #expect(
                same.errors
                    == "http-probe: -O: http://127.0.0.1:8080/other/good: another URL has the same file name: good\n")
        }
    }
}
