import Testing

/// Names by a DNS server that misbehaves, is slow or does not answer; see `NameServer/server.py`.
@Suite("name servers")
struct NameServerTests {
    // MARK: Expectations

    /// What a lookup comes to.
    private enum Expectation: Sendable {
        case address(String, canonicalName: String? = nil)
        /// The reason, or the beginning of it.
        case failure(String)
        /// Any failure with a reason: the reply is so broken that none is better than another.
        case anyFailure
        /// The address, or any failure.
        case addressOrFailure(String)
    }

    private static let unknown = "Name or service not known"
    private static let noAddress = "No address associated with hostname"
    private static let temporary = "Temporary failure in name resolution ("
    private static let noReply = temporary + "no reply from "

    /// No byte of a reply moves a terminal's cursor or ends a line, in any encoding.
    private static func isPrintable(_ outcome: Lab.Outcome) -> Bool {
        (outcome.output + outcome.errors).unicodeScalars.allSatisfy { scalar in
            scalar == "\n" || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
        }
    }

    /// Holds an outcome of `ping -n -c 1 NAME` against what is expected.
    private static func check(_ outcome: Lab.Outcome, _ name: String, _ expectation: Expectation, _ note: String = "") {
        #expect(isPrintable(outcome), "\(outcome)")
        func hasFailed(_ reasons: [String]) -> Bool {
            let lines = outcome.errors.split(separator: "\n")
            return outcome.status == 2 && outcome.output.isEmpty && lines.count == 1
                && reasons.contains { outcome.errors.hasPrefix("ping: \(name): \($0)") }
        }
        func hasAddress(_ address: String, _ canonicalName: String? = nil) -> Bool {
            outcome.status == 0 && outcome.errors.isEmpty
                && outcome.output.hasPrefix("PING \(canonicalName ?? name) (\(address)) ")
        }
        switch expectation {
        case .address(let address, let canonicalName):
            #expect(hasAddress(address, canonicalName), "\(name)\(note): \(outcome)")
        case .failure(let reason): #expect(hasFailed([reason]), "\(name)\(note): \(outcome)")
        case .anyFailure: #expect(hasFailed([unknown, noAddress, temporary]), "\(name)\(note): \(outcome)")
        case .addressOrFailure(let address):
            let isFound = outcome.status == 0 && outcome.output.contains(" (\(address)) ")
            #expect(isFound || hasFailed([unknown, noAddress, temporary]), "\(name)\(note): \(outcome)")
        }
    }

    // MARK: Replies

    /// The first label of a name, and what a lookup of it comes to.
    private static let replies: [(String, Expectation)] = [
        ("ok", .address("192.0.2.2")), ("six", .address("2001:db8::2")), ("both", .address("2001:db8::2")),
        ("silent", .failure(noReply + "192.0.2.2)")), ("nxdomain", .failure(unknown)), ("nodata", .failure(noAddress)),
        ("servfail", .failure(temporary)), ("refused", .failure(temporary)), ("notimp", .failure(temporary)),
        ("formerr", .failure(temporary)),
        // AAAA is asked for in vain, or A is.
        ("halfsilent", .address("192.0.2.2")), ("halfservfail", .address("192.0.2.2")),
        ("halfnotimp", .address("192.0.2.2")), ("halfrefused", .address("192.0.2.2")),
        ("halfnxdomain", .address("192.0.2.2")), ("lastservfail", .address("2001:db8::2")),
        // Truncated replies, fetched by TCP.
        ("truncated", .address("192.0.2.2")), ("tcdrip", .address("192.0.2.2")), ("many", .address("198.18.1.1")),
        ("wide", .address("198.18.1.1")), ("tcclose", .failure(temporary)), ("tcreset", .failure(temporary)),
        ("tcshort", .failure(temporary)), ("tcsilent", .failure(temporary)),
        // Bytes that are no reply to this query: the query goes unanswered.
        ("garbage", .failure(noReply)), ("marked", .failure(noReply)), ("nothing", .failure(noReply)),
        ("short", .failure(noReply)), ("header", .failure(noReply)), ("headless", .failure(noReply)),
        ("otherquestion", .failure(noReply)), ("othertype", .failure(noReply)), ("otherid", .failure(noReply)),
        ("reflected", .failure(temporary)),
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
                Self.check(outcome, name, expectation)
            }
            // A truncated reply, and a server without TCP.
            let outcome = try await named.run(
                "ping -n -c 1 truncated.test", .init("nameserver 192.0.2.3", "options timeout:1 attempts:1"))
            Self.check(outcome, "truncated.test", .failure(Self.temporary + "192.0.2.3: Connection refused)"))
            // Extensions that the server does not know (RFC 6891, section 7).
            let extended = try await named.run(
                "ping -n -c 1 noedns.test", .init("nameserver 192.0.2.2", "options timeout:1 attempts:1 edns0"))
            Self.check(extended, "noedns.test", .address("192.0.2.2"), " with EDNS")
        }
    }

    /// Commands, their exit status for a name without an address and for one whose port 80 is closed, and what they
    /// print for the latter.
    private static let commands: [(arguments: String, missing: Int32, found: Int32, mark: String)] = [
        ("traceroute -n", 2, 0, "(192.0.2.2)"), ("traceroute -n --report --cycles 1", 2, 0, "192.0.2.2"),
        ("tcp-syn-scan -j --all -p 80", 2, 1, #""addr":"192.0.2.2""#), ("http-probe -j", 2, 1, #""addr":"192.0.2.2""#),
        ("http-fingerprint -j", 2, 1, "connection refused"), ("arping -c 1 -f", 2, 0, "reply from 192.0.2.2 "),
    ]

    @Test("every command reports why a name has no address")
    func commands() async throws {
        let labels: [(String, reason: String?)] = [
            ("ok", nil), ("truncated", nil), ("forged", nil), ("chain-20", nil), ("silent", Self.noReply),
            ("servfail", Self.temporary), ("nxdomain", Self.unknown), ("nodata", Self.noAddress),
            ("header", Self.noReply), ("circle", ""), ("pointers", ""), ("tcclose", Self.temporary),
        ]
        try await NameServerLab.withPair { named in
            let all = Self.commands.flatMap { command in labels.map { (command, $0) } }
            try await NameServerLab.concurrently(all) { command, label in
                let (name, reason) = ("\(label.0).test", label.reason)
                let outcome = try await named.run("\(command.arguments) \(name)")
                #expect(Self.isPrintable(outcome), "\(outcome)")
                let all = outcome.output + outcome.errors
                if let reason {
                    // With one family the reason may be that the other is not wanted.
                    let other = "Address family for hostname not supported"
                    let reasons = reason == Self.noAddress ? [reason, other] : [reason]
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
            for command in ["traceroute -n", "http-probe"] {
                let outcome = try await named.run("\(command) many.test")
                #expect(outcome.status < 2 && outcome.errors.isEmpty, "\(outcome)")
            }
        }
    }

    @Test("a sweep reports each name that has no address, and pings the others")
    func sweep() async throws {
        let failing: [(String, String)] = [
            ("silent", Self.noReply), ("servfail", Self.temporary), ("nxdomain", Self.unknown),
            ("nodata", Self.noAddress), ("circle", ""), ("garbage", Self.noReply), ("pointers", ""),
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
            #expect(outcome.status == 2 && Self.isPrintable(outcome), "\(outcome)")
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
                #expect(outcome.errors.contains("ping: \(name): \(Self.temporary)"), "\(name): \(outcome)")
            }
            // The reason is its own, and not that of a connection.
            let line = outcome.errors.split(separator: "\n").first { $0.hasPrefix("ping: servfail-300.test: ") }
            #expect(line.map { $0.contains("server failure") && !$0.contains("onnection") } == true, "\(outcome)")
        }
    }

    // MARK: Servers

    @Test("a server that is silent, closed or failing gives way to the next")
    func servers() async throws {
        let options = "options timeout:1 attempts:1"
        /// Name servers, a name, what a lookup comes to, and how long it may take.
        let cases: [(servers: [String], options: String, label: String, Expectation, limit: Double)] = [
            (["192.0.2.5", "192.0.2.2"], options, "ok", .address("192.0.2.2"), 8),
            (["192.0.2.5", "192.0.2.2"], options, "nxdomain", .failure(Self.unknown), 8),
            (["192.0.2.3", "192.0.2.2"], options, "truncated", .address("192.0.2.2"), 8),
            (["192.0.2.4", "192.0.2.5", "192.0.2.2"], options, "ok", .address("192.0.2.2"), 8),
            (["192.0.2.3", "192.0.2.2"], options, "servfail", .failure(Self.temporary), 8),
            (["192.0.2.5", "192.0.2.4"], options, "ok", .failure(Self.temporary), 8),
            (["192.0.2.5", "192.0.2.3"], options, "silent", .failure(Self.noReply + "192.0.2.5, 192.0.2.3)"), 8),
            (["198.51.100.53"], options, "ok", .failure(Self.temporary + "198.51.100.53: Network is unreachable)"), 8),
            (["198.51.100.53", "192.0.2.2"], options, "ok", .address("192.0.2.2"), 8),
            // A port unreachable is an answer: the timeout is not waited for.
            (["192.0.2.4", "192.0.2.2"], "options timeout:6 attempts:1", "ok", .address("192.0.2.2"), 4),
            (["192.0.2.4", "192.0.2.2"], "options timeout:6 attempts:2", "ok", .address("192.0.2.2"), 4),
            (
                ["192.0.2.4"], "options timeout:6 attempts:1", "ok",
                .failure(Self.temporary + "192.0.2.4: Connection refused)"), 4
            ),
            (
                ["192.0.2.4"], "options timeout:6 attempts:2", "ok",
                .failure(Self.temporary + "192.0.2.4: Connection refused)"), 4
            ),
            // As in glibc, the first three servers count.
            (
                ["192.0.2.4", "192.0.2.4", "192.0.2.4", "192.0.2.2"], "options timeout:1 attempts:1", "ok",
                .failure(Self.temporary), 8
            ),
        ]
        try await NameServerLab.withPair { named in
            try await NameServerLab.concurrently(cases) { servers, options, label, expectation, limit in
                let lines = servers.map { "nameserver \($0)\n" }.joined() + options
                let outcome = try await named.run("ping -n -c 1 \(label).test", .init(lines), limit: limit)
                Self.check(outcome, "\(label).test", expectation, " at \(servers), \(options)")
            }
            // Without resolv.conf the server is this host's own, where none is.
            let none = try await named.run("ping -n -c 1 ok.test", .init(""), limit: 4)
            Self.check(none, "ok.test", .failure(Self.temporary), " without a server")
        }
    }

    // MARK: Signals

    /// Commands that begin with a lookup.
    private static let waiting = [
        "ping silent.test", "ping silent.test silent-2.test silent-3.test", "traceroute silent.test",
        "traceroute --report silent.test", "arping silent.test", "tcp-syn-scan -p 80 silent.test",
        "http-probe http://silent.test/", "http-fingerprint http://silent.test/", "ping -j silent.test",
    ]

    @Test("SIGINT and SIGTERM end a lookup at once, as they end any program")
    func signals() async throws {
        try await NameServerLab.withPair { named in
            // From before anything was asked to the second question.
            let moments = Self.waiting.flatMap { command in
                [("INT", 0.0), ("TERM", 0.03), ("INT", 0.1), ("TERM", 0.4)].map { (command, $0, $1) }
            }
            let repeated = NameServerLab.Files("nameserver 192.0.2.2", "options timeout:1 attempts:5")
            let late = ["ping silent.test", "http-probe http://silent.test/"].map { ($0, "INT", 1.3) }
            try await NameServerLab.concurrently(late + moments) { command, signal, seconds in
                let files = seconds > 1 ? repeated : .slow
                let outcome = try await named.interrupt(command, signal, after: seconds, files)
                #expect(
                    outcome.status == (signal == "INT" ? 130 : 143) && outcome.output.isEmpty && outcome.errors.isEmpty,
                    "\(command), SIG\(signal) after \(seconds) s: \(outcome)")
            }
            // Something was sent: the result so far counts.
            let sent = try await named.interrupt("ping 192.0.2.2 silent.test", "INT", after: 1, .slow)
            #expect(sent.status == 2 && sent.output.contains("192.0.2.2 is alive"), "\(sent)")
        }
    }

    @Test("SIGQUIT prints one line during a lookup, and the lookup goes on")
    func statusLines() async throws {
        try await NameServerLab.withPair { named in
            try await NameServerLab.concurrently(Self.waiting) { command in
                async let undisturbed = named.run(command)
                let outcome = try await named.interrupt(command, "QUIT", after: 0.2, .quick)
                let calm = try await undisturbed
                let lines = outcome.errors.split(separator: "\n")
                let others = calm.errors.split(separator: "\n")
                #expect(
                    outcome.status == calm.status && calm.status > 0 && calm.status < 3
                        && lines.count == others.count + 1 && Set(others).isSubset(of: lines),
                    "\(command): \(outcome); without SIGQUIT: \(calm)")
                // It names what is waited for, or how far the run is.
                let line = lines.first { !others.contains($0) } ?? ""
                #expect(line.contains("looking up silent") || line.contains("0"), "\(command): \(outcome)")
            }
        }
    }

    @Test("a getent that is running ends with the command, whatever ends it", arguments: ["INT", "TERM", "KILL"])
    func children(signal: String) async throws {
        let status: [String: Int32] = ["INT": 130, "TERM": 143, "KILL": 137]
        try await NameServerLab.withPair { named in
            let commands = Self.waiting + ["ping " + (1...40).map { "silent-\($0).test" }.joined(separator: " ")]
            try await NameServerLab.concurrently(commands) { command in
                let outcome = try await named.interrupt(command, signal, after: 0.5, .hanging)
                #expect(
                    outcome.status == status[signal] && outcome.output.isEmpty && outcome.errors.isEmpty,
                    "\(command): \(outcome)")
            }
            let children = try await named.lab.run("a", ["cat", "/mnt/children"]).lines
            #expect(children.count >= commands.count)
        }
    }

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
            let cases: [(String, Expectation)] = [
                ("missing.test", .failure(Self.unknown)), ("endless.test", .failure(Self.unknown)),
                ("binary.test", .failure(Self.unknown)), ("first.test", .failure(Self.unknown)),
                ("nothing.test", .failure(Self.unknown)),
                ("escape.test", .address("192.0.2.2", canonicalName: #"e\x1b[31mvil"#)),
                // It cannot be run: files and DNS are left.
                ("broken.test", .failure(Self.unknown)),
            ]
            try await NameServerLab.concurrently(cases) { name, expectation in
                Self.check(try await named.run("ping -n -c 1 \(name)", files), name, expectation, " by getent")
            }
            #expect(Set(try await named.queries().map(\.name)) == ["broken.test"])
            for command in ["ping -H -c 1", "traceroute", "traceroute --report --cycles 1", "traceroute -j"] {
                let outcome = try await named.run("\(command) 198.18.50.1", files)
                #expect(
                    outcome.status == 0 && Self.isPrintable(outcome) && outcome.output.contains("[31mvil"),
                    "\(command): \(outcome)")
            }
        }
    }

    // MARK: Deadlines

    @Test("-w counts the time of the lookup")
    func deadlines() async throws {
        let late = Self.temporary + "no answer before the deadline)"
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

    // MARK: Reverse names

    /// The name of a hop's address.
    private static func hopName(_ hop: Int) -> String { "host-198-18-\(hop)-2.test" }

    /// The path of 100 hops to 203.0.113.1: the packet of time to live N is answered from 198.18.50.N.
    private static let longPath = """
        import socket, struct
        def checksum(data):
            total = sum(struct.unpack(f"!{len(data) // 2}H", data))
            while total >> 16: total = (total & 0xFFFF) + (total >> 16)
            return total ^ 0xFFFF
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        sniffer.bind(("vb", 0x0800))
        sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        target = socket.inet_aton("203.0.113.1")
        print("begun", flush=True)
        while True:
            packet, address = sniffer.recvfrom(2048)
            if address[2] == 4 or packet[16:20] != target or packet[9] != 17: continue
            hop = packet[8]
            source = target if hop > 100 else socket.inet_aton(f"198.18.50.{hop}")
            # An even number of bytes of the probe is quoted.
            message = struct.pack("!BBHI", *((3, 3) if hop > 100 else (11, 0)), 0, 0) + packet[:28]
            message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
            header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, 1, 0, source, packet[12:16])
            sender.sendto(header + message, (socket.inet_ntoa(packet[12:16]), 0))
        """

    @Test("100 hops whose names are 800 ms late: every line has its name")
    func longTrace() async throws {
        let pointers = (1...100).map { "198.18.50.\($0)=ok-800" }
        try await NameServerLab.withPair(pointers: pointers) { named in
            _ = try await named.lab.run("a", ["ip", "route", "add", "203.0.113.0/24", "via", "192.0.2.2"])
            try await named.lab.beside("b", ["python3", "-c", Self.longPath], readyMark: "begun") {
                let outcome = try await named.run("traceroute -j -q 1 -m 120 203.0.113.1")
                let hops = outcome.objects("hop")
                #expect(outcome.status == 0 && hops.count == 101, "\(outcome)")
                for (index, hop) in hops.prefix(100).enumerated() {
                    #expect(hop["name"] == "host-198-18-50-\(index + 1).test", "\(hop)")
                }
            }
        }
    }

    @Test("each line of a trace has its names, and waits a second for them at most")
    func traceNames() async throws {
        let options = "options timeout:30 attempts:5"
        let late = NameServerLab.Files("nameserver 198.18.1.2", options)
        try await NameServerLab.withChain { named in
            async let plain = named.run("traceroute 198.18.5.2", late)
            async let report = named.run("traceroute --report --cycles 2 --interval 0.2 198.18.5.2", late)
            async let objects = named.run("traceroute -j 198.18.5.2", late)
            async let reportObjects = named.run("traceroute -j --report --cycles 2 --interval 0.2 198.18.5.2", late)
            async let patient = named.run("traceroute -j --name-wait 4 198.18.5.2", late)
            async let hurried = named.run("traceroute -j --name-wait 0 198.18.5.2", late)
            let lines = try await plain.lines
            #expect(lines.count == 6, "\(lines)")
            for (hop, line) in lines.dropFirst().enumerated() {
                #expect(line.contains(" \(Self.hopName(hop + 1)) (198.18.\(hop + 1).2)  "), "\(line)")
            }
            for hop in 1...5 {
                #expect(try await report.output.contains("|-- \(Self.hopName(hop)) (198.18.\(hop).2)"), "\(hop)")
            }
            for outcome in try await [objects, reportObjects, patient] {
                #expect(outcome.objects("hop").map { $0["name"] } == (1...5).map(Self.hopName), "\(outcome)")
            }
            let names = try await hurried.objects("hop").map { $0["name"] }
            #expect(names == Array(repeating: "null", count: 5))
        }
    }

    @Test("a name that never comes costs a second and no other name; the hosts file needs no server")
    func missingNames() async throws {
        let options = "options timeout:30 attempts:5"
        try await NameServerLab.withChain { named in
            let partial = NameServerLab.Files("nameserver 198.18.2.2", options)
            let expected = (1...5).map { $0 == 3 ? "null" : Self.hopName($0) }
            try await NameServerLab.concurrently(["traceroute -j", "traceroute -j --report --cycles 1"]) { command in
                let outcome = try await named.run("\(command) 198.18.5.2", partial, limit: 5)
                #expect(outcome.status == 0 && outcome.objects("hop").map { $0["name"] } == expected, "\(outcome)")
            }
            let text = try await named.run("traceroute 198.18.5.2", partial, limit: 5)
            #expect(text.output.contains(" 3  198.18.3.2 (198.18.3.2)  "), "\(text)")

            // Nothing answers at 198.18.2.1.
            let entries = (1...5).map { "198.18.\($0).2 file\($0).test alias\($0)\n" }.joined()
            let files = NameServerLab.Files("nameserver 198.18.2.1", options, hosts: entries)
            for command in ["traceroute -j", "traceroute -j --name-wait 0", "traceroute -j --report --cycles 1"] {
                let outcome = try await named.run("\(command) 198.18.5.2", files, limit: 5)
                #expect(
                    outcome.status == 0
                        && outcome.objects("hop").map { $0["name"] } == (1...5).map { "file\($0).test" },
                    "\(command): \(outcome)")
            }
            let ping = try await named.run("ping -H -c 1 198.18.5.2", files, limit: 5)
            #expect(ping.output.contains("64 bytes from file5.test (198.18.5.2): "), "\(ping)")
            let silent = try await named.run(
                "ping -H -c 1 198.18.5.2", .init("nameserver 198.18.2.1", options), limit: 5)
            #expect(silent.status == 0 && silent.output.contains("64 bytes from 198.18.5.2: "), "\(silent)")
        }
    }

    @Test("names of addresses: late, hostile, and none where none is wanted")
    func pointers() async throws {
        let labels = [
            "control", "longpointer", "pointers", "selfpointer", "garbage", "header", "servfail", "otherquestion",
            "otheridfirst", "overrun", "longname", "forward", "truncated", "nodata",
        ]
        let addresses = labels.indices.map { "198.18.50.\($0 + 1)" }
        let pointers = zip(addresses, labels).map { "\($0)=\($1)" } + ["198.18.50.100=ok-300", "198.18.50.101=ok"]
        try await NameServerLab.withPair(pointers: pointers) { named in
            let commands = ["ping -H -c 1", "traceroute", "traceroute -j", "traceroute --report --cycles 1"]
            let all = zip(addresses, labels).flatMap { entry in commands.map { (entry.0, entry.1, $0) } }
            try await NameServerLab.concurrently(all) { address, label, command in
                let outcome = try await named.run("\(command) \(address)")
                #expect(
                    outcome.status == 0 && Self.isPrintable(outcome) && outcome.output.contains(address),
                    "\(command) \(address), \(label): \(outcome)")
                if ["otheridfirst", "truncated"].contains(label) {
                    let name = "host-\(address.replacing(".", with: "-")).test"
                    #expect(outcome.output.contains(name), "\(command) \(address), \(label): \(outcome)")
                }
            }
            let late = try await named.run("ping -H -c 1 198.18.50.100")
            #expect(late.output.contains("64 bytes from host-198-18-50-100.test (198.18.50.100): "), "\(late)")

            // 198.18.50.101 has a name, and it is not asked for.
            for command in [
                "ping -n -c 1", "ping -c 1", "traceroute -n", "traceroute -n --report --cycles 1", "ping -n",
            ] {
                let targets = command == "ping -n" ? "198.18.50.101 198.18.50.101" : "198.18.50.101"
                #expect(try await named.run("\(command) \(targets)").status == 0, "\(command)")
            }
            #expect(try await named.run("ping -n -c 1 ok.test").status == 0)
            let asked = try await named.queries().filter { $0.type == "PTR" }
            #expect(asked.allSatisfy { !$0.name.hasPrefix("101.50.") && !$0.name.hasPrefix("2.2.0.") }, "\(asked)")
            let wanted = try await named.run("traceroute 198.18.50.101")
            #expect(wanted.output.contains("host-198-18-50-101.test (198.18.50.101)"), "\(wanted)")
        }
    }

    // MARK: Names and options

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
                #expect(outcome.status == 2 && outcome.errors == "ping: \(name): \(Self.unknown)\n", "\(outcome)")
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
                        outcome.status == 2 && Self.isPrintable(outcome) && outcome.errors.contains(shown),
                        "\(command): \(outcome)")
                }
                let sweep = try await named.run(["ping", name, "192.0.2.2"])
                #expect(
                    sweep.status > 0 && Self.isPrintable(sweep) && sweep.errors.contains("ping: \(shown): "), "\(sweep)"
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

    // MARK: Names in bulk

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
                        name.hasPrefix("nx") ? Self.unknown : name.hasPrefix("no") ? Self.noAddress : Self.temporary
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
