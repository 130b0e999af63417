import Testing

/// `igmp-join` and `igmp-query` on a bridge that snoops, beside the kernel and smcroute.
@Suite("groups in the lab")
struct IGMPTests {
    /// `h1` to `h4`, 192.0.2.K, on the bridge `br0` in `s`, 192.0.2.254, which snoops and asks every second.
    private static func bridged(igmp: Int = 3, mld: Int = 2, querier: Bool = true) -> Lab.Layout {
        Lab.Layout(
            script: """
                mount -t tmpfs none /mnt
                ip netns add s; ip -n s link set dev lo up
                ip -n s link add br0 address 02:00:00:00:00:fe type bridge mcast_snooping 1 mcast_query_use_ifaddr 1 \
                    mcast_igmp_version \(igmp) mcast_mld_version \(mld) mcast_query_interval 100 \
                    mcast_query_response_interval 50 mcast_startup_query_interval 50 mcast_last_member_interval 10 \
                    mcast_startup_query_count 20
                ip -n s addr add 192.0.2.254/24 dev br0
                ip -n s link set dev br0 up
                for i in 1 2 3 4; do
                    ip netns add h$i
                    ip link add v$i address 02:00:00:00:00:0$i netns h$i type veth peer name b$i netns s
                    ip netns exec h$i sysctl -qw net.ipv6.conf.v$i.accept_dad=0
                    ip -n h$i link set dev lo up; ip -n h$i link set dev v$i up
                    ip -n s link set dev b$i master br0 up
                    ip -n h$i addr add 192.0.2.$i/24 dev v$i; ip -n h$i addr add 2001:db8::$i/64 dev v$i nodad
                done
                # Ports that are not yet forwarding would lose what the tests begin with.
                for i in 1 2 3 4; do until ip netns exec s cat /sys/class/net/b$i/brport/state | grep -q 3; do sleep 0.01; done; done
                \(querier ? "ip -n s link set dev br0 type bridge mcast_querier 1" : "")
                """)
    }

    private static let groups = ["239.1.2.3", "ff05::1:3"]

    /// Runs our joiner in `h1` until `body` is over and SIGTERM ends it.
    /// - Returns: what it printed; the last line is its exit status.
    private func joining(
        _ lab: Lab, _ argumentList: String, _ body: @Sendable @escaping () async throws -> Void
    ) async throws -> Lab.Outcome {
        // The shell tells its number, and the joiner's output go to a file. `--duration` ends it whatever happens.
        let script = """
            (echo $BASHPID > /mnt/pid; exec \(Binary.swiftNet) igmp-join \(argumentList) --duration 60) > /mnt/log 2>/mnt/errors
            echo "status $?" >> /mnt/log; touch /mnt/done
            """
        return try await lab.beside("h1", ["bash", "-c", "echo begun; \(script)"], readyMark: "begun") {
            try await Self.wait(lab, "grep -qi joined /mnt/log")
            try await body()
            _ = try await lab.run("h1", ["sh", "-c", "kill -TERM $(cat /mnt/pid)"])
            try await Self.wait(lab, "test -e /mnt/done")
            return try await lab.run("h1", ["sh", "-c", "cat /mnt/log; cat /mnt/errors >&2"])
        }
    }

    /// Waits until a shell's condition is true, at the longest ten seconds.
    private static func wait(_ lab: Lab, _ condition: String, in namespace: String = "s") async throws {
        let outcome = try await lab.run(
            namespace, ["timeout", "10", "sh", "-c", "until \(condition); do sleep 0.02; done"])
        #expect(outcome.status == 0, "never: \(condition)")
    }

    private static func listed(_ group: String) -> String {
        "bridge mdb show dev br0 | grep -q 'port b1 grp \(group) '"
    }

    /// Sends datagrams of `bytes` bytes to a group from a host.
    private static func send(_ lab: Lab, from host: Int, to group: String = "239.1.2.3", count: Int, bytes: Int = 100)
        async throws
    {
        let program = """
            import socket, time
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.\(host)"))
            for i in range(\(count)): s.sendto(bytes(\(bytes)), ("\(group)", 5000)); time.sleep(0.002)
            """
        let outcome = try await lab.run("h\(host)", ["timeout", "20", "python3", "-c", program])
        #expect(outcome.status == 0, "\(outcome)")
    }

    @Test(
        "the bridge lists the port after the join and not after the leave, by every version's reports and the kernel's",
        arguments: [(3, 2, ""), (2, 1, ""), (3, 2, "--kernel")])
    func bridge(igmp: Int, mld: Int, argumentList: String) async throws {
        try await Lab.with(Self.bridged(igmp: igmp, mld: mld)) { lab in
            let outcome = try await self.joining(lab, "-j \(argumentList) " + Self.groups.joined(separator: " ")) {
                for group in Self.groups { try await Self.wait(lab, Self.listed(group)) }
                try await Self.wait(lab, "test $(grep -c '\"query\"' /mnt/log) -ge 4")
                try await Self.send(lab, from: 2, count: 20)
                for group in Self.groups { try await Self.wait(lab, Self.listed(group)) }
            }
            for group in Self.groups { try await Self.wait(lab, "! " + Self.listed(group)) }
            let objects = outcome.objects.dropLast()
            let datagrams = objects.filter { $0["type"] == "datagram" }
            #expect(outcome.output.hasSuffix("status 0\n"), "\(outcome)")
            #expect(datagrams.count == 20 && datagrams.allSatisfy { $0["bytes"] == "100" && $0["from"] == "192.0.2.2" })
            for type in ["joined", "left"] {
                #expect(Set(objects.filter { $0["type"] == type }.compactMap { $0["group"] }) == Set(Self.groups))
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
        try await Lab.with(Self.bridged()) { lab in
            let outcome = try await self.joining(lab, "239.1.2.3 --source 192.0.2.2") {
                try await Self.wait(lab, "bridge mdb show dev br0 | grep -q 'port b1 grp 239.1.2.3 src 192.0.2.2'")
                try await Self.send(lab, from: 2, count: 3)
                // The bridge drops it, unless it floods; ours would.
                try await Self.send(lab, from: 3, count: 3)
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
                let argumentList =
                    // Named twice it is joined once.
                    [
                        "igmp-join", "239.1.2.3", "ff05::1:3", "239.1.2.3", "--duration", "500ms", "--pcap", "/mnt/p",
                        "-q",
                    ]
                    + (how.isEmpty ? [] : [how])
                let outcome = try await lab.run("a", [Binary.swiftNet] + argumentList)
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

    @Test("a query lists the kernel's members in every version, by group and by source", arguments: [1, 2, 3])
    func query(version: Int) async throws {
        try await Lab.with(Self.bridged(querier: false)) { lab in
            let member = """
                import socket, time
                # The kernel repeats no report of the join, which would be one of version 3.
                with open("/proc/sys/net/ipv4/igmp_qrv", "w") as file: file.write("1")
                sent = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                us = socket.inet_aton("192.0.2.2")
                s.setsockopt(0, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.2.3") + us)
                s.setsockopt(0, 39, socket.inet_aton("232.1.2.3") + us + socket.inet_aton("192.0.2.1"))
                # The query follows only when the report of both groups was sent.
                waiting = {socket.inet_aton(group) for group in ("239.1.2.3", "232.1.2.3")}
                while waiting:
                    packet = sent.recv(2048)
                    if packet[9] == 2: waiting = {group for group in waiting if group not in packet}
                print("member", flush=True); time.sleep(60)
                """
            try await lab.beside("h2", ["timeout", "60", "python3", "-c", member], readyMark: "member") {
                func ask(_ argumentList: String) async throws -> Lab.Outcome {
                    try await lab.run(
                        "h1",
                        [Binary.swiftNet, "igmp-query", "-j", "--listen", "0"]
                            + argumentList.split(separator: " ").map(String.init))
                }
                if version == 3 {
                    let one = try await ask("239.1.2.3")
                    #expect(one.status == 0 && one.objects("member").first?["host"] == "192.0.2.2", "\(one)")
                    let source = try await ask("232.1.2.3 --source 192.0.2.1 --response 0.5")
                    #expect(source.objects("member").first?["mode"] == "include", "\(source)")
                    #expect(source.output.contains("\"sources\":[\"192.0.2.1\"]"), "\(source)")
                    let other = try await ask("232.1.2.3 --source 192.0.2.9 --response 0.3")
                    #expect(other.status == 1 && other.objects("member").isEmpty, "\(other)")
                }
                let all = try await ask("--version \(version)" + (version == 1 ? "" : " --response 1"))
                let members = all.objects("member").filter { $0["host"] == "192.0.2.2" }
                #expect(Set(members.compactMap { $0["group"] }) == ["239.1.2.3", "232.1.2.3"], "\(all)")
                #expect(members.allSatisfy { $0["version"] == "\(version)" }, "\(all)")
            }
        }
    }

    @Test("MLD: our member and the kernel's, by general and by group query", arguments: [1, 2])
    func mld(version: Int) async throws {
        try await Lab.with(Self.bridged(querier: false)) { lab in
            _ = try await self.joining(lab, "-j ff05::1:3 --version \(version)") {
                let all = try await lab.run(
                    "h2",
                    [
                        Binary.swiftNet, "igmp-query", "-6", "-j", "--response", "1", "--listen", "0", "--version",
                        "\(version)",
                    ])
                let ours = all.objects("member").filter { $0["group"] == "ff05::1:3" }
                #expect(ours.map { $0["host"] } == ["fe80::ff:fe00:1"], "\(all)")
                // The solicited-node group of every host.
                #expect(all.objects("member").contains { $0["group"] == "ff02::1:ff00:3" }, "\(all)")
                let one = try await lab.run(
                    "h2", [Binary.swiftNet, "igmp-query", "ff05::1:3", "--response", "0.3", "--listen", "0"])
                #expect(
                    one.status == 0 && one.output.contains("ff05::1:3  fe80::ff:fe00:1 [02:00:00:00:00:01]"), "\(one)")
            }
        }
    }

    @Test("another querier is heard: nothing is asked, status 2; with --force it is")
    func otherQuerier() async throws {
        try await Lab.with(Self.bridged()) { lab in
            let refused = try await lab.run(
                "h1", [Binary.swiftNet, "igmp-query", "-j", "--response", "0.2", "--listen", "5"])
            #expect(refused.status == 2 && refused.objects("query").isEmpty, "\(refused)")
            #expect(
                refused.errors.contains("192.0.2.254 is the querier on v1; use --force to send queries"),
                "\(refused)")
            #expect(refused.summary?["queries"] == "0" && refused.summary?["other_querier"] == "192.0.2.254")
            let forced = try await lab.run(
                "h1", [Binary.swiftNet, "igmp-query", "--force", "--response", "0.2", "-j"])
            #expect(forced.objects("query").count == 1 && forced.status == 0, "\(forced)")
        }
    }

    @Test("smcroute: its member answers us, and what it routes from another network we count")
    func smcroute() async throws {
        guard await Peer.require(.smcrouted) else { return }
        // `a` joins, `m` routes from `b`.
        let layout = Lab.Layout.routed.and(
            """
            mount -t tmpfs none /mnt
            printf '%s\\n' 'phyint ma enable' 'phyint mb enable' 'mgroup from mb group 239.7.7.7' \
                'mgroup from ma group 239.8.8.8' 'mroute from mb group 239.7.7.7 to ma' > /mnt/conf
            """)
        try await Lab.with(layout) { lab in
            let daemon = [
                "timeout", "60", "smcrouted", "-n", "-N", "-f", "/mnt/conf", "-P", "/mnt/p", "-u", "/mnt/s", "-l",
                "debug",
            ]
            try await lab.beside("m", daemon, readyMark: "Ready, waiting") {
                let query = try await lab.run(
                    "a", [Binary.swiftNet, "igmp-query", "-j", "239.8.8.8", "--response", "0.5", "--listen", "0"])
                #expect(query.objects("member").first?["host"] == "192.0.2.254", "\(query)")
                let sender = """
                    import socket, time
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
                    for i in range(500): s.sendto(b"x" * 64, ("239.7.7.7", 7000)); time.sleep(0.01)
                    """
                try await lab.beside(
                    "b", ["sh", "-c", "echo sending; exec timeout 20 python3 -c '\(sender)'"], readyMark: "sending"
                ) {
                    let joined = try await lab.run(
                        "a", [Binary.swiftNet, "igmp-join", "239.7.7.7", "-j", "-c", "20", "--duration", "10"])
                    #expect(joined.status == 0 && joined.objects("datagram").count == 20, "\(joined)")
                    let first = joined.objects("datagram").first
                    #expect(
                        first?["from"] == "198.51.100.2" && first?["bytes"] == "64" && first?["ttl"] == "7", "\(joined)"
                    )
                }
            }
        }
    }

    @Test("iperf's numbers are counted: none is lost where nothing is, and some where the relay drops")
    func iperf() async throws {
        guard await Peer.require(.iperf) else { return }
        for (faults, isLossy) in [("", false), ("--to datagrams --direction left drop/5", true)] {
            try await Lab.with(.relayed.and("mount -t tmpfs none /mnt")) { lab in
                try await lab.relaying(faults) {
                    let sender =
                        "ip -n b route add 239.0.0.0/8 dev vb; echo sending; exec timeout 10 iperf -c 239.1.2.3 -u -T 4 -t 3 -b 400K -l 250"
                    try await lab.beside("b", ["sh", "-c", sender], readyMark: "sending") {
                        let joined = try await lab.run(
                            "a", [Binary.swiftNet, "igmp-join", "239.1.2.3", "-j", "-w", "2"])
                        let summary = try #require(joined.summary)
                        #expect(summary["numbering"] == "iperf", "\(summary.text)")
                        let lost = summary.number("datagrams_lost") ?? -1
                        #expect(isLossy ? lost > 0 : lost == 0, "\(summary.text)")
                    }
                }
            }
        }
    }

    @Test("igmp-join: excluded sources, repetitions, explanations, and a summary alone")
    func joinOptions() async throws {
        try await Lab.with(.pair.and("mount -t tmpfs none /mnt")) { lab in
            func join(_ argumentList: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a", [Binary.swiftNet, "igmp-join"] + argumentList.split(separator: " ").map(String.init))
            }
            for exclude in ["--exclude 192.0.2.7", "--exclude=192.0.2.7", "--exclude --source 192.0.2.7"] {
                let outcome = try await join("\(exclude) 239.1.2.3 --robustness 1 -I va -v --explain 1 -w 0.4")
                #expect(outcome.output.contains(" on va by IGMPv3, sources: all but 192.0.2.7\n"), "\(outcome)")
                #expect(outcome.output.contains("\nsent ") || outcome.output.hasPrefix("sent "), "\(outcome)")
                #expect(outcome.lines.count { $0.hasPrefix("Sent ") && $0.contains("to_ex") } == 1, "\(outcome)")
            }
            let quiet = try await join("-q 239.1.2.3 --deadline 0.2 --version 2")
            #expect(quiet.lines.count == 2 && quiet.lines[0].hasPrefix("--- 1 group on va, 0.2 s"), "\(quiet)")
            let json = try await join("-j -q 239.1.2.3 --duration 0.2")
            #expect(json.lines.count == 1 && json.summary?["time"]?.hasSuffix("Z") == true, "\(json)")
        }
    }

    @Test("igmp-query: several queries, the family, an early end, and a summary alone")
    func queryOptions() async throws {
        try await Lab.with(.pair.and("mount -t tmpfs none /mnt")) { lab in
            func ask(_ argumentList: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a", [Binary.swiftNet, "igmp-query"] + argumentList.split(separator: " ").map(String.init))
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

    @Test("arguments that mean nothing end with status 2 and say why")
    func usage() async throws {
        for (command, argumentList, part) in [
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
            ("igmp-query", "--response 1h", "invalid value '1h' for --response (expected a duration"),
            (
                "igmp-query", "--version 2 --response 26",
                "invalid value '26' for --response (expected 0.1 to 25.5 seconds)"
            ),
        ] {
            let outcome = try await Lab.run(
                [Binary.swiftNet, command] + argumentList.split(separator: " ").map(String.init))
            #expect(outcome.status == 2 && outcome.errors.contains(part), "\(command) \(argumentList): \(outcome)")
        }
    }
}
