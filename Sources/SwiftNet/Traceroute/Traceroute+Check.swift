import Diagnostics
import PacketEngine
import WireFormat

extension Traceroute.Configuration {
    /// Throws if a value is out of range, or does not apply to the method or the address family.
    func check() throws(SwiftNetError) {
        typealias Limits = TracerouteConfiguration
        try SwiftNetError.check(probe.maximumHops, in: Limits.hops, "-m")
        guard Limits.hops.contains(probe.firstHop), probe.firstHop <= probe.maximumHops else {
            throw SwiftNetError.invalid(probe.firstHop, "-f", expected: "1 to \(probe.maximumHops), the last hop")
        }
        try SwiftNetError.check(probe.gap, in: Limits.hops, "--gap")
        try SwiftNetError.check(probe.queries, in: Limits.queryCounts, "-q")
        try SwiftNetError.check(probe.window, in: Limits.windows, "-N")
        try SwiftNetError.check(packetLength, in: Limits.packetLengths, "--size")
        try SwiftNetError.check(probe.flowLabel, in: IPv6View.flowLabels, "-l")
        try SwiftNetError.check(probe.longestWait, in: Limits.leastWait...Nanoseconds(.max), "-w")
        try SwiftNetError.check(probe.hereFactor, in: Limits.waitFactors, "-w")
        try SwiftNetError.check(probe.nearFactor, in: Limits.waitFactors, "-w")
        try SwiftNetError.check(probe.sendInterval, in: Nanoseconds.zero...Nanoseconds(.max), "-z")
        try checkMethod()
        guard probe.gateways.count <= IPv4RouteData.maximumGateways else {
            throw SwiftNetError(
                .invalidArgument, "-g",
                "\(probe.gateways.count) gateways given (at most \(IPv4RouteData.maximumGateways))")
        }
        // IPv6's routing header type 0 is deprecated (RFC 5095).
        if family == .v6, !probe.gateways.isEmpty { throw Self.conflict("-g", "-6") }
        if family == .v4, probe.flowLabel != 0 { throw Self.conflict("-l", "-4") }
    }

    /// A SYN has a fixed length and no field that changes with each probe, and only a SYN has TCP options.
    private func checkMethod() throws(SwiftNetError) {
        guard probe.method == .tcp else {
            guard !probe.asksForECN, probe.maximumSegmentSize == nil else {
                throw SwiftNetError(.invalidArgument, nil, "-O requires -T")
            }
            return
        }
        if probe.maximumSegmentSize == 0 { throw SwiftNetError.invalid("mss=0", "-O", expected: "mss=1 or more") }
        if findsPathMTU { throw Self.conflict("--mtu", "-T") }
        if packetLength != nil { throw Self.conflict("--size", "-T") }
        if !probe.isOneFlow { throw Self.conflict("--no-paris", "-T") }
    }

    /// Throws if the method has no ports, by which routers that balance load select a path.
    func checkPorts() throws(SwiftNetError) {
        guard probe.method.hasPorts else { throw Self.conflict("-I", "--paths") }
    }

    private static func conflict(_ option: String, _ other: String) -> SwiftNetError {
        SwiftNetError(.invalidArgument, nil, "\(option) cannot be used with \(other)")
    }
}
