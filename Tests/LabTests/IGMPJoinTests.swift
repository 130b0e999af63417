import Testing

/// `igmp-join` on a bridge that snoops: what the bridge lists, and what the kernel sends for the same groups.
@Suite("igmp-join in the lab")
struct IGMPJoinTests {
    @Test(
        "the bridge lists the port after the join and not after the leave, by every version's reports and the kernel's",
        arguments: [(3, 2, ""), (2, 1, ""), (3, 2, "--kernel")])
    func bridge(igmp: Int, mld: Int, arguments: String) async throws {
        try await Lab.with(IGMPLab.bridged(igmp: igmp, mld: mld)) { lab in
            let outcome = try await IGMPLab.joining(lab, "-j \(arguments) " + IGMPLab.groups.joined(separator: " ")) {
                for group in IGMPLab.groups { try await IGMPLab.wait(lab, IGMPLab.listed(group)) }
                try await IGMPLab.wait(lab, "test $(grep -c '\"query\"' /mnt/log) -ge 4")
                try await IGMPLab.send(lab, from: 2, count: 20)
                for group in IGMPLab.groups { try await IGMPLab.wait(lab, IGMPLab.listed(group)) }
            }
            for group in IGMPLab.groups { try await IGMPLab.wait(lab, "! " + IGMPLab.listed(group)) }
            let objects = outcome.objects.dropLast()
            let datagrams = objects.filter { $0["type"] == "datagram" }
            #expect(outcome.output.hasSuffix("status 0\n"), "\(outcome)")
            #expect(datagrams.count == 20 && datagrams.allSatisfy { $0["bytes"] == "100" && $0["from"] == "192.0.2.2" })
            for type in ["joined", "left"] {
                #expect(Set(objects.filter { $0["type"] == type }.compactMap { $0["group"] }) == Set(IGMPLab.groups))
            }
            #expect(
                Set(objects.filter { $0["type"] == "query" }.compactMap { $0["from"] }) == [
                    "192.0.2.254", "fe80::ff:fe00:fe",
                ])
            let reports = Set(objects.filter { $0["type"] == "report" }.compactMap { $0["version"] })
            // Until the querier is heard the newest is spoken.
            #expect(reports.isSuperset(of: ["\(igmp)", "\(mld)"]), "\(outcome)")
            #expect(objects.last?["type"] == "summary" && objects.last?["datagrams"] == "20", "\(outcome)")
        }
    }

    @Test("sources: the bridge knows them, and what others send is not counted")
    func sources() async throws {
        try await Lab.with(IGMPLab.bridged()) { lab in
            let outcome = try await IGMPLab.joining(lab, "239.1.2.3 --source 192.0.2.2") {
                try await IGMPLab.wait(lab, "bridge mdb show dev br0 | grep -q 'port b1 grp 239.1.2.3 src 192.0.2.2'")
                try await IGMPLab.send(lab, from: 2, count: 3)
                // The bridge drops it, unless it floods; ours would.
                try await IGMPLab.send(lab, from: 3, count: 3)
            }
            #expect(outcome.output.contains("Joined 239.1.2.3 on v1 by IGMPv3, sources: only 192.0.2.2\n"))
            #expect(
                outcome.output.contains("First datagram: 100 bytes for 239.1.2.3 port 5000 from 192.0.2.2, ttl=1\n"))
            #expect(outcome.output.contains("\n239.1.2.3 from 192.0.2.2: 3 datagrams, 300 bytes, gaps"), "\(outcome)")
            #expect(!outcome.output.contains("from 192.0.2.3:"), "\(outcome)")
        }
    }

    @Test("our frames are the kernel's frames, and tcpdump has nothing to complain of")
    func frames() async throws {
        guard await Peer.require(.tcpdump) else { return }
        // Without a bridge's queries in between.
        let layout = Lab.Layout.pair.and(
            """
            mount -t tmpfs none /mnt
            until ! ip -n a -6 addr show tentative | grep -q inet6; do sleep 0.05; done
            """)
        try await Lab.with(layout) { lab in
            var frames: [String: Set<String>] = [:]
            for how in ["", "--kernel"] {
                let arguments =
                    // Named twice it is joined once.
                    [
                        "igmp-join", "239.1.2.3", "ff05::1:3", "239.1.2.3", "--duration", "500ms", "--pcap", "/mnt/p",
                        "-q",
                    ]
                    + (how.isEmpty ? [] : [how])
                let outcome = try await lab.run("a", [Binary.swiftNet] + arguments)
                #expect(outcome.status == 0, "\(outcome)")
                // Only the reports about our groups alone: the kernel has its own of IPv6, and may still be
                // repeating those in the same message.
                let dump = try await lab.run("a", ["tcpdump", "-nvtr", "/mnt/p", "igmp or ip6"])
                #expect(!dump.output.lowercased().contains("bad"), "\(dump)")
                let text = dump.output.replacing("\n    ", with: " ")
                let own = text.split(separator: "\n").filter {
                    $0.contains("1 group record(s)")
                        && ($0.contains("239.1.2.3 to_") || $0.contains("ff05::1:3 to_"))
                }
                frames[how] = Set(own.map(String.init))
            }
            // The kernel leaves by itself when the program is gone, unseen by it.
            let ours = try #require(frames[""])
            let kernels = try #require(frames["--kernel"])
            #expect(ours.count == 4 && kernels.count >= 2 && kernels.isSubset(of: ours), "\(ours)\n\(kernels)")
        }
    }

    @Test("a reader that goes away ends it, and the groups are left")
    func closed() async throws {
        try await Lab.with(.pair.and("mount -t tmpfs none /mnt")) { lab in
            let outcome = try await lab.run(
                "a",
                [
                    "bash", "-c",
                    "\(Binary.swiftNet) igmp-join 239.1.2.3 -w 30 --pcap /mnt/p | head -n 1; echo ${PIPESTATUS[0]}; \(Binary.swiftNet) decode -v /mnt/p",
                ])
            #expect(outcome.lines.dropFirst().first == "0" && outcome.output.contains("to_in 239.1.2.3"), "\(outcome)")
        }
    }

    @Test("groups are joined on several interfaces in one run, by our reports and by the kernel's")
    func interfaces() async throws {
        let layout = Lab.Layout.pair.withFiles.and(
            """
            ip netns add c; ip link add wb netns b type veth peer name vc netns c
            ip -n b addr add 198.51.100.2/24 dev wb; ip -n b link set dev wb up
            ip -n c addr add 198.51.100.1/24 dev vc; ip -n c link set dev vc up
            """)
        try await Lab.with(layout) { lab in
            for kernel in ["", "--kernel"] {
                let script = """
                    rm -f /mnt/log; (sleep 20; echo status -1 >> /mnt/log) & guard=$!
                    $0 igmp-join -j -I vb -I wb 239.1.2.3 -c 4 -w 20 --pcap /mnt/p \(kernel) > /mnt/log & join=$!
                    for host in "a va 192.0.2.1" "c vc 198.51.100.1"; do set -- $host
                    until grep -q 'joined.*"interface":"wb"' /mnt/log; do sleep 0.02; done
                    ip netns exec $1 $0 igmp-query -q -I $2 --force --response 0.3 --listen 0 239.1.2.3 > /mnt/$1; echo $?
                    ip netns exec $1 python3 -c "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('$3'))
                    for i in range(2): s.sendto(bytes(100), ('239.1.2.3', 5000))"
                    done
                    wait $join; echo $?; kill $guard; cat /mnt/log
                    """
                let outcome = try await lab.run("b", ["timeout", "30", "bash", "-c", script, Binary.swiftNet])
                #expect(outcome.lines.prefix(3).map(String.init) == ["0", "0", "0"], "\(outcome)")
                for type in ["joined", "report", "left"] {
                    let names = Set(outcome.objects(type).compactMap { $0["interface"] })
                    #expect(names == ["vb", "wb"], "\(type): \(outcome)")
                }
                let queries = outcome.objects("query").compactMap { query in
                    query["interface"].map { ($0, query["from"]) }
                }
                #expect(
                    queries.contains { $0 == ("vb", "192.0.2.1") } && queries.contains { $0 == ("wb", "198.51.100.1") })
                let datagrams = outcome.objects("datagram").compactMap { $0["interface"] }
                #expect(datagrams == ["vb", "vb", "wb", "wb"], "\(outcome)")
                #expect(outcome.output.contains(#""interface":null,"interfaces":["vb","wb"],"#), "\(outcome)")
                #expect(outcome.summary?["datagrams"] == "4", "\(outcome)")
            }
            let text = try await lab.run(
                "b", [Binary.swiftNet, "igmp-join", "-I", "vb", "-I", "wb", "-I", "vb", "239.1.2.3", "-w", "0.5"])
            #expect(text.output.contains("Joined 239.1.2.3 on vb by IGMPv3, sources: all\n"), "\(text)")
            #expect(text.output.contains("Joined 239.1.2.3 on wb by IGMPv3, sources: all\n"), "\(text)")
            #expect(
                text.output.contains("\nLeft 239.1.2.3 on vb\n") && text.output.contains("\nLeft 239.1.2.3 on wb\n"))
            #expect(text.output.contains("--- 1 group on vb, wb, ") && text.status == 0, "\(text)")
        }
    }

    @Test("a counter that is not iperf's or RTP's gets no name, and theirs do")
    func counters() async throws {
        // Payloads of datagram `i`, sent every 2 ms.
        let formats: [(payload: String, name: String)] = [
            ("pack('>I', i) + bytes(100)", "null"), ("pack('>III', i, i, i) + bytes(100)", "null"),
            ("pack('>IQ', i, time.time_ns()) + bytes(100)", "null"), ("pack('>Id', i, time.time()) + bytes(9)", "null"),
            ("pack('>III', 0x80000000 + i, 0, 0) + bytes(100)", "null"),
            ("pack('>BBHII', 0x80, 200, i, i, 7) + bytes(100)", "null"),
            ("pack('>III', i, int(time.time()), int(time.time() % 1 * 1e6)) + bytes(100)", "iperf"),
            ("pack('>BBHII', 0x80, 33, i, i * 180, 7) + bytes(100)", "rtp"),
        ]
        try await Lab.with(.pair) { lab in
            _ = try await lab.run("b", ["ip", "route", "add", "239.0.0.0/8", "dev", "vb"])
            for (payload, name) in formats {
                let sender = """
                    import socket, time; from struct import pack
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); print("sending", flush=True); end = time.time() + 30
                    i = 1
                    while time.time() < end: s.sendto(\(payload), ("239.1.2.3", 5000)); time.sleep(0.002); i += 1
                    """
                try await lab.beside("b", ["python3", "-c", sender], readyMark: "sending") {
                    let joined = try await lab.run(
                        "a", [Binary.swiftNet, "igmp-join", "239.1.2.3", "-I", "va", "-j", "-c", "20", "-w", "10"])
                    #expect(joined.objects("datagram").count == 20, "\(joined)")
                    #expect(joined.summary?["numbering"] ?? "null" == name, "\(payload): \(joined.summary?.text ?? "")")
                }
            }
        }
    }
}
