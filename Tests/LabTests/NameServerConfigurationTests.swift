import Testing

/// What is asked of which server: resolv.conf, the environment, nsswitch.conf with getent, and the form of names.
@Suite("configuration of name resolution")
struct NameServerConfigurationTests {
    @Test("whatever getent prints is an address or a reason")
    func getent() async throws {
        // As getent, it prints the numeric addresses between the names as they are.
        let script = #"""
            #!/bin/sh
            case $2 in
            missing*) exit 2 ;;
            broken*) exit 127 ;;
            endless*) exec yes not an address ;;
            binary*) head -c 4096 /dev/urandom; exit ;;
            first*) printf '%s STREAM %s\n%s STREAM %s\n' $3 $3 $4 $4; exit ;;
            escape*) printf '192.0.2.2 STREAM e\033[31mvil\n%s STREAM %s\n' $3 $3; exit ;;
            198.18.50.1) printf '198.18.50.1 e\033[31mvil\n'; exit ;;
            esac
            """#
        let files = NameServerLab.Files("nameserver 192.0.2.2", services: "files resolve [!UNAVAIL=return] dns")
            .and("/usr/bin/getent", script)
        try await NameServerLab.withPair { named in
            let cases: [(String, NameLookup.Expectation)] = [
                ("missing.test", .failure(NameLookup.unknown)), ("endless.test", .failure(NameLookup.unknown)),
                ("binary.test", .failure(NameLookup.unknown)), ("first.test", .failure(NameLookup.unknown)),
                ("nothing.test", .failure(NameLookup.unknown)),
                ("escape.test", .address("192.0.2.2", canonicalName: #"e\x1b[31mvil"#)),
                // It cannot be run: files and DNS are left.
                ("broken.test", .failure(NameLookup.unknown)),
            ]
            try await NameServerLab.concurrently(cases) { name, expectation in
                NameLookup.check(try await named.run("ping -n -c 1 \(name)", files), name, expectation, " by getent")
            }
            #expect(Set(try await named.queries().map(\.name)) == ["broken.test"])
            for command in ["ping -H -c 1", "traceroute", "traceroute --report --cycles 1", "traceroute -j"] {
                let outcome = try await named.run("\(command) 198.18.50.1", files)
                #expect(
                    outcome.status == 0 && NameLookup.isPrintable(outcome) && outcome.output.contains("[31mvil"),
                    "\(command): \(outcome)")
            }
        }
    }

    @Test("search lists, ndots and the variables of the environment, as resolv.conf(5) has them")
    func search() async throws {
        let base = ["nameserver 192.0.2.2", "options timeout:1 attempts:1"].joined(separator: "\n")
        let search = "\nsearch one.test two.test"
        /// A name, resolv.conf, the environment and the queries for A, in their order; the last is answered or not.
        let cases: [(name: String, file: String, environment: [String], queries: [String], isFound: Bool)] = [
            ("if-two", base + search, [], ["if-two.one.test", "if-two.two.test"], true),
            ("if-none", base + search, [], ["if-none.one.test", "if-none.two.test", "if-none"], false),
            ("if-x.y", base + search, [], ["if-x.y", "if-x.y.one.test", "if-x.y.two.test"], false),
            (
                "if-a.b", base + search + "\noptions ndots:2", [], ["if-a.b.one.test", "if-a.b.two.test", "if-a.b"],
                false
            ),
            ("if-test.test", base + search, [], ["if-test.test"], true),
            ("if-dot.", base + search, [], ["if-dot"], false),
            ("if-three.", base, [], ["if-three"], false),
            ("ok-1.test.", base + search, [], ["ok-1.test"], true),
            ("if-last", base + search + "\nsearch last.test", [], ["if-last.last.test"], true),
            ("if-domain", base + search + "\ndomain domain.test", [], ["if-domain.domain.test"], true),
            ("if-env", base + search, ["LOCALDOMAIN=no.test env.test"], ["if-env.no.test", "if-env.env.test"], true),
            (
                "if-c.d", base + search, ["RES_OPTIONS=ndots:3"], ["if-c.d.one.test", "if-c.d.two.test", "if-c.d"],
                false
            ),
            // A name that is there without an address, and a server that fails, do not end the search.
            ("nodata-1", base + search, [], ["nodata-1.one.test", "nodata-1.two.test", "nodata-1"], false),
            ("servfail-1", base + search, [], ["servfail-1.one.test", "servfail-1.two.test", "servfail-1"], false),
            // A server that is silent does.
            ("silent-1", base + search, [], ["silent-1.one.test"], false),
        ]
        try await NameServerLab.withPair { named in
            try await NameServerLab.concurrently(cases) { name, file, environment, _, isFound in
                let outcome = try await named.run("ping -4 -n -c 1 \(name)", .init(file), environment: environment)
                #expect(outcome.status == (isFound ? 0 : 2), "\(name): \(outcome)")
            }
            let queries = try await named.queries()
            for entry in cases {
                let first = entry.name.split(separator: ".").first ?? ""
                let asked = queries.filter { $0.type == "A" && $0.name.split(separator: ".").first == first }
                #expect(asked.map { String($0.name) } == entry.queries, "\(entry.name)")
            }
            #expect(queries.allSatisfy { $0.type == "A" && $0.transport == "udp" })
        }
    }

    @Test("rotate, use-vc and no-aaaa, from the file and from the environment")
    func options() async throws {
        let two = "nameserver 192.0.2.2\nnameserver 192.0.2.3\noptions timeout:1 attempts:1"
        try await NameServerLab.withPair { named in
            let names = { (word: String) in (1...6).map { "ok-0-\(word)\($0).test" } }
            let runs: [(String, NameServerLab.Files, [String])] = [
                ("plain", .init(two), []), ("rotate", .init(two + " rotate"), []),
                ("environment", .init(two), ["RES_OPTIONS=rotate"]), ("stream", .quick, ["RES_OPTIONS=use-vc"]),
                ("single", .init(two + "\noptions no-aaaa"), []),
            ]
            for (word, files, environment) in runs {
                let outcome = try await named.run(["ping", "-n"] + names(word), files, environment: environment)
                #expect(outcome.status == 0, "\(outcome)")
            }
            let queries = try await named.queries()
            func asked(_ word: String) -> [NameServerLab.Query] { queries.filter { $0.name.contains("-\(word)") } }
            #expect(Set(asked("plain").map(\.server)) == ["192.0.2.2"])
            #expect(
                Set(asked("plain").map(\.type)) == ["A", "AAAA"] && asked("plain").allSatisfy { $0.transport == "udp" })
            #expect(Set(asked("rotate").map(\.server)) == ["192.0.2.2", "192.0.2.3"])
            #expect(Set(asked("environment").map(\.server)) == ["192.0.2.2", "192.0.2.3"])
            #expect(asked("stream").count == 12 && asked("stream").allSatisfy { $0.transport == "tcp" })
            #expect(asked("single").count == 6 && asked("single").allSatisfy { $0.type == "A" })
        }
    }

    @Test("names that no server is asked for, and the form of those it is asked for")
    func names() async throws {
        let long = String(repeating: "x", count: 64) + ".test"
        let longest = Array(repeating: String(repeating: "y", count: 49), count: 5).joined(separator: ".") + ".test"
        try await NameServerLab.withPair { named in
            for name in [
                "localhost", "LOCALHOST", "localhost.", "x.localhost", "x.y.localhost.", "localhost.localdomain",
            ] {
                for command in ["ping -n -c 1", "traceroute -n", "ping -4 -n -c 1", "ping -6 -n -c 1"] {
                    let outcome = try await named.run("\(command) \(name)")
                    #expect(outcome.status == 0, "\(command) \(name): \(outcome)")
                    #expect(outcome.output.contains("127.0.0.1") || outcome.output.contains("::1"), "\(outcome)")
                }
            }
            for name in [long, "a..test", ".test", longest] {
                let outcome = try await named.run("ping -c 1 \(name)")
                #expect(outcome.status == 2 && outcome.errors == "ping: \(name): \(NameLookup.unknown)\n", "\(outcome)")
            }
            // A blank or a control byte is a mistake, or an attack on a terminal.
            for (name, shown) in [
                ("a b.test", "a b.test"), ("a\u{1B}[31mb.test", #"a\x1b[31mb.test"#), ("a\nb.test", #"a\x0ab.test"#),
                ("a\tb.test", #"a\x09b.test"#), ("a\u{7F}.test", #"a\x7f.test"#), ("ok.test ", "ok.test "),
            ] {
                for command in [
                    ["ping", "-c", "1"], ["traceroute"], ["arping", "-c", "1"], ["tcp-syn-scan", "-p", "80"],
                    ["http-probe"],
                    ["http-fingerprint"],
                    // Blanks around a URL are not part of it.
                ] where !name.hasSuffix(" ") || !command[0].hasPrefix("http") {
                    let outcome = try await named.run(command + [name])
                    #expect(
                        outcome.status == 2 && NameLookup.isPrintable(outcome) && outcome.errors.contains(shown),
                        "\(command): \(outcome)")
                }
                let sweep = try await named.run(["ping", name, "192.0.2.2"])
                #expect(
                    sweep.status > 0 && NameLookup.isPrintable(sweep) && sweep.errors.contains("ping: \(shown): "),
                    "\(sweep)"
                )
            }
            #expect(try await named.queries().isEmpty)

            for name in ["bücher.test", "BÜCHER.test", "bu\u{308}cher.test", "bücher.test."] {
                let outcome = try await named.run(["ping", "-n", "-c", "1", name])
                #expect(outcome.status == 0 && outcome.output.contains(" (192.0.2.2) "), "\(name): \(outcome)")
            }
            let asked = try await named.queries()
            #expect(asked.count == 8 && asked.allSatisfy { $0.name == "xn--bcher-kva.test" }, "\(asked)")
        }
    }
}
