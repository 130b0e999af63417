import Testing

/// `arping` on real links, beside iputils' own.
@Suite("arping in the lab")
struct ArpingTests {
    /// What an answer took is all that differs from run to run.
    private func masked(_ text: String) -> String { text.replacing(#/\] +[0-9]+\.[0-9]{3}ms/#, with: "] Tms") }

    @Test("iputils' lines and exit statuses")
    func lines() async {
        let cases = [
            "-c 2 -i 1 192.0.2.2", "-f 192.0.2.2", "-b -c 2 192.0.2.2", "-c 1 -w 2 192.0.2.9", "-c 2 -w 5 192.0.2.2",
            "-D -I va -c 2 192.0.2.2", "-D -I va -c 2 192.0.2.9", "-U -c 1 -I va 192.0.2.1", "-A -c 2 -I va 192.0.2.1",
            "-q -c 1 192.0.2.2", "-c 1 -I va -s 192.0.2.1 192.0.2.2",
        ]
        await together(cases) { arguments in
            guard await Peer.require(.arping) else { return }
            try await Lab.with(.pair) { lab in
                let argumentList = arguments.split(separator: " ").map(String.init)
                let ours = try await lab.run("a", [Binary.swiftNet, "arping"] + argumentList)
                let theirs = try await lab.run("a", ["arping"] + argumentList)
                #expect(ours.status == theirs.status, "\(ours)\(theirs)")
                #expect(
                    self.masked(ours.output) == self.masked(theirs.output) && ours.errors.isEmpty, "\(ours)\(theirs)")
            }
        }
    }

    private func maskedHabets(_ text: String) -> String {
        text.replacing(#/time=[0-9.]+ [um]?sec/#, with: "time=T").replacing(#/= [0-9.]+/[0-9./]+ ms/#, with: "= T ms")
    }

    @Test("Habets' lines and exit statuses")
    func habets() async {
        let cases = [
            "-c 2 -W 0.2 192.0.2.2", "-c 2 -W 0.2 192.0.2.9", "-D -c 3 -W 0.1 192.0.2.2", "-D -c 3 -W 0.1 192.0.2.9",
            "-d -c 2 -W 0.2 192.0.2.2", "-r -c 1 192.0.2.2", "-R -c 1 192.0.2.2", "-r -R -c 1 192.0.2.2",
            "-q -c 1 192.0.2.2", "-q -c 1 -W 0.2 192.0.2.9", "-0 -c 1 192.0.2.2", "-u -c 2 -W 0.1 192.0.2.2",
            "-C 1 -c 5 192.0.2.2", "-S 192.0.2.1 -c 1 192.0.2.2", "-t MAC -c 1 192.0.2.2", "-U -i va -c 1 192.0.2.1",
            "-c 2 -W 0.1 -T 192.0.2.2 MAC", "-r -c 1 -T 192.0.2.2 MAC", "-r -R -c 1 -T 192.0.2.2 MAC",
            "-i va -c 1 -W 0.2 02:00:00:00:00:99", "-a -c 1 192.0.2.2", "-e -c 1 -W 0.1 192.0.2.9",
            "-a -D -e -c 1 192.0.2.2", "-a -D -e -c 1 -W 0.1 192.0.2.9", "-z -c 1 192.0.2.2",
        ]
        await together(cases) { arguments in
            guard await Peer.require(.habets) else { return }
            try await Lab.with(.pair) { lab in
                let mac = try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast()
                let argumentList = arguments.split(separator: " ").map { $0 == "MAC" ? String(mac) : String($0) }
                let ours = try await lab.run("a", [Binary.swiftNet, "arping", "--style", "habets"] + argumentList)
                let theirs = try await lab.run("a", Peer.habetsArping + argumentList)
                #expect(ours.status == theirs.status, "\(ours)\(theirs)")
                #expect(
                    self.maskedHabets(ours.output) == self.maskedHabets(theirs.output) && ours.errors.isEmpty,
                    "\(ours)\(theirs)")
            }
        }
    }

    @Test("a host by its MAC address: with and without an entry in the neighbor table; the table; tagged probes")
    func station() async throws {
        try await Lab.with(.pair) { lab in
            func arping(_ argumentList: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a", [Binary.swiftNet, "arping"] + argumentList.split(separator: " ").map(String.init))
            }
            let mac = String(try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast())
            let told = try await arping("-j -c 2 -i 0.1 -T 192.0.2.2 \(mac)")
            #expect(
                told.status == 0 && told.objects("reply").map { $0["addr"] } == ["192.0.2.2", "192.0.2.2"], "\(told)")
            _ = try await lab.ping("a", "-c 1 192.0.2.2")
            let known = try await arping("-c 1 -i 0.2 \(mac)")
            #expect(
                known.status == 0 && known.output.contains("Unicast reply from 192.0.2.2 [\(mac.uppercased())]"),
                "\(known)")
            let table = try await arping("--table -j 192.0.2.2")
            let neighbor = try #require(table.objects("neighbor").first)
            #expect(table.status == 0 && neighbor["mac"] == mac && neighbor["interface"] == "va", "\(table)")
            let all = try await arping("--table -I va")
            #expect(all.lines.contains { $0.hasPrefix("192.0.2.2  \(mac)  va  ") }, "\(all)")
            #expect(try await arping("--table 192.0.2.99").status == 1)
            // What leaves is what tcpdump reads on the other side.
            if await Peer.require(.tcpdump) {
                let script = """
                    timeout 10 tcpdump -c 1 -lnei vb vlan > /tmp/swift-net-vlan-\(lab.id) 2>&1 & P=$!
                    until grep -q listening /tmp/swift-net-vlan-\(lab.id); do sleep 0.02; done
                    ip netns exec a \(Binary.swiftNet) arping --style habets -q -c 1 -V 7 -Q 3 -W 0.1 192.0.2.2
                    wait $P; cat /tmp/swift-net-vlan-\(lab.id); rm -f /tmp/swift-net-vlan-\(lab.id)
                    """
                let seen = try await lab.run("b", ["sh", "-c", script])
                #expect(seen.output.contains("vlan 7, p 3, ethertype ARP"), "\(seen)")
            }
            let forged = try await arping("--style habets -i va -s \(mac) -c 1 192.0.2.2")
            #expect(forged.status == 2 && forged.errors.contains("is not the MAC address of va"), "\(forged)")
        }
    }

    @Test("--compare: what is new, what has moved, what has gone; a machine that answers for everybody")
    func compare() async throws {
        let layout = Lab.Layout.pair.and("mount -t tmpfs none /mnt; ip -n b addr add 192.0.2.5/24 dev vb")
        try await Lab.with(layout) { lab in
            func sweep(_ argumentList: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a",
                    [
                        "sh", "-c",
                        "\(Binary.swiftNet) arping --retries 1 -w 0.2 -I va --sweep 192.0.2.0/27 \(argumentList)",
                    ])
            }
            let before = try await sweep("-j > /mnt/before")
            #expect(before.status == 0, "\(before)")
            let change = """
                ip -n b addr del 192.0.2.5/24 dev vb; ip -n b addr add 192.0.2.6/24 dev vb
                sed -i 's/"addr":"192.0.2.2","mac":"[^"]*"/"addr":"192.0.2.2","mac":"02:00:00:00:00:99"/' /mnt/before
                """
            _ = try await lab.run("b", ["sh", "-c", change])
            let text = try await sweep("--compare /mnt/before")
            #expect(text.lines.contains { $0.hasPrefix("192.0.2.6  ") && $0.hasSuffix("  new") }, "\(text)")
            #expect(
                text.lines.contains { $0.hasPrefix("192.0.2.2  ") && $0.hasSuffix("  was 02:00:00:00:00:99") },
                "\(text)")
            #expect(text.lines.contains { $0.hasPrefix("192.0.2.5  ") && $0.hasSuffix("  vanished") }, "\(text)")
            #expect(text.lines.last == "1 new, 1 with another MAC address, 1 vanished", "\(text)")
            let json = try await sweep("-j --compare /mnt/before")
            #expect(json.summary?["new"] == "1" && json.summary?["vanished"] == "1", "\(json)")
            #expect(json.objects("vanished").map { $0["addr"] } == ["192.0.2.5"], "\(json)")
            #expect(json.summary?["proxy_mac"] == "null", "\(json)")
            let none = try await sweep("--compare /nonexistent")
            #expect(none.status == 2 && none.errors.contains("--compare: /nonexistent"), "\(none)")
            _ = try await lab.run("b", ["sh", "-c", "echo '{\"type\":\"host\"' > /mnt/broken"])
            let broken = try await sweep("--compare /mnt/broken")
            #expect(broken.status == 2 && broken.errors.contains("is not a complete sweep"), "\(broken)")
            // A host that replies for every address is reported.
            _ = try await lab.run("b", ["ip", "route", "add", "local", "198.18.0.0/24", "dev", "lo"])
            let proxy = try await lab.run(
                "a", [Binary.swiftNet, "arping", "-w", "0.2", "-I", "va", "--sweep", "198.18.0.0/26"])
            #expect(proxy.lines.last?.contains("replies for 64 addresses: a proxy") == true, "\(proxy)")
        }
    }

    @Test("an address of another host is not announced, and a conflict over an announced address names both hosts")
    func announcements() async throws {
        try await Lab.with(.pair) { lab in
            func arping(_ argumentList: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a", [Binary.swiftNet, "arping"] + argumentList.split(separator: " ").map(String.init))
            }
            for argumentList in ["-U", "-A", "--announce", "--style habets -U", "--style habets -U -P"] {
                let isHabets = argumentList.contains("habets")
                let outcome = try await arping("\(isHabets ? "-i va" : "-I va") -c 1 \(argumentList) 192.0.2.2")
                #expect(
                    outcome.status == 2 && outcome.errors.contains("192.0.2.2 is not an address of this host"),
                    "\(outcome)"
                )
            }
            let alone = try await arping("--announce 192.0.2.1")
            #expect(alone.status == 0 && !alone.output.contains("conflict"), "\(alone)")
            let ours = try await lab.run("a", ["cat", "/sys/class/net/va/address"]).output.dropLast()
            // A machine that defends the address; Linux does not answer itself.
            let machine = """
                import socket
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x806)); s.bind(("vb", 0x806))
                print("ready", flush=True)
                while True:
                    b = s.recv(2048)
                    if b[20:22] == b"\\0\\1" and b[38:42] == socket.inet_aton("192.0.2.1"):
                        us = bytes.fromhex("020000000099")
                        s.send(b[6:12] + us + b[12:20] + b"\\0\\2" + us + b[38:42] + b[22:32] + bytes(18))
                """
            try await lab.beside("b", ["timeout", "30", "python3", "-c", machine], readyMark: "ready") {
                let conflict = try await lab.run("a", [Binary.swiftNet, "arping", "--announce", "192.0.2.1"])
                let line = "conflict: 192.0.2.1 [\(ours)] is also used by 02:00:00:00:00:99"
                #expect(conflict.status == 1 && conflict.lines.last.map(String.init) == line, "\(conflict)")
            }
        }
    }

    @Test("JSON; a link without an answer; RFC 5227's probe of an address that is taken and one that is free")
    func json() async throws {
        try await Lab.with(.pair) { lab in
            func arping(_ argumentList: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a", [Binary.swiftNet, "arping"] + argumentList.split(separator: " ").map(String.init))
            }
            let answered = try await arping("-j -c 1 192.0.2.2")
            let reply = try #require(answered.objects("reply").first)
            let mac = try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output
            #expect(
                reply["mac"].map { $0 + "\n" } == mac && reply["addr"] == "192.0.2.2" && reply["vendor"] == "null"
                    && reply["broadcast"] == "false")
            #expect(answered.summary?["hosts"] == "1" && answered.summary?["duplicates"] == "0" && answered.status == 0)
            let silent = try await arping("-j -c 1 -i 0.1 192.0.2.9")
            #expect(silent.status == 1 && silent.objects("timeout").count == 1 && silent.summary?["received"] == "0")
            let taken = try await arping("--probe 192.0.2.2")
            #expect(taken.status == 1 && taken.lines.last == "192.0.2.2 is taken by \(mac.dropLast())", "\(taken)")
            let free = try await arping("-j -I va --probe 192.0.2.9")
            #expect(free.status == 0 && free.summary?["transmitted"] == "3", "\(free)")
            // Two gaps of one to two seconds, and two at the end.
            #expect(free.summary?.number("elapsed_ms").map { $0 >= 4_000 && $0 < 7_600 } == true, "\(free)")
            // Their cache learns who we say we are.
            _ = try await lab.run("a", ["ip", "addr", "add", "192.0.2.77/24", "dev", "va"])
            _ = try await lab.run("b", ["sysctl", "-qw", "net.ipv4.conf.vb.arp_accept=1"])
            let announced = try await arping("-I va --announce 192.0.2.77 -c 1")
            let cache = try await lab.run("b", ["ip", "neigh", "show", "192.0.2.77"])
            #expect(announced.status == 0 && cache.output.contains("lladdr"), "\(announced)\(cache)")
        }
    }

    @Test("two machines with one address: both are named")
    func duplicates() async throws {
        let layout = Lab.Layout(
            script: """
                ip netns add a; ip netns add b; ip netns add c; ip netns add s
                ip -n s link add dev bridge0 type bridge; ip -n s link set dev bridge0 up
                for n in a b c; do
                    ip link add dev v$n netns $n type veth peer name s$n netns s
                    ip -n s link set dev s$n master bridge0; ip -n s link set dev s$n up; ip -n $n link set dev v$n up
                done
                ip -n a addr add 192.0.2.1/24 dev va
                ip -n b addr add 192.0.2.2/24 dev vb; ip -n c addr add 192.0.2.2/24 dev vc
                """)
        try await Lab.with(layout) { lab in
            let outcome = try await lab.run(
                "a", [Binary.swiftNet, "arping", "-b", "-c", "2", "-i", "0.2", "192.0.2.2"])
            #expect(outcome.status == 0 && outcome.output.contains("(DUP! another host)"), "\(outcome)")
            let claims = try await lab.run(
                "a",
                [Binary.swiftNet, "arping", "--duplicates", "--retries", "2", "-w", "0.3", "--sweep", "192.0.2.1-4"])
            #expect(claims.status == 1 && claims.lines.first?.contains("claimed by") == true, "\(claims)")
            let json = try await lab.run(
                "a", [Binary.swiftNet, "arping", "-j", "-b", "-c", "1", "-i", "0.3", "192.0.2.2"])
            #expect(json.summary?["hosts"] == "2" && json.summary?["duplicates"] == "1", "\(json)")
        }
    }

    @Test("a sweep finds every host of a network, and a larger one at full speed")
    func sweep() async throws {
        let layout = Lab.Layout.pair.and(
            """
            ip -n b addr add 192.0.2.5/24 dev vb; ip -n b addr add 192.0.2.6/24 dev vb
            ip -n b route add local 198.18.0.0/16 dev lo
            """)
        try await Lab.with(layout) { lab in
            func arping(_ argumentList: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a", [Binary.swiftNet, "arping"] + argumentList.split(separator: " ").map(String.init))
            }
            let mac = try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast()
            let text = try await arping("-w 0.1 --retries 1 --sweep 192.0.2.0/28")
            let hosts = text.lines.filter { $0.contains(mac) }.map { $0.split(separator: " ")[0] }
            #expect(
                text.status == 0 && Set(hosts) == ["192.0.2.2", "192.0.2.5", "192.0.2.6"] && hosts.count == 3, "\(text)"
            )
            #expect(
                text.lines.last?.hasPrefix("16 addresses, 3 hosts, 0 claimed by several hosts; ") == true, "\(text)")
            let json = try await arping("-j -w 0.1 --rate max -I va --sweep 198.18.0.0/16")
            #expect(json.status == 0 && json.summary?["hosts"] == "65536", "\(json.summary?.text ?? "")")
            let found = json.lines.filter { $0.hasPrefix("{\"type\":\"host\"") }
            #expect(found.count == 65_536 && json.errors.isEmpty)
            #expect(found.first?.contains(",\"broadcast\":false,\"time\":\"") == true)
            let none = try await arping("-w 0.1 --retries 0 --sweep 192.0.2.16/28")
            #expect(none.status == 1, "\(none)")
        }
    }

    @Test("--pcap keeps the conversation; a tag that the kernel takes out is put back in")
    func frames() async throws {
        try await Lab.with(.pair) { lab in
            let file = "/tmp/swift-net-arping-\(lab.id).pcapng"
            let outcome = try await lab.run(
                "a", [Binary.swiftNet, "arping", "-q", "-c", "2", "-i", "0.1", "--pcap", file, "192.0.2.2"])
            let decoded = try await Lab.run([Binary.swiftNet, "decode", file])
            _ = try await Lab.run(["rm", "-f", file])
            #expect(outcome.status == 0 && outcome.output.isEmpty && decoded.lines.count == 4, "\(decoded.output)")
            // A reply with a tag, by a raw socket on the other side.
            let sender = """
                import socket, time
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("vb", 0))
                mac = open("/sys/class/net/vb/address").read().strip().replace(":", "")
                print("ready", flush=True)
                target = bytes.fromhex(open("/tmp/swift-net-mac-\(lab.id)").read().strip().replace(":", ""))
                while True:
                    s.send(target + bytes.fromhex(mac) + bytes.fromhex("81000007" "0806" "0001080006040002" + mac)
                        + socket.inet_aton("192.0.2.9") + target + socket.inet_aton("192.0.2.1") + bytes(18))
                    time.sleep(0.1)
                """
            _ = try await lab.run("a", ["sh", "-c", "cat /sys/class/net/va/address > /tmp/swift-net-mac-\(lab.id)"])
            try await lab.beside("b", ["python3", "-c", sender], readyMark: "ready") {
                let tagged = try await lab.run(
                    "a", [Binary.swiftNet, "arping", "--vlan", "7", "-f", "-w", "3", "--explain", "2", "192.0.2.9"])
                #expect(tagged.status == 0 && tagged.output.contains("vlan"), "\(tagged.output)")
            }
            _ = try await lab.run("a", ["rm", "-f", "/tmp/swift-net-mac-\(lab.id)"])
        }
    }

    @Test(
        "what it cannot do is refused with status 2",
        arguments: [
            ("", "no TARGET given (expected a name, an IPv4 address or a MAC address)"),
            ("::1", "::1: ARP is for IPv4 only"), ("-I lo 192.0.2.2", "interface lo is not an Ethernet interface"),
            ("192.0.2.2 192.0.2.3", "192.0.2.3: arping takes one target"),
            ("192.0.2.0/24", "192.0.2.0/24: a network requires --sweep: arping --sweep 192.0.2.0/24"),
            ("http://192.0.2.2/", "http://192.0.2.2/: arping takes a host; http-probe takes URLs"),
            ("01:00:5e:00:00:01", "01:00:5e:00:00:01 is not a unicast MAC address"),
            ("-D 02:00:00:00:00:07", "-D cannot be used with a MAC address as target"),
            ("-t 02:00:00:00:00:08 02:00:00:00:00:07", "-t cannot be used with a MAC address as target"),
            ("-b 02:00:00:00:00:07", "-b cannot be used with a MAC address as target"),
            ("-T 192.0.2.2 192.0.2.3", "-T requires a MAC address as target"),
            ("-t nohost 192.0.2.3", "invalid value 'nohost' for -t (expected a MAC address)"),
            ("-s nowhere 192.0.2.2", "invalid value 'nowhere' for -s (expected an IPv4 address)"),
            ("-c 0 192.0.2.2", "invalid value '0' for -c (expected 1 to 2147483647)"),
            ("--vlan 4095 192.0.2.2", "invalid value '4095' for --vlan (expected 1 to 4094)"),
            ("--style unix 192.0.2.2", "invalid value 'unix' for --style (expected iputils, habets)"),
            ("--probe nowhere", "invalid value 'nowhere' for --probe (expected an IPv4 address)"),
            ("--probe 192.0.2.2 192.0.2.3", "192.0.2.3: --probe takes no target besides its address"),
            ("-r -j 192.0.2.2", "-r cannot be used with -j"),
            ("--sweep nowhere", "--sweep: 'nowhere' is not a network, a range or an address"),
            ("--sweep 2001:db8::/126", "--sweep: 2001:db8::/126: ARP is for IPv4 only"),
            ("--sweep 192.0.2.0/30 192.0.2.1", "192.0.2.1: --sweep takes no target besides its network"),
            ("--sweep 192.0.2.0/30 -w 0", "invalid value '0' for -w (expected 0.001 or more with --sweep)"),
            ("--table nohost", "nohost: not an IP address"),
        ])
    func refusals(argumentList: String, message: String) async throws {
        let outcome = try await Lab.run(
            [Binary.swiftNet, "arping"] + argumentList.split(separator: " ").map(String.init))
        let errors = argumentList.contains("-j") ? outcome.errors : outcome.errors + outcome.output
        #expect(outcome.status == 2 && errors == "arping: \(message)\n", "\(outcome)")
    }

    /// The options that each mode refuses.
    private static let refused: [(mode: String, options: [String])] = [
        ("-D", ["-U", "-A", "--probe 192.0.2.3", "--announce 192.0.2.3", "--sweep 192.0.2.0/30", "--table"]),
        ("-U", ["-0", "-T 192.0.2.3", "--rate 5"]), ("-A", ["-0", "-T 192.0.2.3", "--retries 1"]),
        ("--probe 192.0.2.2", ["-s 192.0.2.1", "-0", "-t 02:00:00:00:00:07", "-T 192.0.2.3", "-i 1", "-W 1"]),
        ("--announce 192.0.2.2", ["-S 192.0.2.1", "-0", "-t 02:00:00:00:00:07", "-T 192.0.2.3", "-i 1"]),
        (
            "--sweep 192.0.2.0/30",
            ["-D", "-U", "-A", "--table", "-c 3", "-i 1", "-b", "-f", "-r", "-t 02:00:00:00:00:07", "-T 192.0.2.3"]
        ),
        (
            "--table",
            [
                "-c 3", "-i 1", "-w 1", "-b", "-f", "-r", "-0", "-s 192.0.2.1", "-t 02:00:00:00:00:07",
                "-T 192.0.2.3", "--vlan 7", "--pcap /nonexistent/file", "--explain", "--rate 5", "--retries 1",
                "--duplicates", "--compare /nonexistent",
            ]
        ),
    ]

    @Test("options that do not apply to a mode are refused")
    func modes() async throws {
        for (mode, options) in Self.refused {
            let name = mode.prefix { $0 != " " }
            for option in options {
                let argumentList = "\(mode) \(option)".split(separator: " ").map(String.init)
                let outcome = try await Lab.run([Binary.swiftNet, "arping"] + argumentList)
                let letter = option.prefix { $0 != " " }
                let messages = [(letter, name), (name, letter)].map { "arping: \($0) cannot be used with \($1)\n" }
                #expect(outcome.status == 2 && messages.contains(outcome.errors), "\(argumentList): \(outcome)")
            }
        }
        for option in ["--rate 5", "--retries 1", "--duplicates", "--compare x"] {
            let argumentList = option.split(separator: " ").map(String.init)
            let outcome = try await Lab.run([Binary.swiftNet, "arping", "192.0.2.2"] + argumentList)
            #expect(
                outcome.errors == "arping: \(argumentList[0]) requires --sweep\n" && outcome.status == 2, "\(outcome)")
        }
    }

    @Test(
        "Habets' style refuses options that do not apply",
        arguments: [
            ("-V 4095 192.0.2.2", "invalid value '4095' for -V (expected 0 to 4094)"),
            ("-Q 3 192.0.2.2", "-Q requires -V"), ("-P 192.0.2.2", "-P requires -U"),
            ("-B 192.0.2.2", "192.0.2.2: -B takes no target"), ("-D -r 192.0.2.2", "-D cannot be used with -r"),
            ("-u -R 192.0.2.2", "-u cannot be used with -R"), ("-a -j 192.0.2.2", "-a cannot be used with -j"),
            ("-T 192.0.2.2 192.0.2.3", "-T requires a MAC address as target"),
            ("-U 02:00:00:00:00:07", "-U cannot be used with a MAC address as target"),
            ("-w 0 192.0.2.2", "invalid value '0' for -w (expected 0.001 to 2147483 seconds)"),
        ])
    func habetsRefusals(argumentList: String, message: String) async throws {
        let arguments = argumentList.split(separator: " ").map(String.init)
        let outcome = try await Lab.run([Binary.swiftNet, "arping", "--style", "habets"] + arguments)
        #expect(outcome.status == 2 && outcome.errors == "arping: \(message)\n", "\(outcome)")
    }

    @Test("options of other tools are answered with what to write instead")
    func habits() async throws {
        for (argumentList, hint) in [
            ("-C 3 192.0.2.2", "unknown option '-C': an option of Habets' arping: add --style habets"),
            ("--localnet", "unknown option '--localnet': use --sweep NETWORK"),
            ("--style habets -I va 192.0.2.2", "unknown option '-I': in Habets' style the option is -i"),
        ] {
            let outcome = try await Lab.run(
                [Binary.swiftNet, "arping"] + argumentList.split(separator: " ").map(String.init))
            #expect(outcome.status == 2 && outcome.errors.hasPrefix("arping: \(hint)\n"), "\(outcome)")
        }
    }

    @Test("an interface that does not exist", arguments: ["-I nonesuch", "--style habets -i nonesuch"])
    func noInterface(options: String) async throws {
        try await Lab.with(.pair) { lab in
            let argumentList = options.split(separator: " ").map(String.init)
            let outcome = try await lab.run("a", [Binary.swiftNet, "arping"] + argumentList + ["192.0.2.2"])
            let letter = options.contains("habets") ? "-i" : "-I"
            let message = "arping: \(letter): no such interface: nonesuch (have: lo, va)\n"
            #expect(outcome.status == 2 && outcome.errors == message, "\(outcome)")
        }
    }

    @Test("an interface that is deleted ends the run with its summary and status 2")
    func deleted() async {
        let cases = [
            ("arping -i 0.1 192.0.2.2", "Sent "), ("arping -i 30 192.0.2.2", "Sent "),
            ("arping -j -i 0.1 192.0.2.2", #""type":"summary""#),
            ("arping --style habets -W 0.1 192.0.2.2", "statistics"),
            ("arping --sweep 192.0.2.0/29 --rate 2 -I va", " addresses, "),
            ("arping -j --sweep 192.0.2.0/29 --rate 2 -I va", #""type":"summary""#),
        ]
        await together(cases) { command, summary in
            try await Lab.with(.pair) { lab in
                let script = """
                    sent() { cat /sys/class/net/va/statistics/tx_packets; }
                    start=$(sent)
                    \(Binary.swiftNet) \(command) & p=$!
                    while kill -0 $p && [ $(($(sent) - start)) -lt 1 ]; do sleep 0.01; done
                    sleep 0.3; ip link del dev va
                    wait $p; echo "status $?"
                    """
                let outcome = try await lab.run("a", ["timeout", "20", "bash", "-c", script])
                #expect(outcome.lines.last == "status 2" && outcome.output.contains(summary), "\(command): \(outcome)")
                #expect(outcome.errors.hasPrefix("arping: va: "), "\(command): \(outcome)")
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(command): \(outcome)")
                #expect(outcome.objects("error").count == (command.contains("-j") ? 1 : 0), "\(command): \(outcome)")
            }
        }
    }

    @Test("a sweep of a VLAN, explained; -w limits the wait of a round, and not the run")
    func sweepOptions() async throws {
        try await Lab.with(.pair) { lab in
            let argumentList = ["python3", "-c", Self.taggedResponder, "7"]
            try await lab.beside("b", argumentList, readyMark: "ready") {
                let sweep = try await lab.run(
                    "a",
                    [
                        Binary.swiftNet, "arping", "--sweep", "192.0.2.8/30", "--vlan", "7", "--explain", "1", "-I",
                        "va",
                        "-w", "0.2", "--retries", "0", "--rate", "5",
                    ])
                #expect(sweep.status == 0 && sweep.output.contains("4 addresses, 4 hosts, "), "\(sweep)")
                #expect(sweep.output.contains("vlan") && sweep.errors.isEmpty, "\(sweep)")
                let plain = try await lab.run(
                    "a",
                    [
                        Binary.swiftNet, "arping", "--sweep", "192.0.2.8/30", "--vlan", "8", "-v", "-I", "va", "-w",
                        "0.2", "--retries", "0",
                    ])
                #expect(plain.status == 1 && plain.errors.contains("ignored 4 frames, of VLAN 7"), "\(plain)")
            }
        }
    }

    @Test("options by their effect, in both styles")
    func effects() async throws {
        try await Lab.with(.pair.withFiles) { lab in
            let mac = String(try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast())
            let own = String(try await lab.run("a", ["cat", "/sys/class/net/va/address"]).output.dropLast())
            for (argumentList, part) in [
                ("-0 -c 1 -i 0.1 192.0.2.2", "from 0.0.0.0 va"), ("-S 192.0.2.1 -c 1 -W 0.1 192.0.2.2", "Received 1 "),
                ("-0 -s 192.0.2.1 -c 1 -i 0.1 192.0.2.2", "from 192.0.2.1 va"),
                ("-r -c 1 -i 0.1 192.0.2.2", "\(mac)\n"), ("-t \(mac) -c 1 -i 0.1 192.0.2.2", "(0 broadcast(s))"),
                ("--explain 1 -c 1 -i 0.1 192.0.2.2", "operation"),
                ("--style iputils -c 1 -i 0.1 192.0.2.2", "Sent 1 probes"),
                ("--style habets -b -c 1 -W 0.1 --explain 1 192.0.2.2", "255.255.255.255"),
                ("--style habets -B -i va -c 1 -W 0.1", "ARPING 255.255.255.255\n"),
                ("--style habets -s \(own) -i va -c 1 -W 0.1 192.0.2.2", "1 packets received"),
                ("--style habets -v -c 1 -W 0.1 192.0.2.2", "This box:   Interface: va  IP: 192.0.2.1 "),
                ("--style habets -A -F -p -z -Z -m x -g y -c 1 -W 0.1 192.0.2.2", "1 packets received"),
                ("--style habets --pcap /mnt/p -w 0.2 192.0.2.2", "1 packets transmitted"),
            ] {
                let outcome = try await lab.run(
                    "a", [Binary.swiftNet, "arping"] + argumentList.split(separator: " ").map(String.init))
                #expect(outcome.output.contains(part) && outcome.errors.isEmpty, "\(argumentList): \(outcome)")
            }
            let decoded = try await lab.run("a", [Binary.swiftNet, "decode", "/mnt/p"])
            #expect(decoded.lines.count == 2, "\(decoded)")
        }
    }

    @Test("every JSON object has its time, and --table its neighbors")
    func times() async throws {
        try await Lab.with(.pair) { lab in
            _ = try await lab.ping("a", "-c 1 192.0.2.2")
            for argumentList in [
                "-c 1 192.0.2.2", "-c 1 -i 0.1 192.0.2.9", "--sweep 192.0.2.0/29 -w 0.1", "--table",
                "--style habets -c 1 -W 0.1 192.0.2.9",
            ] {
                let outcome = try await lab.run(
                    "a", [Binary.swiftNet, "arping", "-j"] + argumentList.split(separator: " ").map(String.init))
                #expect(outcome.lines.count >= 2, "\(outcome)")
                #expect(outcome.lines.allSatisfy { $0.contains(#","time":""#) && $0.hasSuffix("Z\"}") }, "\(outcome)")
            }
        }
    }

    @Test(
        "a link without carrier is no answer",
        arguments: [
            "arping -D -c 1 192.0.2.9", "arping --probe 192.0.2.9", "arping -c 1 192.0.2.2",
            "arping -c 1 -I va 192.0.2.2",
            "arping --sweep 192.0.2.0/29 -I va", "rarp query -I va", "dhcp-discover -I va", "igmp-query -I va",
            "igmp-join -I va 239.1.2.3",
            "host -I va --address 192.0.2.9/24", "tcp-syn-scan -p 80 -I va --source 192.0.2.9 192.0.2.2",
            "arping --style habets -c 1 -i va 192.0.2.2", "igmp-join -I va ff05::1:3",
        ])
    func noCarrier(command: String) async throws {
        try await Lab.with(.pair.and("ip -n b link set dev vb down")) { lab in
            let outcome = try await lab.run(
                "a", ["timeout", "5", Binary.swiftNet] + command.split(separator: " ").map(String.init))
            #expect(outcome.status == 2 && outcome.errors.contains("va has no carrier"), "\(command): \(outcome)")
        }
    }

    @Test("a check that is cut short makes no address free", arguments: ["-w 0.1", "-j -w 1.2"])
    func cutShort(options: String) async throws {
        try await Lab.with(.pair) { lab in
            let argumentList = ["arping", "--probe", "192.0.2.9"] + options.split(separator: " ").map(String.init)
            let outcome = try await lab.run("a", [Binary.swiftNet] + argumentList)
            #expect(outcome.status == 2 && !outcome.output.contains("9 is free\n"), "\(outcome)")
            #expect(!outcome.output.contains(#""free":true"#), "\(outcome)")
        }
    }

    @Test("nor is a link that loses its carrier in mid-run")
    func lostCarrier() async {
        let cases = [
            "arping --probe 192.0.2.9", "arping -D -c 2 192.0.2.9", "arping -j --probe 192.0.2.9",
            "arping -c 2 192.0.2.9",
            "arping --sweep 192.0.2.8/29 --rate 5 -I va", "rarp query -I va -c 2 -i 0.5", "dhcp-discover -w 2",
            "arping --style habets -c 2 -i va 192.0.2.9",
        ]
        await together(cases) { command in
            try await Lab.with(.pair) { lab in
                let script = """
                    sent() { cat /sys/class/net/va/statistics/tx_packets; }
                    start=$(sent)
                    \(Binary.swiftNet) \(command) & p=$!
                    while kill -0 $p && [ $(($(sent) - start)) -lt 1 ]; do sleep 0.01; done
                    ip netns exec b ip link set vb down
                    wait $p; echo $?
                    """
                let outcome = try await lab.run("a", ["bash", "-c", script])
                #expect(
                    outcome.lines.last == "2" && outcome.errors.contains("va: no carrier"), "\(command): \(outcome)")
                #expect(
                    !outcome.output.contains("9 is free\n") && !outcome.output.contains(#""free":true"#), "\(outcome)")
            }
        }
    }

    /// Answers every ARP request for an address from `b`, in frames of a VLAN.
    private static let taggedResponder = """
        import socket, struct, sys
        vid = int(sys.argv[1])
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind(("vb", 0))
        own = s.getsockname()[4]
        print("ready", flush=True)
        while True:
            frame, address = s.recvfrom(2048)
            if address[2] == 4: continue
            body = frame[14:] if frame[12:14] == b"\\x08\\x06" else frame[18:] if frame[16:18] == b"\\x08\\x06" else b""
            if len(body) < 28 or body[6:8] != b"\\x00\\x01": continue
            reply = body[:6] + b"\\x00\\x02" + own + body[24:28] + body[8:14] + body[14:18]
            tag = struct.pack("!HH", 0x8100, vid) if vid >= 0 else b""
            s.send(body[8:14] + own + tag + b"\\x08\\x06" + reply)
        """

    @Test("frames of another VLAN are none of this link's; a tag with a priority alone is no VLAN")
    func otherVLANs() async throws {
        try await Lab.with(.pair) { lab in
            let argumentList = ["python3", "-c", Self.taggedResponder]
            // On the right: -D finds the address taken.
            for (vid, isHeard) in [(10, false), (0, true), (4_094, false)] {
                try await lab.beside("b", argumentList + ["\(vid)"], readyMark: "ready") {
                    let duplicate = try await lab.run(
                        "a", [Binary.swiftNet, "arping", "-D", "-c", "2", "-i", "0.1", "-I", "va", "192.0.2.9"])
                    #expect(duplicate.status == (isHeard ? 1 : 0), "VLAN \(vid): \(duplicate)")
                    let sweep = try await lab.run(
                        "a", [Binary.swiftNet, "arping", "--sweep", "192.0.2.8/31", "-I", "va", "-w", "0.2"])
                    #expect(sweep.status == (isHeard ? 0 : 1), "VLAN \(vid): \(sweep)")
                    // The lookup of neighbors before a scan, on a socket from which the kernel hides the tags.
                    let scan = try await lab.run(
                        "a", ["timeout", "10", Binary.swiftNet, "tcp-syn-scan", "-j", "-p", "80", "192.0.2.9"])
                    #expect(scan.output.contains("\"type\":\"unreachable\"") == !isHeard, "VLAN \(vid): \(scan)")
                    let asked = try await lab.run(
                        "a",
                        [Binary.swiftNet, "arping", "--vlan", "10", "-c", "1", "-w", "1", "-I", "va", "192.0.2.9"])
                    #expect(asked.status == (vid == 10 ? 0 : 1), "VLAN \(vid): \(asked)")
                }
            }
            // Our own host answers untagged requests only.
            try await lab.beside(
                "b", [Binary.swiftNet, "host", "-I", "vb", "--address", "192.0.2.9/24"], readyMark: "192.0.2.9"
            ) {
                let tagged = try await lab.run(
                    "a", [Binary.swiftNet, "arping", "--vlan", "10", "-c", "2", "-i", "0.1", "-w", "3", "192.0.2.9"])
                #expect(tagged.status == 1, "\(tagged)")
                let plain = try await lab.run("a", [Binary.swiftNet, "arping", "-f", "-w", "10", "192.0.2.9"])
                #expect(plain.status == 0, "\(plain)")
            }
        }
    }
}
