import Testing

/// `tcp-syn-scan` on real kernels, beside nmap.
@Suite("tcp-syn-scan in the lab")
struct SYNScanTests {
    /// `PORT STATE REASON` of every line of a report, by port.
    private func ours(_ outcome: Lab.Outcome) -> [String] {
        outcome.lines.map { JSONLine(text: String($0)) }.filter { $0["type"] == "port" }
            .map { "\($0["port"] ?? "?") \($0["state"] ?? "?")" }
            .sorted { (Int($0.prefix { $0 != " " }) ?? 0) < (Int($1.prefix { $0 != " " }) ?? 0) }
    }

    /// The same of nmap's normal output.
    private func nmap(_ lab: Lab, _ arguments: String) async throws -> [String] {
        let outcome = try await lab.run(
            "a", ["nmap", "-sS", "-n", "-Pn", "-vv"] + arguments.split(separator: " ").map(String.init))
        return outcome.lines.compactMap { line in
            let arguments = line.split(separator: " ")
            guard arguments.count >= 2, arguments[0].hasSuffix("/tcp"),
                ["open", "closed", "filtered"].contains(arguments[1])
            else { return nil }
            return "\(arguments[0].dropLast(4)) \(arguments[1])"
        }
    }

    /// Ports that are dropped, and rejected by each ICMP code.
    private static let firewall = """
        ip netns exec b nft -f - <<'END'
        table inet t {
            chain i {
                type filter hook input priority 0;
                tcp dport 25 drop
                tcp dport 26 reject with tcp reset
                meta nfproto ipv4 tcp dport 27 reject with icmp type port-unreachable
                meta nfproto ipv4 tcp dport 28 reject with icmp type admin-prohibited
                meta nfproto ipv4 tcp dport 29 reject with icmp type host-unreachable
                meta nfproto ipv6 tcp dport 27 reject with icmpv6 type port-unreachable
                meta nfproto ipv6 tcp dport 28 reject with icmpv6 type admin-prohibited
                meta nfproto ipv6 tcp dport 29 reject with icmpv6 type addr-unreachable
            }
        }
        END
        """

    @Test(
        "every state as nmap has it, each with its reason", arguments: ["192.0.2.2", "2001:db8::2"], Lab.Wire.allCases)
    func states(target: String, wire: Lab.Wire) async throws {
        guard await Peer.require(.nft, .nmap) else { return }
        try await Lab.with(.pair.and(Self.firewall), over: wire) { lab in
            try await lab.listening([22, 80, 27]) {
                let ports = "-p 20-30,80"
                let outcome = try await lab.scan("\(target) \(ports) --all -j")
                let theirs = try await self.nmap(lab, (target.contains(":") ? "-6 " : "") + "\(ports) \(target)")
                #expect(self.ours(outcome) == theirs && theirs.count == 12, "\(outcome) \(theirs)")
                let icmp =
                    target.contains(":")
                    ? ["icmp 1/4", "icmp 1/1", "icmp 1/3"] : ["icmp 3/3", "icmp 3/13", "icmp 3/1"]
                for (port, reason) in zip(
                    ["22", "23", "25", "26", "27", "28", "29"],
                    ["syn-ack", "reset", "no-response", "reset"] + icmp)
                {
                    let line = outcome.lines.map { JSONLine(text: String($0)) }.first { $0["port"] == port }
                    #expect(line?["reason"] == reason, "\(port): \(line?.text ?? "")")
                }
                #expect(outcome.status == 0 && outcome.lines.count == 14)
                let open = outcome.lines.first { $0.contains("\"port\":22,") } ?? ""
                #expect(
                    open.contains(
                        "\"tcp_options\":[\"mss \(target.contains(":") ? 1440 : 1460)\",\"sack-permitted\",\"timestamps\",\"nop\",\"window-scale"
                    ), "\(open)")
            }
        }
    }

    @Test(
        "20 % loss both ways: given enough tries all is found, and nmap finds nothing else",
        arguments: Lab.Wire.allCases)
    func loss(wire: Lab.Wire) async throws {
        guard await Peer.require(.nft, .nmap) else { return }
        let loss = """
            ip netns exec b nft -f - <<'END'
            table inet t {
                chain i { type filter hook input priority 0; meta l4proto tcp numgen random mod 100 < 20 drop; }
                chain o { type filter hook output priority 0; meta l4proto tcp numgen random mod 100 < 20 drop; }
            }
            END
            """
        try await Lab.with(.pair.and(loss), over: wire) { lab in
            try await lab.listening([22, 80, 443]) {
                // nmap names the ports of a state one by one up to 25 of them. It gives up
                // some of them here, whatever tries it is allowed.
                let ports = "80,443,500-522"
                let few = try await lab.scan("192.0.2.2 -p \(ports) --all -j --retries 20 --rate max")
                let theirs = try await self.nmap(lab, "-p \(ports) --max-retries 20 192.0.2.2")
                let differing = zip(self.ours(few), theirs).filter { $0 != $1 }
                #expect(theirs.count == 25 && differing.allSatisfy { $1.hasSuffix("filtered") }, "\(differing)")
                let outcome = try await lab.scan("192.0.2.2 -p 1-2000 --all -j --retries 20 --rate max")
                let states = self.ours(outcome)
                #expect(states.filter { $0.hasSuffix("open") } == ["22 open", "80 open", "443 open"])
                #expect(states.filter { $0.hasSuffix("closed") }.count == 1_997, "\(outcome.lines.last ?? "")")
            }
        }
    }

    @Test(
        "300 ms late, twice and out of order: every port once",
        arguments: ["delay:300=1 duplicate=0.5", "duplicate=0.5 jitter:40=1"])
    func badWire(faults: String) async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.listening([22, 80]) {
                try await lab.relaying("--to datagrams --seed 7 \(faults)") {
                    let outcome = try await lab.scan("192.0.2.2 -p 1-200 --all -j")
                    let found = self.ours(outcome)
                    #expect(found.count == 200 && Set(found).count == 200, "\(outcome)")
                    #expect(found.filter { $0.hasSuffix("open") } == ["22 open", "80 open"], "\(outcome.errors)")
                    #expect(found.allSatisfy { !$0.hasSuffix("filtered") })
                }
            }
        }
    }

    @Test("300 ms and 1.5 s late, and one port filtered: no other is", arguments: [300, 1_500])
    func lateWithFilteredPort(delay: Int) async throws {
        guard await Peer.require(.nft) else { return }
        let filter = """
            ip netns exec b nft -f - <<'END'
            table inet t {
                chain i { type filter hook input priority 0; tcp dport 25 drop; }
            }
            END
            """
        try await Lab.with(.relayed.and(filter)) { lab in
            try await lab.listening([22, 80]) {
                try await lab.relaying("--to datagrams --seed 7 delay:\(delay)=1") {
                    let found = self.ours(try await lab.scan("192.0.2.2 -p 1-200 --all -j"))
                    #expect(
                        found.filter { !$0.hasSuffix("closed") } == ["22 open", "25 filtered", "80 open"], "\(found)")
                    #expect(found.count == 200)
                }
            }
        }
    }

    /// A host that lies: the port says how.
    private static let liar = """
        import socket, struct, sys, time
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        s.bind((sys.argv[1], 0x0800))
        # The length of the Ethernet header.
        header = 14 if sys.argv[1] == "vb" else 0
        def total(data):
            if len(data) % 2: data += b"\\0"
            n = sum(struct.unpack("!%dH" % (len(data) // 2), data))
            while n >> 16: n = (n & 0xffff) + (n >> 16)
            return ~n & 0xffff
        def send(frame, flags, ack, data=b"", bad=False, source=None):
            src, dst = source or frame[30:34], frame[26:30]
            tcp = frame[36:38] + frame[34:36] + struct.pack("!IIBBHHH", 99, ack, 0x50, flags, 1000, 0, 0) + data
            n = total(src + dst + struct.pack("!HH", 6, len(tcp)) + tcp) ^ (1 if bad else 0)
            tcp = tcp[:16] + struct.pack("!H", n) + tcp[18:]
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + src + dst
            ip = ip[:10] + struct.pack("!H", total(ip)) + ip[12:]
            s.send((frame[6:12] + frame[0:6] + b"\\x08\\0")[:header] + ip + tcp)
        print("ready", flush=True)
        end = time.time() + 120
        while time.time() < end:
            frame = bytes(14 - header) + s.recv(2000)
            if len(frame) < 54 or frame[23] != 6 or frame[30:34] != bytes([198, 18, 0, 9]) or frame[47] != 2: continue
            port, seq = struct.unpack("!H", frame[36:38])[0], struct.unpack("!I", frame[38:42])[0]
            good = (seq + 1) & 0xffffffff
            if port == 1: send(frame, 0x12, good)
            if port == 2: send(frame, 0x14, good)
            if port == 3: send(frame, 0x12, (good + 5) & 0xffffffff)
            if port == 4: send(frame, 0x14, (good + 5) & 0xffffffff)
            if port == 5: send(frame, 0x04, 0)
            if port == 6: send(frame, 0x14, good, b"refused")
            if port == 7: send(frame, 0x14, good); send(frame, 0x12, good)
            if port == 8: send(frame, 0x12, good); send(frame, 0x14, good)
            if port == 9: send(frame, 0x12, good, bad=True)
            if port == 10: send(frame, 0x12, good, source=bytes([198, 18, 0, 10]))
        """

    @Test("a host that lies: as nmap, but for the forgeries that nmap believes", arguments: Lab.Wire.allCases)
    func lies(wire: Lab.Wire) async throws {
        guard await Peer.require(.nmap) else { return }
        try await Lab.with(.pair, over: wire) { lab in
            try await lab.beside("b", ["python3", "-c", Self.liar, wire.peer], readyMark: "ready") {
                let outcome = try await lab.scan("198.18.0.9 -p 1-10 --all -j")
                let right = [
                    "1 open", "2 closed", "3 filtered", "4 filtered", "5 filtered", "6 closed", "7 closed", "8 open",
                    "9 filtered", "10 filtered",
                ]
                #expect(self.ours(outcome) == right, "\(outcome)")
                let theirs = try await self.nmap(lab, "-p 1-10 --max-retries 2 198.18.0.9")
                let believed: Set = ["3 open", "4 closed", "5 closed", "9 open"]
                #expect(theirs.count == 10)
                for (our, their) in zip(right, theirs) where our != their {
                    #expect(believed.contains(their), "\(our), nmap: \(their)")
                }
            }
        }
    }

    @Test(
        "4,096 hosts that answer everything open, at every rate, each once",
        arguments: ["--rate max", "--rate 20000", "--rate max --source 192.0.2.77"])
    func manyHosts(options: String) async throws {
        try await Lab.with(Lab.Layout.everybody) { lab in
            try await lab.listening([80]) {
                let outcome = try await lab.scan("198.18.0.0/20 -p 80 -j \(options)")
                let hosts = Set(outcome.lines.map { JSONLine(text: String($0)) }.compactMap { $0["addr"] })
                #expect(
                    hosts.count == 4_096 && outcome.lines.count == 4_098,
                    "\(outcome.lines.last ?? "") \(outcome.errors)")
                let summary = JSONLine(text: String(outcome.lines.last ?? ""))
                #expect(summary["open"] == "4096" && summary["receive_overflows"] == "0")
                if options.contains("--source") {
                    // The scanner itself resets what its kernel knows nothing of.
                    let half = try await lab.run("b", ["ss", "-tnH", "state", "syn-recv"])
                    #expect(half.output.isEmpty, "\(half.output.prefix(300))")
                }
            }
        }
    }

    @Test("all ports of one host, three of them open")
    func manyPorts() async throws {
        try await Lab.with(.pair) { lab in
            try await lab.listening([22, 8080, 65_535]) {
                let outcome = try await lab.scan("192.0.2.2 -p - -j --rate max")
                #expect(self.ours(outcome) == ["22 open", "8080 open", "65535 open"])
                let summary = JSONLine(text: String(outcome.lines.last ?? ""))
                #expect(summary["closed"] == "65532" && summary["filtered"] == "0", "\(summary.text)")
            }
        }
    }

    @Test("parts on three machines are the whole together, and none twice")
    func shards() async throws {
        try await Lab.with(Lab.Layout.everybody) { lab in
            try await lab.listening([80]) {
                var seen: [String] = []
                for part in 1...3 {
                    let outcome = try await lab.scan("198.18.0.0/23 -p 80 -j --seed 5 --shard \(part)/3 --rate max")
                    seen += outcome.lines.map { JSONLine(text: String($0)) }.compactMap { $0["addr"] }
                }
                #expect(seen.count == 512 && Set(seen).count == 512)
            }
        }
    }

    @Test("the scripts of the documentation: eight parts, put together")
    func documentedScripts() async throws {
        let text = try await Lab.run(["cat", Binary.repository + "/Documentation/Scanning.md"]).output
        let scripts = text.split(separator: "```").filter { $0.hasPrefix("sh\n") }.map { String($0.dropFirst(3)) }
        try #require(scripts.count == 2)
        try await Lab.with(Lab.Layout.everybody) { lab in
            try await lab.listening([80]) {
                let run = """
                    d=$(mktemp -d); trap 'rm -rf $d' EXIT; cd $d
                    ln -s \(Binary.swiftNet) swift-net; export PATH=$d:$PATH
                    echo 198.18.0.0/22 > targets
                    export SCAN_TARGETS=targets SCAN_PORTS=80 SCAN_SEED=3
                    cat > array <<'END'
                    \(scripts[0])
                    END
                    cat > merge <<'END'
                    \(scripts[1])
                    END
                    for SLURM_ARRAY_TASK_ID in 1 2 3 4 5 6 7 8; do
                        export SLURM_ARRAY_TASK_ID; sh array &
                    done
                    wait
                    sh merge
                    cut -d'"' -f8 all.json | sort -u | wc -l
                    """
                let outcome = try await lab.run("a", ["bash", "-c", run])
                #expect(outcome.lines == ["1024", "1024"], "\(outcome)")
            }
        }
    }

    @Test("interrupted and gone on with: every port once")
    func resume() async throws {
        try await Lab.with(Lab.Layout.everybody) { lab in
            try await lab.listening([80]) {
                let script = """
                    f=$(mktemp -u); trap 'rm -f $f' EXIT
                    scan() { \(Binary.swiftNet) tcp-syn-scan 198.18.0.0/23 -p 80 -q --format csv --rate 1000 --resume $f "$@"; }
                    scan -w 0.3 | grep -c open; test -s $f && echo there
                    scan | grep -c open
                    scan | grep -c open
                    scan -p 81 2>&1 || true
                    """
                let outcome = try await lab.run("a", ["bash", "-c", script])
                let lines = outcome.lines.map(String.init)
                try #require(lines.count == 5, "\(outcome)")
                let (first, second) = (Int(lines[0]) ?? 0, Int(lines[2]) ?? 0)
                #expect(first > 100 && first + second == 512 && lines[1] == "there" && lines[3] == "0", "\(lines)")
                #expect(lines[4].contains("belongs to a scan of other targets, ports or shards"), "\(lines)")
            }
        }
    }

    @Test("several interfaces, a router on one of them, hosts on the link on the other: each by its route")
    func interfaces() async throws {
        let layout = Lab.Layout.everybody.and(
            """
            ip link add wa netns a type veth peer name wb netns b
            ip -n a addr add 203.0.113.1/24 dev wa; ip -n b addr add 203.0.113.2/24 dev wb
            ip -n b addr add 203.0.113.3/24 dev wb; ip -n b addr add 203.0.113.4/24 dev wb
            ip -n a link set dev wa up; ip -n b link set dev wb up
            """)
        try await Lab.with(layout) { lab in
            try await lab.listening([80]) {
                for rate in ["max", "1000"] {
                    let outcome = try await lab.scan(
                        "203.0.113.0/29 198.18.0.0/30 127.0.0.1 192.0.2.2 -p 80 --all -j --rate \(rate)")
                    let lines = outcome.lines.map { JSONLine(text: String($0)) }
                    let open = Set(lines.filter { $0["state"] == "open" }.compactMap { $0["addr"] })
                    #expect(
                        open == [
                            "203.0.113.2", "203.0.113.3", "203.0.113.4", "198.18.0.0", "198.18.0.1", "198.18.0.2",
                            "198.18.0.3", "192.0.2.2",
                        ], "\(outcome)")
                    let closed = Set(lines.filter { $0["state"] == "closed" }.compactMap { $0["addr"] })
                    #expect(closed == ["203.0.113.1", "127.0.0.1"], "\(outcome)")
                    #expect(
                        lines.filter { $0["type"] == "unreachable" }.compactMap { $0["first"] } == ["203.0.113.5"],
                        "\(outcome)")
                }
            }
        }
    }

    @Test("a full backlog keeps silent, and so it is reported, as nmap does")
    func fullBacklog() async throws {
        guard await Peer.require(.nmap) else { return }
        let busy = """
            import socket, time
            s = socket.socket()
            s.bind(("0.0.0.0", 80))
            s.listen(0)
            kept = []
            for _ in range(4):
                c = socket.socket()
                c.setblocking(False)
                try: c.connect(("127.0.0.1", 80))
                except BlockingIOError: pass
                kept.append(c)
            time.sleep(0.2)
            print("ready", flush=True)
            time.sleep(120)
            """
        try await Lab.with(.pair) { lab in
            try await lab.beside("b", ["python3", "-c", busy], readyMark: "ready") {
                let outcome = try await lab.scan("192.0.2.2 -p 79-81 --all -j --wait 0.5")
                let theirs = try await self.nmap(lab, "-p 79-81 --max-retries 2 192.0.2.2")
                #expect(
                    self.ours(outcome) == theirs && theirs == ["79 closed", "80 filtered", "81 closed"],
                    "\(outcome)\(theirs)")
            }
        }
    }
}
