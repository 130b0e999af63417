import Testing

/// How commands read targets: forms of addresses, and lists.
@Suite("targets in the lab")
struct TargetTests {
    private static let layout = Lab.Layout.pair.and("ip -n b route add local 198.18.0.0/22 dev lo")

    @Test("the only target may have any form of inet_aton(3)")
    func inetAton() async throws {
        try await Lab.with(.pair) { lab in
            let ping = try await lab.ping("a", "-c1 127.1")
            #expect(ping.output.hasPrefix("PING 127.1 (127.0.0.1) 56(84) bytes of data.\n64 bytes from 127.0.0.1: "))
            #expect(ping.output.contains("--- 127.1 ping statistics ---") && ping.status == 0)
            for text in ["0", "2130706433", "0x7f.1", "0177.0.0.1"] {
                let outcome = try await lab.ping("a", "-c1 \(text)")
                #expect(outcome.output.hasPrefix("PING \(text) (127.0.0.1) ") && outcome.status == 0, "\(outcome)")
            }
            let alive = try await lab.ping("a", "--alive 192.0.514")
            #expect(alive.output == "192.0.2.2\n" && alive.status == 0, "\(alive)")
            let trace = try await lab.traceroute("a", "-n 192.0.514")
            #expect(trace.output.hasPrefix("traceroute to 192.0.514 (192.0.2.2), ") && trace.status == 0, "\(trace)")
            let arping = try await lab.run("a", [Binary.swiftNet, "arping", "-c1", "192.0.514"])
            #expect(arping.output.contains("192.0.2.2") && arping.status == 0, "\(arping)")
            let scan = try await lab.scan("-j --all -p 80 0xc0000202")
            #expect(scan.objects("port").map { $0["addr"] } == ["192.0.2.2"], "\(scan)")
            let silent = try await lab.run(
                "a", [Binary.swiftNet, "arping", "-I", "va", "--probe", "192.0.777"])
            #expect(silent.output.contains("192.0.3.9") && silent.status == 0, "\(silent)")
            for text in ["0xe9fc0101", "233.252.257", "0351.0374.1.1"] {
                let join = try await lab.run(
                    "a", [Binary.swiftNet, "igmp-join", "-I", "va", "--duration", "0.1", text])
                #expect(join.output.hasPrefix("Joined 233.252.1.1 on va"), "\(text): \(join)")
                let query = try await lab.run(
                    "a", [Binary.swiftNet, "igmp-query", "-jI", "va", "--force", "--response", "0.1", text])
                #expect(query.status == 1 && query.errors.isEmpty, "\(text): \(query)")
            }
            let groups = try await lab.run("a", [Binary.swiftNet, "igmp-join", "233.252.257", "233.252.0.2"])
            #expect(
                groups.status == 2
                    && groups.errors
                        == "igmp-join: 233.252.257: an abbreviation of 233.252.1.1, accepted only for a single target\n",
                "\(groups)")
            let refusal = "127.1: an abbreviation of 127.0.0.1, accepted only for a single target\n"
            for (command, arguments) in [
                ("ping", "127.1 192.0.2.2"), ("traceroute", "127.1 192.0.2.2"),
                ("tcp-syn-scan", "-p 80 127.1 192.0.2.2"),
                ("tcp-syn-scan", "-p 80 192.0.2.2 --exclude 127.1"), ("address", "127.1 192.0.2.2"),
            ] {
                let many = try await lab.run(
                    "a", [Binary.swiftNet, command] + arguments.split(separator: " ").map(String.init))
                #expect(many.errors == "\(command): \(refusal)" && many.status == 2, "\(arguments): \(many)")
            }
        }
    }

    @Test("numbers that are no address are not looked up as names")
    func numbers() async throws {
        try await Lab.with(.pair) { lab in
            for text in ["0x7f.1.1.1.1", "4294967296", "08.1"] {
                let ping = try await lab.ping("a", "-c1 \(text)")
                #expect(ping.errors == "ping: \(text): not an address\n" && ping.status == 2, "\(ping)")
                let probe = try await lab.run("a", [Binary.swiftNet, "http-probe", "http://\(text)/"])
                #expect(
                    probe.errors == "http-probe: 'http://\(text)/' is not a URL: invalid host '\(text)'\n"
                        && probe.status == 2, "\(probe)")
            }
        }
    }

    @Test("octet lists are swept and scanned")
    func octetLists() async throws {
        try await Lab.with(Self.layout) { lab in
            let expected = ["198.18.1.1", "198.18.1.5", "198.18.1.6", "198.18.2.1", "198.18.2.5", "198.18.2.6"]
            let sweep = try await lab.ping("a", "--alive 198.18.1-2.1,5-6")
            #expect(sweep.lines.map(String.init).sorted() == expected && sweep.status == 0, "\(sweep)")
            let scan = try await lab.scan("-j --all -p 80 198.18.1-2.1,5-9 --exclude 198.18.*.7-8,9")
            let scanned = scan.objects("port").compactMap { $0["addr"] }
            #expect(scanned.sorted() == expected && scan.status == 1, "\(scan)")
        }
    }

    private static let list =
        "\u{FEFF}198.18.0.1,3 198.18.0.4\r\n# hosts\n198.18.1.1, 127.1#one\n198.18.0.300\n198.18.2.1,198.18.2.2,5-6"
    private static let listed = [
        "198.18.0.1", "198.18.0.3", "198.18.0.4", "198.18.1.1", "198.18.2.1", "198.18.2.2", "198.18.2.5", "198.18.2.6",
    ]
    private static func problems(_ command: String, _ option: String, _ file: String) -> String {
        """
        \(command): \(option): \(file):3: '127.1': an abbreviation of 127.0.0.1, accepted only for a single target
        \(command): \(option): \(file):4: '198.18.0.300': not an address

        """
    }

    @Test("lists: an invalid target is reported with its line, the others continue, and the status is 2")
    func lists() async throws {
        try await Lab.with(Self.layout) { lab in
            let sweep = try await lab.ping("a", "--alive --targets -", input: Self.list)
            #expect(sweep.lines.map(String.init).sorted() == Self.listed && sweep.status == 2, "\(sweep)")
            #expect(sweep.errors == Self.problems("ping", "--targets", "-"))
            let scan = try await lab.scan("-j --all -p 80 --targets -", input: Self.list)
            #expect(scan.objects("port").compactMap { $0["addr"] }.sorted() == Self.listed, "\(scan)")
            #expect(scan.errors == Self.problems("tcp-syn-scan", "--targets", "-") && scan.status == 2)
            // A host that cannot be left out would be scanned.
            let excluded = try await lab.scan("-j --all -p 80 198.18.0.1 --exclude-file -", input: Self.list)
            #expect(excluded.objects("port").isEmpty && excluded.status == 2, "\(excluded)")
            #expect(
                excluded.errors == Self.problems("tcp-syn-scan", "--exclude-file", "-").split(separator: "\n")[0] + "\n"
            )
            let named = try await lab.run(
                "a",
                [
                    "sh", "-c",
                    "f=$(mktemp); echo 198.18.0.1 > $f; printf '1,\\n198.18.0.0/33' >> $f; $0 ping --alive --targets $f 2>&1 | sed s,$f,LIST,; rm $f",
                    Binary.swiftNet,
                ])
            #expect(
                named.output == """
                    ping: --targets: LIST:2: '1': an abbreviation of 0.0.0.1, accepted only for a single target
                    ping: --targets: LIST:3: '198.18.0.0/33': not a network (ADDRESS/LENGTH)
                    198.18.0.1

                    """, "\(named)")
        }
    }

    /// Runs a command whose standard input has further lines once its output has a first result.
    /// - Returns: the outcome; after the first result its count is a line of its own in the output.
    private static func feed(
        _ lab: borrowing Lab, _ arguments: String, first: String, result: String, rest: String
    ) async throws -> Lab.Outcome {
        let script = """
            d=$(mktemp -d); trap 'rm -rf $d' EXIT; mkfifo $d/in
            timeout 20 $0 \(arguments) --targets - < $d/in > $d/out & p=$!; exec 3> $d/in
            printf '\(first)' >&3
            for i in $(seq 100); do grep -q '\(result)' $d/out && break; sleep 0.1; done
            grep -c '\(result)' $d/out
            printf '\(rest)' >&3; exec 3>&-; wait $p; s=$?; cat $d/out; exit $s
            """
        return try await lab.run("a", ["sh", "-c", script, Binary.swiftNet])
    }

    @Test("a sweep pings the targets of standard input as their lines come")
    func sweepInput() async throws {
        try await Lab.with(Self.layout) { lab in
            let fed = try await Self.feed(
                lab, "ping -j", first: "192.0.2.2\\n", result: "\"host\"",
                rest: "192.0.2.9\\nx/y\\n2001:db8::2 198.18.0.1-3 192.0.2.2")
            #expect(fed.output.hasPrefix("1\n") && fed.status == 2, "\(fed)")
            #expect(fed.errors == "ping: --targets: -:3: 'x/y': not a network (ADDRESS/LENGTH)\n")
            let hosts = fed.objects("host")
            let alive = hosts.filter { $0["alive"] == "true" }.compactMap { $0["addr"] }
            #expect(
                alive.first == "192.0.2.2"
                    && alive.sorted() == ["192.0.2.2", "198.18.0.1", "198.18.0.2", "198.18.0.3", "2001:db8::2"])
            let dead = try #require(hosts.first { $0["alive"] == "false" })
            #expect(dead["addr"] == "192.0.2.9" && dead["reason"] == "no reply to ARP", "\(fed)")
            #expect(fed.summary?["targets"] == "6" && fed.summary?["alive"] == "5", "\(fed)")
            let none = try await lab.ping("a", "--targets -", input: "# none\n")
            let missing = "ping: no TARGET given (expected a name, an address or a network)\n"
            #expect(none.errors == missing && none.status == 2)
        }
    }

    @Test("a scan scans the targets of standard input as their lines come")
    func scanInput() async throws {
        try await Lab.with(Self.layout) { lab in
            for format in ["json", "text", "grepable", "csv"] {
                let fed = try await Self.feed(
                    lab, "tcp-syn-scan -p 80 --all --format \(format)", first: "192.0.2.2\\n",
                    result: "192.0.2.2.*closed",
                    rest: "192.0.2.9\\nx/y\\n2001:db8::2 198.18.0.1-3 127.0.0.1 192.0.2.2")
                #expect(fed.output.hasPrefix("1\n") && fed.status == 2, "\(fed)")
                #expect(fed.errors == "tcp-syn-scan: --targets: -:3: 'x/y': not a network (ADDRESS/LENGTH)\n")
                for host in ["192.0.2.2", "198.18.0.1", "198.18.0.2", "198.18.0.3", "127.0.0.1", "2001:db8::2"] {
                    let count = fed.lines.filter { $0.contains(host) && $0.contains("closed") }.count
                    #expect(count == 1, "\(host): \(fed)")
                }
                let unreachable = fed.lines.filter {
                    $0.contains("192.0.2.9") && $0.contains("no neighbor has this address")
                }
                #expect(unreachable.count == (format == "csv" ? 0 : 1), "\(fed)")
                guard format == "json" else { continue }
                #expect(fed.summary?["hosts"] == "7" && fed.summary?["closed"] == "6", "\(fed)")
                #expect(fed.summary?["unreachable"] == "1" && fed.summary?["complete"] == "true", "\(fed)")
            }
            let none = try await lab.scan("-p 80 --targets -", input: "# none\n")
            let missing = "tcp-syn-scan: no TARGET given (expected a name, an address, a network or a range)\n"
            #expect(none.errors == missing && none.status == 2)
            let position = try await lab.run(
                "a",
                [
                    "sh", "-c",
                    "cd $(mktemp -d); (echo 192.0.2.2; sleep 1; echo 198.18.0.1) | $0 tcp-syn-scan -j -p 80 --resume p --targets -",
                    Binary.swiftNet,
                ])
            #expect(position.objects("start").first?["hosts"] == "2", "\(position)")
        }
    }

    @Test("URLs: forms of inet_aton(3), lists, and standard input line by line")
    func urls() async throws {
        try await Lab.with(.pair) { lab in
            try await lab.beside("b", ["timeout", "60", "python3", "-c", HostileServer.script], readyMark: "begun") {
                func probe(_ arguments: String, input: String = "") async throws -> Lab.Outcome {
                    try await lab.run(
                        "b", [Binary.swiftNet, "http-probe"] + arguments.split(separator: " ").map(String.init),
                        input: input)
                }
                let short = try await probe("http://127.1:8080/good")
                #expect(short.output.hasPrefix("http://127.0.0.1:8080/good  200 OK  5 bytes"), "\(short)")
                #expect(short.status == 0)
                let list = "http://0x7f.1:8080/good#x ftp://x # http://x\n# http://x\r\nhttp://127.0.0.1:8080/good"
                let listed = try await probe("-j --targets -", input: list)
                #expect(
                    listed.errors
                        == "http-probe: --targets: -:1: 'ftp://x': unsupported scheme ftp (expected http or https)\n")
                #expect(listed.summary?["answered"] == "2" && listed.status == 2, "\(listed)")
                let mixed = "http://[::1]:8080/good http://127.0.0.1:8080/good\n127.0.0.1:8080"
                let ipv6 = " Address family for hostname not supported\n"
                let ipv4 = try await probe("-4 -j --targets -", input: mixed)
                #expect(ipv4.errors == "http-probe: --targets: -:1: 'http://[::1]:8080/good':" + ipv6, "\(ipv4)")
                #expect(ipv4.summary?["targets"] == "2" && ipv4.status == 2, "\(ipv4)")
                let none = try await probe("--targets -", input: "# none\n")
                #expect(none.errors == "http-probe: no URL given (expected http://HOST or https://HOST)\n", "\(none)")
                #expect(none.status == 2)
                // The second line is written when the first has been answered.
                for (command, type) in [("http-probe", "response"), ("http-fingerprint", "fingerprint")] {
                    let script = """
                        d=$(mktemp -d); trap 'rm -rf $d' EXIT; mkfifo $d/in
                        timeout 20 $0 \(command) -j --targets - < $d/in > $d/out & exec 3> $d/in
                        echo http://127.0.0.1:8080/good >&3
                        for i in $(seq 100); do grep -q \(type) $d/out && break; sleep 0.1; done
                        grep -c '"\(type)"' $d/out
                        echo http://127.0.0.1:8080/good >&3; exec 3>&-; wait; grep -c '"\(type)"' $d/out
                        """
                    let fed = try await lab.run("b", ["sh", "-c", script, Binary.swiftNet])
                    #expect(fed.output == "1\n2\n", "\(command): \(fed)")
                }
            }
        }
    }

    @Test("-I ADDRESS%INTERFACE sends from the address through the interface")
    func sourceAndInterface() async throws {
        try await Lab.with(.pair.and("ip -n a addr add 192.0.2.9/24 dev va")) { lab in
            for (arguments, source) in [
                ("-I 192.0.2.9%va 192.0.2.2", "from 192.0.2.9 va: "),
                ("-I 2001:db8::1%va 2001:db8::2", "from 2001:db8::1 va: "),
                ("-I 192.0.2.9 192.0.2.2", "from 192.0.2.9 : "),
            ] {
                let outcome = try await lab.ping("a", "-c1 \(arguments)")
                #expect(outcome.output.contains(source) && outcome.status == 0, "\(outcome)")
            }
            let none = try await lab.ping("a", "-c1 -I 192.0.2.9%none 192.0.2.2")
            #expect(none.status == 2 && none.errors.contains("none"), "\(none)")
        }
    }
}
