import Testing

/// Names by a DNS server whose replies are malformed, forged, truncated or missing; see `NameServer/server.py`.
@Suite("replies of name servers")
struct NameServerReplyTests {
    /// The first label of a name, and what a lookup of it comes to.
    private static let replies: [(String, NameLookup.Expectation)] = [
        ("ok", .address("192.0.2.2")), ("six", .address("2001:db8::2")), ("both", .address("2001:db8::2")),
        ("silent", .failure(NameLookup.noReply + "192.0.2.2)")), ("nxdomain", .failure(NameLookup.unknown)),
        ("nodata", .failure(NameLookup.noAddress)),
        ("servfail", .failure(NameLookup.temporary)), ("refused", .failure(NameLookup.temporary)),
        ("notimp", .failure(NameLookup.temporary)),
        ("formerr", .failure(NameLookup.temporary)),
        // AAAA is asked for in vain, or A is.
        ("halfsilent", .address("192.0.2.2")), ("halfservfail", .address("192.0.2.2")),
        ("halfnotimp", .address("192.0.2.2")), ("halfrefused", .address("192.0.2.2")),
        ("halfnxdomain", .address("192.0.2.2")), ("lastservfail", .address("2001:db8::2")),
        // Truncated replies, fetched by TCP.
        ("truncated", .address("192.0.2.2")), ("tcdrip", .address("192.0.2.2")), ("many", .address("198.18.1.1")),
        ("wide", .address("198.18.1.1")), ("tcclose", .failure(NameLookup.temporary)),
        ("tcreset", .failure(NameLookup.temporary)),
        ("tcshort", .failure(NameLookup.temporary)), ("tcsilent", .failure(NameLookup.temporary)),
        // Bytes that are no reply to this query: the query goes unanswered.
        ("garbage", .failure(NameLookup.noReply)), ("marked", .failure(NameLookup.noReply)),
        ("nothing", .failure(NameLookup.noReply)),
        ("short", .failure(NameLookup.noReply)), ("header", .failure(NameLookup.noReply)),
        ("headless", .failure(NameLookup.noReply)),
        ("otherquestion", .failure(NameLookup.noReply)), ("othertype", .failure(NameLookup.noReply)),
        ("otherid", .failure(NameLookup.noReply)),
        ("reflected", .failure(NameLookup.temporary)),
        // False replies that come before the true one.
        ("otheridfirst", .address("192.0.2.2")), ("otherquestionfirst", .address("192.0.2.2")),
        ("forged", .address("192.0.2.2")), ("twice", .address("192.0.2.2")),
        // The case of the letters does not matter (RFC 1035, section 2.3.3).
        ("upper", .address("192.0.2.2", canonicalName: "UPPER.TEST")),
        // Replies that are malformed behind their question.
        ("counts", .anyFailure), ("selfpointer", .anyFailure), ("pointers", .anyFailure), ("forward", .anyFailure),
        ("longname", .anyFailure), ("badlength", .anyFailure), ("overrun", .anyFailure), ("chaos", .anyFailure),
        ("otherowner", .anyFailure),
        // Aliases.
        ("self", .anyFailure), ("circle", .anyFailure), ("dangling", .anyFailure),
        ("chain-20", .address("192.0.2.2", canonicalName: "c19.test")), ("control", .addressOrFailure("192.0.2.2")),
    ]

    @Test("a reply of any kind is an address or a reason, and never a hang")
    func replies() async throws {
        try await NameServerLab.withPair { named in
            try await NameServerLab.concurrently(Self.replies) { label, expectation in
                let name = "\(label).test"
                let outcome = try await named.run("ping -n -c 1 \(name)")
                NameLookup.check(outcome, name, expectation)
            }
            // A truncated reply, and a server without TCP.
            let outcome = try await named.run(
                "ping -n -c 1 truncated.test", .init("nameserver 192.0.2.3", "options timeout:1 attempts:1"))
            NameLookup.check(
                outcome, "truncated.test", .failure(NameLookup.temporary + "192.0.2.3: Connection refused)"))
            // Extensions that the server does not know (RFC 6891, section 7).
            let extended = try await named.run(
                "ping -n -c 1 noedns.test", .init("nameserver 192.0.2.2", "options timeout:1 attempts:1 edns0"))
            NameLookup.check(extended, "noedns.test", .address("192.0.2.2"), " with EDNS")
        }
    }

    /// Commands, their exit status for a name without an address and for one whose port 80 is closed, and what they
    /// print for the latter.
    private static let commands: [(arguments: String, missing: Int32, found: Int32, mark: String)] = [
        ("traceroute -n", 2, 0, "(192.0.2.2)"), ("traceroute -n --report --cycles 1", 2, 0, "192.0.2.2"),
        ("tcp-syn-scan -j --all -p 80", 2, 1, #""addr":"192.0.2.2""#),
        ("http-probe --http-first -j", 2, 1, #""addr":"192.0.2.2""#),
        ("http-fingerprint -j", 2, 1, "connection refused"), ("arping -c 1 -f", 2, 0, "reply from 192.0.2.2 "),
    ]

    @Test("every command reports why a name has no address")
    func commands() async throws {
        let labels: [(String, reason: String?)] = [
            ("ok", nil), ("truncated", nil), ("forged", nil), ("chain-20", nil), ("silent", NameLookup.noReply),
            ("servfail", NameLookup.temporary), ("nxdomain", NameLookup.unknown), ("nodata", NameLookup.noAddress),
            ("header", NameLookup.noReply), ("circle", ""), ("pointers", ""), ("tcclose", NameLookup.temporary),
        ]
        try await NameServerLab.withPair { named in
            let all = Self.commands.flatMap { command in labels.map { (command, $0) } }
            try await NameServerLab.concurrently(all) { command, label in
                let (name, reason) = ("\(label.0).test", label.reason)
                let outcome = try await named.run("\(command.arguments) \(name)")
                #expect(NameLookup.isPrintable(outcome), "\(outcome)")
                let all = outcome.output + outcome.errors
                if let reason {
                    // With one family the reason may be that the other is not wanted.
                    let other = "Address family for hostname not supported"
                    let reasons = reason == NameLookup.noAddress ? [reason, other] : [reason]
                    #expect(
                        outcome.status == command.missing && all.contains(name)
                            && reasons.contains { all.contains($0) },
                        "\(command.arguments) \(name): \(outcome)")
                } else {
                    #expect(
                        outcome.status == command.found && all.contains(command.mark),
                        "\(command.arguments) \(name): \(outcome)")
                }
            }
            let many = try await named.run("tcp-syn-scan -j -p 80 many.test")
            #expect(many.status == 1 && many.summary?["hosts"] == "1", "\(many)")
            for command in ["traceroute -n", "http-probe --http-first"] {
                let outcome = try await named.run("\(command) many.test")
                #expect(outcome.status < 2 && outcome.errors.isEmpty, "\(outcome)")
            }
        }
    }

    @Test("a sweep reports each name that has no address, and pings the others")
    func sweep() async throws {
        let failing: [(String, String)] = [
            ("silent", NameLookup.noReply), ("servfail", NameLookup.temporary), ("nxdomain", NameLookup.unknown),
            ("nodata", NameLookup.noAddress), ("circle", ""), ("garbage", NameLookup.noReply), ("pointers", ""),
        ]
        try await NameServerLab.withPair { named in
            let names = (failing.map(\.0) + ["ok", "both", "ok-a7", "truncated-a8", "forged-a10"]).map { "\($0).test" }
            let outcome = try await named.run(["ping"] + names + ["198.18.2.9"])
            for (label, reason) in failing {
                let count = outcome.errors.split(separator: "\n").count {
                    $0.hasPrefix("ping: \(label).test: \(reason)")
                }
                #expect(count == 1, "\(label): \(outcome)")
            }
            for target in ["ok.test", "both.test", "ok-a7.test", "truncated-a8.test", "forged-a10.test", "198.18.2.9"] {
                #expect(outcome.output.contains("\(target) is alive "), "\(target): \(outcome)")
            }
            #expect(outcome.status == 2 && NameLookup.isPrintable(outcome), "\(outcome)")
        }
    }

    @Test("a TCP connection that ends or breaks costs no other lookup", arguments: [1, 2])
    func connections(attempts: Int) async throws {
        let files = NameServerLab.Files("nameserver 192.0.2.2", "options timeout:2 attempts:\(attempts)")
        let others = ["ok-400-a1", "ok-200-a2", "truncated-400-a3", "truncated-200-a4", "forged-a5"].map {
            "\($0).test"
        }
        try await NameServerLab.withPair { named in
            // `tcfin` has its answer before the connection ends; the others break it.
            let broken = ["tcclose", "tcreset-60", "tcshort-120", "tcreset-180"].map { "\($0).test" }
            let outcome = try await named.run(["ping", "tcfin.test"] + others + broken + ["servfail-300.test"], files)
            for name in ["tcfin.test"] + others {
                #expect(outcome.output.contains("\(name) is alive "), "\(name): \(outcome)")
            }
            for name in broken {
                #expect(outcome.errors.contains("ping: \(name): \(NameLookup.temporary)"), "\(name): \(outcome)")
            }
            // The reason is its own, and not that of a connection.
            let line = outcome.errors.split(separator: "\n").first { $0.hasPrefix("ping: servfail-300.test: ") }
            #expect(line.map { $0.contains("server failure") && !$0.contains("onnection") } == true, "\(outcome)")
        }
    }
}
