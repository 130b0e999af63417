import Testing

/// Names over `--stack user`: the user-space host queries the name servers with its own datagrams.
@Suite("names over the user-space host's UDP")
struct NameServerStackTests {
    /// A user-space host at 192.0.2.50 beside the kernel's 192.0.2.1.
    private static let own = "http-probe --http-first --stack user -I va --source 192.0.2.50 --no-check -j"

    /// Returns the line of a name in JSON.
    private static func line(_ outcome: Lab.Outcome, _ name: String) -> Substring {
        outcome.lines.first { $0.contains("\"http://\(name)/\"") } ?? ""
    }

    /// What a name comes to: port 80 of the address is closed.
    private static let replies: [(label: String, expected: String)] = [
        ("ok", "192.0.2.2"), ("truncated", "192.0.2.2"), ("tcdrip", "192.0.2.2"), ("chain-20", "192.0.2.2"),
        ("upper", "192.0.2.2"), ("twice", "192.0.2.2"), ("wide", "198.18.1."),
        // False replies that come before the true one: another identification or question, another source.
        ("otheridfirst", "192.0.2.2"), ("otherquestionfirst", "192.0.2.2"), ("forged", "192.0.2.2"),
        // False replies alone.
        ("otherid", NameLookup.noReply), ("otherquestion", NameLookup.noReply), ("othertype", NameLookup.noReply),
        ("reflected", NameLookup.noReply), ("garbage", NameLookup.noReply), ("header", NameLookup.noReply),
        ("silent", NameLookup.noReply), ("nxdomain", NameLookup.unknown),
        ("servfail", NameLookup.temporary + "server failure at 192.0.2.2)"),
        ("refused", NameLookup.temporary + "query refused by 192.0.2.2)"),
        ("counts", NameLookup.temporary + "malformed reply from 192.0.2.2)"),
        ("pointers", NameLookup.temporary + "malformed reply from 192.0.2.2)"),
        ("circle", NameLookup.temporary + "alias loop in replies from 192.0.2.2)"),
        ("tcclose", NameLookup.temporary + "truncated reply from 192.0.2.2, and none by TCP)"),
        ("tcreset", NameLookup.temporary + "truncated reply from 192.0.2.2, and none by TCP)"),
    ]

    @Test("queries leave from the host's own address, and spoofed replies are ignored")
    func replies() async throws {
        try await NameServerLab.withPair { named in
            let names = Self.replies.map { "\($0.label).test" }
            let outcome = try await named.run("\(Self.own) \(names.joined(separator: " "))")
            #expect(outcome.status == 2 && NameLookup.isPrintable(outcome), "\(outcome)")
            for (label, expected) in Self.replies {
                let line = Self.line(outcome, "\(label).test")
                #expect(line.contains(expected) && !line.contains("192.0.2.66"), "\(label): \(line)")
            }
            let queries = try await named.queries()
            #expect(Set(queries.map(\.client)) == ["192.0.2.50"], "\(queries)")
            #expect(Set(names).isSubset(of: queries.map { "\($0.name)" }))
            let datagrams = queries.filter { $0.transport == "udp" }
            #expect(Set(datagrams.map(\.port)).count == datagrams.count && datagrams.allSatisfy { $0.type == "A" })
            #expect(queries.contains { $0.transport == "tcp" && $0.name == "truncated.test" })
        }
    }

    @Test("the hosts file, the search list, several servers, and servers on this system")
    func configuration() async throws {
        try await NameServerLab.withPair { named in
            let searched = NameServerLab.Files("nameserver 192.0.2.2", "search missing test", "options timeout:1")
            let outcome = try await named.run("\(Self.own) http://fromfile http://if-test", searched)
            #expect(outcome.status == 1 && Self.line(outcome, "fromfile").contains("192.0.2.2"), "\(outcome)")
            #expect(Self.line(outcome, "if-test").contains("192.0.2.2"), "\(outcome)")
            var queries = try await named.queries()
            #expect(queries.map { "\($0.name)" } == ["if-test.missing", "if-test.test"], "\(queries)")
            // Nothing listens at 192.0.2.4, and 192.0.2.5 never answers.
            let several = NameServerLab.Files(
                "nameserver 192.0.2.4", "nameserver 192.0.2.5", "nameserver 192.0.2.2", "options timeout:1")
            let third = try await named.run("\(Self.own) ok-n3.test", several)
            #expect(third.status == 1 && Self.line(third, "ok-n3.test").contains("192.0.2.2"), "\(third)")
            let direct = try await named.run(
                "\(Self.own) ok-n4.test", .init("nameserver 192.0.2.2", "options use-vc timeout:1"))
            #expect(direct.status == 1, "\(direct)")
            queries = try await named.queries()
            #expect(queries.last?.transport == "tcp" && Set(queries.map(\.client)) == ["192.0.2.50"], "\(queries)")
            // The kernel queries a server that only it can reach.
            let other = try await named.run(
                "http-probe --http-first --stack user -I va --source 203.0.113.5/24 --no-check -j ok-n5.test", .quick)
            queries = try await named.queries()
            #expect(queries.last?.name == "ok-n5.test" && queries.last?.client == "192.0.2.1", "\(other) \(queries)")
        }
    }
}
