import Testing

/// `igmp-join` and `igmp-query` beside smcroute and iperf.
@Suite("groups beside smcroute and iperf")
struct IGMPPeerTests {
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
}
