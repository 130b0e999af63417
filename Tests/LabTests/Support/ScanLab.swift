/// What labs of `tcp-syn-scan` have in common.
extension Lab {
    /// Listens on ports of both families, for connections that nobody takes.
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

    /// A scan from `a`.
    func scan(_ arguments: String, input: String = "") async throws -> Outcome {
        try await run(
            "a", [Binary.swiftNet, "tcp-syn-scan"] + arguments.split(separator: " ").map(String.init), input: input)
    }
}

extension Lab.Layout {
    /// A pair whose `b` answers for 198.18.0.0/15.
    static let everybody = pair.and(
        """
        ip -n b route add local 198.18.0.0/15 dev lo
        ip netns exec b sysctl -qw net.core.somaxconn=65536 net.ipv4.tcp_max_syn_backlog=65536
        """)
}
