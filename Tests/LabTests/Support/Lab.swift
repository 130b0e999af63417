import Subprocess
import SystemPackage
import Testing

/// Hosts and wires of a test, as network namespaces.
///
/// Everything hangs on one process, the anchor: it lives in a mount namespace
/// of its own, in which `ip netns` keeps the network namespaces, and ends when
/// its standard input does. So nothing outlives a test, even one that is killed.
struct Lab: Sendable {
    private let anchor: Int32
    /// A number that no other lab has now.
    var id: Int32 { anchor }

    /// What a program did.
    struct Outcome: Sendable {
        var output: String
        var errors: String
        /// The exit status; 128 and the signal's number when one ended it.
        var status: Int32

        var lines: [Substring] { output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }
    }

    /// Commands that lay out the lab, for `sh -e`.
    struct Layout {
        var script: String

        /// Two hosts on one wire: `a` has 192.0.2.1 and 2001:db8::1, `b` 192.0.2.2 and 2001:db8::2.
        static let pair = Layout(
            script: """
                ip netns add a; ip netns add b
                ip link add va netns a type veth peer name vb netns b
                ip -n a addr add 192.0.2.1/24 dev va; ip -n b addr add 192.0.2.2/24 dev vb
                ip -n a addr add 2001:db8::1/64 dev va nodad; ip -n b addr add 2001:db8::2/64 dev vb nodad
                for n in a b; do ip -n $n link set dev lo up; ip -n $n link set dev v$n up; done
                ip netns exec b sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000 \
                    net.ipv4.icmp_msgs_burst=100000 net.ipv6.icmp.ratelimit=0
                ip -n a route add 198.18.0.0/15 via 192.0.2.2
                """)

        /// The same two hosts, with a namespace `r` between them for the relay.
        static let relayed = Layout(
            script: """
                ip netns add a; ip netns add b; ip netns add r
                ip link add va netns a type veth peer name ra netns r
                ip link add vb netns b type veth peer name rb netns r
                for n in a b; do
                    ip netns exec $n ethtool -K v$n tx off >/dev/null
                    ip -n $n link set dev lo up; ip -n $n link set dev v$n up; ip -n r link set dev r$n up
                    ip netns exec r sysctl -qw net.ipv6.conf.r$n.disable_ipv6=1
                done
                ip -n a addr add 192.0.2.1/24 dev va; ip -n b addr add 192.0.2.2/24 dev vb
                ip -n a addr add 2001:db8::1/64 dev va nodad; ip -n b addr add 2001:db8::2/64 dev vb nodad
                """)

        /// `a` and `b` with the router `m` between them: 192.0.2.0/24 and 2001:db8::/64 on the
        /// side of `a`, 198.51.100.0/24 and 2001:db8:1::/64, of 1,400 bytes, on that of `b`.
        static let routed = Layout(
            script: """
                ip netns add a; ip netns add b; ip netns add m
                ip link add va netns a type veth peer name ma netns m
                ip link add vb netns b type veth peer name mb netns m
                for n in a b; do
                    ip -n $n link set dev lo up; ip -n $n link set dev v$n up; ip -n m link set dev m$n up
                done
                ip -n a addr add 192.0.2.1/24 dev va; ip -n m addr add 192.0.2.254/24 dev ma
                ip -n b addr add 198.51.100.2/24 dev vb; ip -n m addr add 198.51.100.254/24 dev mb
                ip -n a addr add 2001:db8::1/64 dev va nodad; ip -n m addr add 2001:db8::fe/64 dev ma nodad
                ip -n b addr add 2001:db8:1::2/64 dev vb nodad; ip -n m addr add 2001:db8:1::fe/64 dev mb nodad
                ip -n m link set dev mb mtu 1400; ip -n b link set dev vb mtu 1400
                ip -n a route add default via 192.0.2.254; ip -n b route add default via 198.51.100.254
                ip -n a -6 route add default via 2001:db8::fe; ip -n b -6 route add default via 2001:db8:1::fe
                ip netns exec m sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
                    net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
                """)

        /// `h0` and a chain of `hops` further hosts, each a router for the next: 198.18.K.0/24
        /// between the one before and `hK`, which has 198.18.K.2; `hK` drops its own
        /// time-exceeded messages where K is `silent`. The link to `hK` where K is `relayed` is
        /// to be carried by the relay, in the namespace `w` from `x` to `y`.
        static func chain(hops: Int, silent: Int? = nil, relayed: Int? = nil) -> Layout {
            var lines = ["ip netns add h0", "ip -n h0 link set dev lo up"]
            for hop in 1...hops {
                let (here, before) = ("h\(hop)", "h\(hop - 1)")
                lines += [
                    "ip netns add \(here)",
                    hop == relayed
                        ? """
                        ip netns add w
                        ip link add r\(hop) netns \(before) type veth peer name x netns w
                        ip link add l\(hop) netns \(here) type veth peer name y netns w
                        for i in x y; do
                            ip netns exec w sysctl -qw net.ipv6.conf.$i.disable_ipv6=1; ip -n w link set dev $i up
                        done
                        ip netns exec \(before) ethtool -K r\(hop) tx off >/dev/null
                        ip netns exec \(here) ethtool -K l\(hop) tx off >/dev/null
                        """
                        : "ip link add r\(hop) netns \(before) type veth peer name l\(hop) netns \(here)",
                    "ip -n \(before) addr add 198.18.\(hop).1/24 dev r\(hop)",
                    "ip -n \(here) addr add 198.18.\(hop).2/24 dev l\(hop)",
                    "ip -n \(before) link set dev r\(hop) up", "ip -n \(here) link set dev l\(hop) up",
                    "ip -n \(here) link set dev lo up", "ip -n \(before) route add default via 198.18.\(hop).2",
                    "ip netns exec \(here) sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000",
                ]
                for network in 1..<max(hop, 1) {
                    lines.append("ip -n \(here) route add 198.18.\(network).0/24 via 198.18.\(hop).1")
                }
            }
            if let silent {
                lines += [
                    "ip netns exec h\(silent) nft add table ip t",
                    "ip netns exec h\(silent) nft add chain ip t o '{ type filter hook output priority 0; }'",
                    "ip netns exec h\(silent) nft add rule ip t o icmp type time-exceeded drop",
                ]
            }
            return Layout(script: lines.joined(separator: "\n"))
        }

        /// `h`, the router `r`, `width` equal routers `b1`, `b2` ... beside each other, the router
        /// `s` where their nexthops join, and `t`, 198.18.9.2: `r` balances by flow. `bK` has 198.18.(100+K).2; it drops
        /// packets to `t` where K is `dead`.
        static func diamond(_ width: Int, dead: Int? = nil) -> Layout {
            var lines = ["for n in h r s t; do ip netns add $n; ip -n $n link set dev lo up; done"]
            func link(_ left: String, _ right: String, _ network: Int) {
                lines += [
                    "ip link add \(right)\(network) netns \(left) type veth peer name \(left)\(network) netns \(right)",
                    "ip -n \(left) addr add 198.18.\(network).1/24 dev \(right)\(network)",
                    "ip -n \(right) addr add 198.18.\(network).2/24 dev \(left)\(network)",
                    "ip -n \(left) link set dev \(right)\(network) up",
                    "ip -n \(right) link set dev \(left)\(network) up",
                ]
            }
            link("h", "r", 8)
            link("s", "t", 9)
            for branch in 1...width {
                lines.append("ip netns add b\(branch)")
                link("r", "b\(branch)", 100 + branch)
                link("b\(branch)", "s", 150 + branch)
                lines += [
                    "ip -n b\(branch) route add 198.18.9.0/24 via 198.18.\(150 + branch).2",
                    "ip -n b\(branch) route add 198.18.8.0/24 via 198.18.\(100 + branch).1",
                ]
            }
            let nexthops = (1...width).map { "nexthop via 198.18.\(100 + $0).2" }.joined(separator: " ")
            lines += [
                "ip -n h route add default via 198.18.8.2", "ip -n t route add default via 198.18.9.1",
                "ip -n r route add 198.18.9.0/24 \(nexthops)", "ip -n s route add 198.18.8.0/24 via 198.18.151.1",
                """
                for n in r s \((1...width).map { "b\($0)" }.joined(separator: " ")); do
                    ip netns exec $n sysctl -qw net.ipv4.ip_forward=1 net.ipv4.fib_multipath_hash_policy=1 \
                        net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000 \
                        net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
                done
                """,
            ]
            if let dead {
                lines += [
                    "ip netns exec b\(dead) nft add table ip t",
                    "ip netns exec b\(dead) nft add chain ip t f '{ type filter hook forward priority 0; }'",
                    "ip netns exec b\(dead) nft add rule ip t f ip daddr 198.18.9.2 drop",
                ]
            }
            return Layout(script: lines.joined(separator: "\n"))
        }

        /// This layout and further commands.
        func and(_ more: String) -> Layout { Layout(script: script + "\n" + more) }

        /// The same with files of its own in /mnt.
        var withFiles: Layout { Layout(script: "mount -t tmpfs none /mnt\n" + script) }
    }

    /// Lays out a lab, runs `body` in it and takes it away, whatever happens.
    static func with<Result: Sendable>(
        _ layout: Layout, _ body: @Sendable @escaping (Lab) async throws -> Result
    ) async throws -> Result {
        let isRoot = try await run(["id", "-u"]).output == "0\n"
        let unshare = isRoot ? ["-m"] : ["--user", "--map-root-user", "--net", "--mount"]
        let script = """
            set -e
            mount --make-rprivate /
            mkdir -p /run/netns
            mount -t tmpfs none /run/netns
            \(layout.script)
            echo ready
            cat >/dev/null
            """
        let result = try await Subprocess.run(
            .name("unshare"), arguments: Arguments(unshare + ["sh", "-c", script]), input: .inputWriter,
            output: .sequence, error: .string(limit: 1 << 16)
        ) { execution in
            var isReady = false
            for try await line in execution.standardOutput.strings() where line.contains("ready") {
                isReady = true
                break
            }
            guard isReady else { return Swift.Result<Result, any Error>.failure(LabError.notLaidOut) }
            let lab = Lab(anchor: execution.processIdentifier.value)
            let outcome: Swift.Result<Result, any Error>
            do {
                outcome = .success(try await body(lab))
            } catch {
                outcome = .failure(error)
            }
            try await execution.standardInputWriter.finish()
            return outcome
        }
        if case .failure(LabError.notLaidOut) = result.closureResult {
            Issue.record("the lab could not be laid out: \(result.standardError)")
        }
        return try result.closureResult.get()
    }

    enum LabError: Error { case notLaidOut, noOutput(String) }

    /// The arguments that run a program in one of the lab's namespaces.
    private func arguments(_ namespace: String, _ command: [String]) -> [String] {
        [
            "nsenter", "--target", "\(anchor)", "--mount", "--user", "--preserve-credentials", "--", "ip", "netns",
            "exec", namespace,
        ]
        .filter { Self.isUserNamespaced || !["--user", "--preserve-credentials"].contains($0) } + command
    }

    private static let isUserNamespaced = Environment.userIdentifier != 0

    /// Runs a program in a namespace until it ends.
    func run(_ namespace: String, _ command: [String], input: String = "") async throws -> Outcome {
        try await Self.run(arguments(namespace, command), input: input)
    }

    /// Runs our `ping` in a namespace until it ends.
    func ping(_ namespace: String = "a", _ arguments: String..., input: String = "") async throws -> Outcome {
        let list = arguments.flatMap { $0.split(separator: " ").map(String.init) }
        return try await run(namespace, [Binary.swiftNet, "ping"] + list, input: input)
    }

    /// Runs our `traceroute` in a namespace until it ends.
    func traceroute(_ namespace: String, _ arguments: String) async throws -> Outcome {
        try await run(
            namespace, [Binary.swiftNet, "traceroute"] + arguments.split(separator: " ").map(String.init))
    }

    /// Runs our `arping` in `a` until it ends.
    func arping(_ arguments: String) async throws -> Outcome {
        try await run("a", [Binary.swiftNet, "arping"] + arguments.split(separator: " ").map(String.init))
    }

    /// Runs a program beside `body` and ends it afterwards; `body` begins when
    /// the program has printed a line that contains `mark`.
    func beside<Result: Sendable>(
        _ namespace: String, _ command: [String], readyMark mark: String,
        _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        let arguments = arguments(namespace, command)
        CommandLog.add(arguments, status: nil)
        let result = try await Subprocess.run(
            .name(arguments[0]), arguments: Arguments(Array(arguments.dropFirst())), input: .none,
            output: .sequence,
            error: .combinedWithOutput
        ) { execution in
            var seen = ""
            var isReady = false
            for try await line in execution.standardOutput.strings() {
                seen += line
                if seen.contains(mark) {
                    isReady = true
                    break
                }
            }
            guard isReady else { throw LabError.noOutput(seen) }
            let value = try await body()
            try execution.send(signal: .kill)
            return value
        }
        return result.closureResult
    }

    /// Runs the relay between `a` and `b` of the layout `relayed` beside `body`.
    func relaying<Result: Sendable>(
        _ arguments: String, _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        try await beside(
            "r", [Binary.relay, "ra", "rb"] + arguments.split(separator: " ").map(String.init), readyMark: "ready", body
        )
    }

    /// Runs a program outside of every lab.
    static func run(_ arguments: [String], input: String = "") async throws -> Outcome {
        let result = try await Subprocess.run(
            arguments[0].contains("/") ? .path(FilePath(arguments[0])) : .name(arguments[0]),
            arguments: Arguments(Array(arguments.dropFirst())), input: .string(input),
            output: .string(limit: 64 << 20), error: .string(limit: 1 << 20))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        let outcome = Outcome(output: result.standardOutput, errors: result.standardError, status: status)
        SwiftNames.check(arguments, outcome)
        CommandLog.add(arguments, status: status)
        return outcome
    }
}
