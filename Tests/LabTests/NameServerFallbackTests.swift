import Testing

/// Servers that do not reply, the order in which they are asked, and the time that lookups may take.
@Suite("name servers that do not reply")
struct NameServerFallbackTests {
    @Test("a server that is silent, closed or failing gives way to the next")
    func servers() async throws {
        let options = "options timeout:1 attempts:1"
        /// Name servers, a name, what a lookup comes to, and how long it may take.
        let cases: [(servers: [String], options: String, label: String, NameLookup.Expectation, limit: Double)] = [
            (["192.0.2.5", "192.0.2.2"], options, "ok", .address("192.0.2.2"), 8),
            (["192.0.2.5", "192.0.2.2"], options, "nxdomain", .failure(NameLookup.unknown), 8),
            (["192.0.2.3", "192.0.2.2"], options, "truncated", .address("192.0.2.2"), 8),
            (["192.0.2.4", "192.0.2.5", "192.0.2.2"], options, "ok", .address("192.0.2.2"), 8),
            (["192.0.2.3", "192.0.2.2"], options, "servfail", .failure(NameLookup.temporary), 8),
            (["192.0.2.5", "192.0.2.4"], options, "ok", .failure(NameLookup.temporary), 8),
            (["192.0.2.5", "192.0.2.3"], options, "silent", .failure(NameLookup.noReply + "192.0.2.5, 192.0.2.3)"), 8),
            (
                ["198.51.100.53"], options, "ok",
                .failure(NameLookup.temporary + "198.51.100.53: Network is unreachable)"), 8
            ),
            (["198.51.100.53", "192.0.2.2"], options, "ok", .address("192.0.2.2"), 8),
            // A port unreachable is an answer: the timeout is not waited for.
            (["192.0.2.4", "192.0.2.2"], "options timeout:6 attempts:1", "ok", .address("192.0.2.2"), 4),
            (["192.0.2.4", "192.0.2.2"], "options timeout:6 attempts:2", "ok", .address("192.0.2.2"), 4),
            (
                ["192.0.2.4"], "options timeout:6 attempts:1", "ok",
                .failure(NameLookup.temporary + "192.0.2.4: Connection refused)"), 4
            ),
            (
                ["192.0.2.4"], "options timeout:6 attempts:2", "ok",
                .failure(NameLookup.temporary + "192.0.2.4: Connection refused)"), 4
            ),
            // As in glibc, the first three servers count.
            (
                ["192.0.2.4", "192.0.2.4", "192.0.2.4", "192.0.2.2"], "options timeout:1 attempts:1", "ok",
                .failure(NameLookup.temporary), 8
            ),
        ]
        try await NameServerLab.withPair { named in
            try await NameServerLab.concurrently(cases) { servers, options, label, expectation, limit in
                let lines = servers.map { "nameserver \($0)\n" }.joined() + options
                let outcome = try await named.run("ping -n -c 1 \(label).test", .init(lines), limit: limit)
                NameLookup.check(outcome, "\(label).test", expectation, " at \(servers), \(options)")
            }
            // Without resolv.conf the server is this host's own, where none is.
            let none = try await named.run("ping -n -c 1 ok.test", .init(""), limit: 4)
            NameLookup.check(none, "ok.test", .failure(NameLookup.temporary), " without a server")
        }
    }

    @Test("-w counts the time of the lookup")
    func deadlines() async throws {
        let late = NameLookup.temporary + "no answer before the deadline)"
        try await NameServerLab.withPair { named in
            let both = [NameServerLab.Files.slow, .hanging]
            let single = both.flatMap { files in ["ping", "arping"].map { ($0, files) } }
            try await NameServerLab.concurrently(single) { command, files in
                let outcome = try await named.run("\(command) -w 1 silent.test", files, limit: 4)
                #expect(
                    outcome.status == 2 && outcome.output.isEmpty
                        && outcome.errors == "\(command): silent.test: \(late)\n", "\(outcome)")
            }
            let urls = both.flatMap { files in ["http-probe", "http-fingerprint"].map { ($0, files) } }
            try await NameServerLab.concurrently(urls) { command, files in
                let outcome = try await named.run("\(command) -w 1 http://silent.test/", files, limit: 4)
                #expect(outcome.status == 2 && outcome.output.contains("http://silent.test/  "), "\(outcome)")
                let json = try await named.run(
                    "\(command) -j -w 1 http://silent.test/ http://192.0.2.2:9/", files, limit: 4)
                #expect(json.status == 2 && json.summary?["unresolved"] == "1", "\(json)")
                let kinds = Set(json.objects("failure").compactMap { $0["kind"] })
                #expect(kinds == ["name", "connection"], "\(json)")
            }
            // Every name that has no address by then is reported, and is a target that could not be checked.
            let sweeps =
                both.map { ("silent.test silent-2.test", $0, Int32(2)) }
                + ["", "-c 1 ", "-j "].map { ("\($0)192.0.2.2 silent.test", .slow, 2) }
            try await NameServerLab.concurrently(sweeps) { arguments, files, status in
                let outcome = try await named.run("ping -w 1 \(arguments)", files, limit: 4)
                let names = arguments.split(separator: " ").filter { $0.hasPrefix("silent") }
                #expect(
                    outcome.status == status && names.allSatisfy { outcome.errors.contains("ping: \($0): ") },
                    "ping -w 1 \(arguments): \(outcome)")
                #expect(!arguments.contains("192.0.2.2") || outcome.output.contains("192.0.2.2"), "\(outcome)")
            }
            // What is left of the time is for the probes.
            let left = try await named.run("ping -n -w 1 -i 0.1 ok-500.test", .slow, limit: 4)
            let sent = left.output.firstMatch(of: #/([0-9]+) packets transmitted, ([0-9]+) received/#)
            #expect(
                left.status == 0 && sent.flatMap { Int($0.output.1) }.map { (1...6).contains($0) } == true, "\(left)")
        }
    }

    @Test("200 names: each failure is reported, the others are probed, and 64 lookups are under way at most")
    func bulk() async throws {
        let names = (1...200).map { number in
            let label =
                number % 20 == 3 ? "nxdomain" : number % 20 == 7 ? "servfail" : number % 20 == 11 ? "nodata" : "ok"
            return "\(label)-200-a\(number).test"
        }
        let failing = names.filter { !$0.hasPrefix("ok") }
        try await NameServerLab.withPair { named in
            @Sendable func check(_ outcome: Lab.Outcome, _ command: String) {
                let lines = outcome.errors.split(separator: "\n")
                for name in failing {
                    let reason =
                        name.hasPrefix("nx")
                        ? NameLookup.unknown : name.hasPrefix("no") ? NameLookup.noAddress : NameLookup.temporary
                    #expect(
                        lines.count { $0.hasPrefix("\(command): \(name): \(reason)") } == 1,
                        "\(name): \(outcome.errors)")
                }
                #expect(lines.count == failing.count, "\(outcome.errors)")
            }
            let sweep = try await named.run(["ping", "-j"] + names)
            check(sweep, "ping")
            #expect(sweep.objects("host").filter { $0["alive"] == "true" }.count == 170 && sweep.status == 2)
            // In the order in which they were given, but for those that are late.
            let first = try await named.queries()
            #expect(first.count == 400)
            let list = "# names\n" + names.joined(separator: "\n") + "\n"
            let scan = try await named.run(["tcp-syn-scan", "-j", "-p", "80", "--targets", "-"], input: list)
            check(scan, "tcp-syn-scan")
            // Some targets could not be scanned.
            #expect(scan.summary?["hosts"] == "170" && scan.summary?["closed"] == "170", "\(scan.output)")
            #expect(scan.status == 2, "\(scan.status)")
            let all = try await named.queries()
            let most = all.map(\.pending).max() ?? 0
            #expect(most > 32 && most <= 64, "\(most)")
            // Queries that are under way at the same time come from different ports (RFC 5452, section 9.2).
            #expect(Set(all.map(\.port)).count > 16)
        }
    }
}
