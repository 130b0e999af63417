import Testing

/// Names of addresses, as ping and traceroute print them.
@Suite("names of addresses")
struct NameServerReverseTests {
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
                    outcome.status == 0 && NameLookup.isPrintable(outcome) && outcome.output.contains(address),
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
}
