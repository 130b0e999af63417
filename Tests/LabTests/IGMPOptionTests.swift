import Testing

/// The effect of options of `igmp-join` and `igmp-query`, and the arguments that they refuse.
@Suite("options of igmp-join and igmp-query")
struct IGMPOptionTests {
    @Test("igmp-join: excluded sources, repetitions, explanations, and a summary alone")
    func joinOptions() async throws {
        try await Lab.with(.pair.and("mount -t tmpfs none /mnt")) { lab in
            func join(_ arguments: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a", [Binary.swiftNet, "igmp-join"] + arguments.split(separator: " ").map(String.init))
            }
            for exclude in ["--exclude 192.0.2.7", "--exclude=192.0.2.7", "--exclude --source 192.0.2.7"] {
                let outcome = try await join("\(exclude) 239.1.2.3 --robustness 1 -I va -v --explain 1 -w 0.4")
                #expect(outcome.output.contains(" on va by IGMPv3, sources: all but 192.0.2.7\n"), "\(outcome)")
                #expect(outcome.output.contains("\nsent ") || outcome.output.hasPrefix("sent "), "\(outcome)")
                #expect(outcome.lines.count { $0.hasPrefix("Sent ") && $0.contains("to_ex") } == 1, "\(outcome)")
            }
            let quiet = try await join("-q 239.1.2.3 --deadline 0.2 --version 2")
            #expect(quiet.lines.count == 2 && quiet.lines[0].hasPrefix("--- 1 group on va, 0.2"), "\(quiet)")
            let json = try await join("-j -q 239.1.2.3 --duration 0.2")
            #expect(json.lines.count == 1 && json.summary?["time"]?.hasSuffix("Z") == true, "\(json)")
        }
    }

    @Test("igmp-query: several queries, the family, an early end, and a summary alone")
    func queryOptions() async throws {
        try await Lab.with(.pair.and("mount -t tmpfs none /mnt")) { lab in
            func ask(_ arguments: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a", [Binary.swiftNet, "igmp-query"] + arguments.split(separator: " ").map(String.init))
            }
            let twice = try await ask("-4 -c 2 --response 0.1 --listen 0 -I va -v --explain 1 --pcap /mnt/p -w 9")
            #expect(
                twice.lines.count { $0 == "Sent IGMPv3 general query, reports within 0.1 s, on va" } == 2, "\(twice)")
            #expect(twice.output.contains("sent ") && twice.status == 1, "\(twice)")
            let capture = try await lab.run("a", [Binary.swiftNet, "decode", "-q", "/mnt/p", "igmp"])
            #expect(capture.output.hasPrefix("2 "), "\(capture)")
            let early = try await ask("-q -w 0.2")
            #expect(early.status == 1 && early.output.hasPrefix("0 groups, 0 hosts; 0 queries sent"), "\(early)")
            let json = try await ask("-j --listen 0 --response 0.1")
            let untimed = json.lines.map { JSONLine(text: String($0)) }.filter { $0["time"]?.hasSuffix("Z") != true }
            #expect(json.objects("query").first?["interface"] == "va" && untimed.isEmpty, "\(json)")
            let late = try await ask("--force --listen 0.5 --response 0.1 -w 0.3")
            #expect(late.output.hasPrefix("0 groups, 0 hosts; 0 queries sent"), "\(late)")
            let quiet = try await ask("-j -q --listen 0 --response 0.1")
            #expect(quiet.lines.count == 1 && quiet.summary?["queries"] == "1", "\(quiet)")
        }
    }

    @Test("arguments that mean nothing end with status 2 and say why")
    func usage() async throws {
        for (command, arguments, part) in [
            ("igmp-join", "192.0.2.1", "192.0.2.1: not a multicast group"),
            ("igmp-join", "224.0.0.1", "224.0.0.1: never reported"),
            ("igmp-join", "ff02::1", "ff02::1: never reported"),
            ("igmp-join", "", "no GROUP given (expected a multicast address)"),
            ("igmp-join", "ff05::1 --version 3", "invalid value '3' for --version (expected 1 or 2, MLD,"),
            ("igmp-join", "239.1.2.3 --version 4", "invalid value '4' for --version (expected 1, 2 or 3)"),
            ("igmp-join", "239.1.2.3 --version 2 --source 192.0.2.1", "--source cannot be used with IGMPv2"),
            (
                "igmp-join", "239.1.2.3 --source 2001:db8::1",
                "--source 2001:db8::1 is of another address family than 239.1.2.3"
            ),
            (
                "igmp-join", "239.1.2.3 --source 239.1.2.3",
                "invalid value '239.1.2.3' for --source (expected a unicast address)"
            ),
            (
                "igmp-join", "239.1.2.3 --exclude=x",
                "invalid value 'x' for --exclude (expected a unicast address)"
            ),
            ("igmp-join", "239.1.2.3 --exclude", "--exclude requires --source"),
            ("igmp-join", "239.1.2.3 --kernel --version 2", "--version cannot be used with --kernel"),
            ("igmp-join", "--robustness 3 239.1.2.3 --kernel", "--robustness cannot be used with --kernel"),
            ("igmp-join", "239.1.2.3 --robustness 8", "invalid value '8' for --robustness (expected 1 to 7)"),
            ("igmp-join", "239.1.2.3 --duration soon", "invalid value 'soon' for --duration (expected a duration"),
            ("igmp-join", "239.1.2.3 -w nan", "invalid value 'nan' for -w (expected a duration"),
            ("igmp-join", "239.1.2.3 -c 0", "invalid value '0' for -c (expected a whole number, 1 or more)"),
            ("igmp-join", "239.1.2.3 -I lo -I none", "interface lo is not an Ethernet interface"),
            ("igmp-join", "239.1.2.3 -I lo", "interface lo is not an Ethernet interface"),
            ("igmp-query", "-4 -6", "-4 cannot be used with -6"),
            ("igmp-query", "-6 239.1.2.3", "-6 cannot be used with 239.1.2.3"),
            ("igmp-query", "239.1.2.3 239.1.2.4", "239.1.2.4: only one group can be queried at a time"),
            ("igmp-query", "--source 192.0.2.1", "--source requires GROUP"),
            ("igmp-query", "--version 1 239.1.2.3", "--version 1 cannot be used with GROUP"),
            ("igmp-query", "--version 1 --response 5", "--response cannot be used with --version 1"),
            ("igmp-query", "--response 1y", "invalid value '1y' for --response (expected a duration"),
            (
                "igmp-query", "--version 2 --response 26",
                "invalid value '26' for --response (expected 0.1 to 25.5 seconds)"
            ),
        ] {
            let outcome = try await Lab.run(
                [Binary.swiftNet, command] + arguments.split(separator: " ").map(String.init))
            #expect(outcome.status == 2 && outcome.errors.contains(part), "\(command) \(arguments): \(outcome)")
        }
    }
}
