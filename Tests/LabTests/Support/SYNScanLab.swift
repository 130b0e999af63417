import Testing

/// What labs of `tcp-syn-scan` have in common.
extension Lab {
    /// Listens on ports of both families, without accepting connections.
    private static let listener = """
        import socket, sys, time
        sockets = []
        for port in sys.argv[1:]:
            for family, any in [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]:
                s = socket.socket(family)
                if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind((any, int(port)))
                s.listen(4096)
                sockets.append(s)
        print("ready", flush=True)
        time.sleep(600)
        """

    /// Has `b` listen on ports while something is done.
    func listening<Result: Sendable>(
        _ ports: [Int], _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        try await beside("b", ["python3", "-c", Self.listener] + ports.map(String.init), readyMark: "ready", body)
    }

    /// `t0` in `a`, 198.51.100.1, and in `b`, 198.51.100.2, beside the Ethernet wire of `Lab.Layout.pair`.
    /// - Parameters:
    ///   - type: the interfaces' type, a number of ARPHRD_*.
    ///   - faults: those of `tunnel.py`.
    static func tunnel(type: Int = 65534, faults: String = "") -> [String] {
        [
            "python3", "\(Binary.repository)/Tests/LabTests/Stations/tunnel.py", "\(type)",
            "a:t0:198.51.100.1/24", "b:t0:198.51.100.2/24",
        ] + faults.split(separator: " ").map(String.init)
    }

    /// The link between `a` and `b` that the addresses of `Lab.Layout.everybody` are reached by.
    enum Wire: String, CaseIterable, Sendable {
        case ethernet
        /// `t0` of each, without a link header.
        case tunnel

        /// The interface of `b`.
        var peer: String { self == .ethernet ? "vb" : "t0" }
    }

    /// Routes that replace those of `Lab.Layout.everybody`.
    private static let detour = """
        for n in "a 2/31 1 2" "b 1 2 1"; do
            set -- $n
            ip -n $1 route replace 192.0.2.$2 dev t0 src 192.0.2.$3
            ip -n $1 route replace 2001:db8::$4 dev t0 src 2001:db8::$3
        done
        ip -n a route replace 192.0.2.4 dev t0 src 192.0.2.1
        ip -n a route replace 198.18.0.0/15 dev t0 src 192.0.2.1
        ip -n a route replace 2001:db8:18::/64 dev t0 src 2001:db8::1
        """

    /// Has packets between `a` and `b` take a wire while something is done.
    func over<Result: Sendable>(
        _ wire: Wire, type: Int = 65534, faults: String = "", _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        guard wire == .tunnel else { return try await body() }
        return try await beside("a", Self.tunnel(type: type, faults: faults), readyMark: "ready") {
            let routes = try await run("a", ["sh", "-ec", Self.detour])
            try #require(routes.status == 0, "\(routes)")
            return try await body()
        }
    }

    /// A lab whose packets between `a` and `b` take a wire.
    static func with(
        _ layout: Layout, over wire: Wire, faults: String = "", _ body: @Sendable @escaping (Lab) async throws -> Void
    ) async throws {
        try await Lab.with(layout) { lab in try await lab.over(wire, faults: faults) { try await body(lab) } }
    }

    /// A scan from `a`.
    func scan(_ arguments: String, input: String = "") async throws -> Outcome {
        try await run(
            "a", [Binary.swiftNet, "tcp-syn-scan"] + arguments.split(separator: " ").map(String.init), input: input)
    }
}

extension Lab.Layout {
    /// `a` and `b` at the ports `ba` and `bb` of the bridge `br0` in `s`, which asks who listens to groups of IPv6 and
    /// sends to them alone.
    static let snooping = Lab.Layout(
        script: """
            ip netns add s; ip -n s link set dev lo up
            ip -n s link add br0 address 02:00:00:00:00:fe type bridge mcast_snooping 1 mcast_querier 1 \
                mcast_mld_version 2 mcast_query_interval 100 mcast_query_response_interval 50 \
                mcast_startup_query_interval 50 mcast_startup_query_count 20
            ip netns exec s sysctl -qw net.ipv6.conf.br0.accept_dad=0
            ip -n s link set dev br0 up
            for i in 1 2; do
                n=$(echo ab | cut -c$i)
                ip netns add $n
                ip link add v$n address 02:00:00:00:00:0$i netns $n type veth peer name b$n netns s
                ip netns exec $n sysctl -qw net.ipv6.conf.v$n.accept_dad=0
                ip -n $n link set dev lo up; ip -n $n link set dev v$n up
                ip -n s link set dev b$n master br0 up
                ip -n $n addr add 2001:db8::$i/64 dev v$n nodad
            done
            for group in ff02::1:ff00:1 ff02::1:ff00:2; do
                until bridge -n s mdb show dev br0 | grep -q "$group "; do sleep 0.01; done
            done
            """)

    /// A pair whose `b` answers for 198.18.0.0/15 and 2001:db8:18::/64.
    static let everybody = pair.and(
        """
        ip -n b route add local 198.18.0.0/15 dev lo
        ip -n b route add local 2001:db8:18::/64 dev lo; ip -n a route add 2001:db8:18::/64 via 2001:db8::2
        ip netns exec b sysctl -qw net.core.somaxconn=65536 net.ipv4.tcp_max_syn_backlog=65536
        """)
}
