import Testing

/// Hosts on a bridge that snoops, and a joiner of groups on one of them.
enum IGMPLab {
    /// `h1` to `h4`, 192.0.2.K, on the bridge `br0` in `s`, 192.0.2.254, which snoops and asks every second.
    static func bridged(igmp: Int = 3, mld: Int = 2, querier: Bool = true) -> Lab.Layout {
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

    static let groups = ["239.1.2.3", "ff05::1:3"]

    /// Runs our joiner in `h1` until `body` is over and SIGTERM ends it.
    /// - Returns: what it printed; the last line is its exit status.
    static func joining(
        _ lab: Lab, _ arguments: String, _ body: @Sendable @escaping () async throws -> Void
    ) async throws -> Lab.Outcome {
        // The shell tells its number, and the joiner's output go to a file. `--duration` ends it whatever happens.
        let script = """
            (echo $BASHPID > /mnt/pid; exec \(Binary.swiftNet) igmp-join \(arguments) --duration 60) > /mnt/log 2>/mnt/errors
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
    static func wait(_ lab: Lab, _ condition: String, in namespace: String = "s") async throws {
        let outcome = try await lab.run(
            namespace, ["timeout", "10", "sh", "-c", "until \(condition); do sleep 0.02; done"])
        #expect(outcome.status == 0, "never: \(condition)")
    }

    static func listed(_ group: String) -> String {
        "bridge mdb show dev br0 | grep -q 'port b1 grp \(group) '"
    }

    /// Sends datagrams of `bytes` bytes to a group from a host.
    static func send(_ lab: Lab, from host: Int, to group: String = "239.1.2.3", count: Int, bytes: Int = 100)
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
}
