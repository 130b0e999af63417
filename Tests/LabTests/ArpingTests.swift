import Testing

/// `arping` on real links, beside iputils' own.
@Suite("arping in the lab")
struct ArpingTests {
    /// What an answer took is all that differs from run to run.
    private func masked(_ text: String) -> String { text.replacing(#/\] +[0-9]+\.[0-9]{3}ms/#, with: "] Tms") }

    @Test(
        "iputils' lines and exit statuses",
        arguments: [
            "-c 2 -i 1 192.0.2.2", "-f 192.0.2.2", "-b -c 2 192.0.2.2", "-c 1 -w 2 192.0.2.9", "-c 2 -w 5 192.0.2.2",
            "-D -I va -c 2 192.0.2.2", "-D -I va -c 2 192.0.2.9", "-U -c 1 -I va 192.0.2.1", "-A -c 2 -I va 192.0.2.1",
            "-q -c 1 192.0.2.2", "-c 1 -I va -s 192.0.2.1 192.0.2.2",
        ])
    func lines(arguments: String) async throws {
        guard await Peer.require(.arping) else { return }
        try await Lab.with(.pair) { lab in
            let words = arguments.split(separator: " ").map(String.init)
            let ours = try await lab.run("a", [Binary.swiftNet, "arping"] + words)
            let theirs = try await lab.run("a", ["arping"] + words)
            #expect(ours.status == theirs.status, "\(ours)\(theirs)")
            #expect(self.masked(ours.output) == self.masked(theirs.output) && ours.errors.isEmpty, "\(ours)\(theirs)")
        }
    }

    @Test("JSON; a link without an answer; RFC 5227's probe of an address that is taken and one that is free")
    func json() async throws {
        try await Lab.with(.pair) { lab in
            func arping(_ words: String) async throws -> Lab.Outcome {
                try await lab.run("a", [Binary.swiftNet, "arping"] + words.split(separator: " ").map(String.init))
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
            #expect(outcome.status == 0 && outcome.output.contains("(DUP! another machine)"), "\(outcome)")
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
            ip -n b route add local 198.18.0.0/20 dev lo
            """)
        try await Lab.with(layout) { lab in
            func arping(_ words: String) async throws -> Lab.Outcome {
                try await lab.run("a", [Binary.swiftNet, "arping"] + words.split(separator: " ").map(String.init))
            }
            let mac = try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast()
            let text = try await arping("-w 0.1 --retries 1 --sweep 192.0.2.0/28")
            let hosts = text.lines.filter { $0.contains(mac) }.map { $0.split(separator: " ")[0] }
            #expect(
                text.status == 0 && Set(hosts) == ["192.0.2.2", "192.0.2.5", "192.0.2.6"] && hosts.count == 3, "\(text)"
            )
            #expect(
                text.lines.last?.hasPrefix("16 addresses, 3 hosts, 0 claimed by several machines; ") == true, "\(text)")
            let json = try await arping("-j -w 0.1 --rate max -I va --sweep 198.18.0.0/20")
            #expect(json.status == 0 && json.summary?["hosts"] == "4096", "\(json.summary?.text ?? "")")
            #expect(json.objects("host").count == 4_096 && json.errors.isEmpty)
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
                    "a", [Binary.swiftNet, "arping", "-f", "-w", "3", "--explain", "1", "192.0.2.9"])
                #expect(tagged.status == 0 && tagged.output.contains("vlan"), "\(tagged.output)")
            }
            _ = try await lab.run("a", ["rm", "-f", "/tmp/swift-net-mac-\(lab.id)"])
        }
    }

    @Test(
        "what it cannot do is said, and exits 2",
        arguments: [
            ("", "a target is missing"), ("::1", "::1: ARP is of IPv4 alone"),
            ("-I nonesuch 192.0.2.2", "-I: 'nonesuch' is no interface"),
            ("-I lo 192.0.2.2", "interface lo is no Ethernet"), ("-D -U 192.0.2.2", "-D and -U exclude each other"),
            ("192.0.2.2 192.0.2.3", "one address is asked for, not several: 192.0.2.2 192.0.2.3"),
            ("--rate 5 192.0.2.2", "--rate is of --sweep alone"),
            ("--sweep nowhere", "--sweep: 'nowhere' is no network"),
            ("--sweep 2001:db8::/126", "--sweep: 2001:db8::/126: ARP is of IPv4 alone"),
            ("--sweep 192.0.2.0/30 192.0.2.1", "--sweep has its network, and no further target: 192.0.2.1"),
            ("-s nowhere 192.0.2.2", "-s: 'nowhere' is no IPv4 address"),
            ("-c 0 192.0.2.2", "-c: '0' is out of range: 1 <= value <= 2147483647"),
        ])
    func refusals(words: String, message: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "arping"] + words.split(separator: " ").map(String.init))
        #expect(outcome.status == 2 && outcome.errors == "arping: \(message)\n" && outcome.output.isEmpty, "\(outcome)")
    }
}
