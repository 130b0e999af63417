import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

// Checks of values and of their combinations.
extension Ping.Configuration {
    /// Returns the configuration for the only family that supports its query and options.
    /// - Throws: if there is none, and for invalid combinations.
    func checked() throws(SwiftNetError) -> Ping.Configuration {
        if let interface, Interface.index(of: interface) == nil {
            throw SwiftNetError(.interface, nil, "unknown iface: \(interface)")
        }
        if let reportInterval, reportInterval <= .zero {
            throw SwiftNetError(.invalidArgument, "--report-every", "the interval must be greater than 0")
        }
        try checkRanges()
        try checkFragments()
        var configuration = self
        for (option, only) in familyOptions {
            configuration.family = configuration.family ?? only
            guard configuration.family == only else {
                throw SwiftNetError(.invalidArgument, nil, "\(option) supports only \(only)")
            }
        }
        return configuration
    }

    /// The options in use that one address family has.
    private var familyOptions: [(option: String, only: IPAddress.Family)] {
        var found: [(option: String, only: IPAddress.Family)] = []
        if !query.exists(in: .v6) { found.append(("--icmp \(query.rawValue)", .v4)) }
        if options.list.contains(where: { if case .timestamp = $0 { true } else { false } }) {
            found.append(("-T", .v4))
        } else if !options.isEmpty {
            found.append(("-R", .v4))
        }
        if flowLabel != nil { found.append(("-F", .v6)) }
        return found
    }

    /// Returns why a target of an address family cannot be pinged.
    func refusal(of family: IPAddress.Family) -> String {
        familyOptions.first { $0.only != family }.map { "\($0.option) supports only \($0.only)" }
            ?? SystemError.addressFamilyNotFound
    }

    private func checkRanges() throws(SwiftNetError) {
        try SwiftNetError.check(count, in: 1...Int.max, "-c")
        try SwiftNetError.check(preload, in: PingConfiguration.preloads, "-l")
        try SwiftNetError.check(consecutive, in: PingConfiguration.consecutiveCounts, "--consecutive")
        try SwiftNetError.check(timeToLive, in: IPv4View.timesToLive, "-t")
        try SwiftNetError.check(flowLabel, in: IPv6View.flowLabels, "-F")
        // Options shorten the longest datagram.
        let most = PingConfiguration.dataLengths.upperBound - options.paddedByteCount
        try SwiftNetError.check(data.count, in: 0...most, "-s")
    }

    private func checkFragments() throws(SwiftNetError) {
        guard let fragments else { return }
        guard pathMTUDiscovery != .do else {
            throw SwiftNetError(.invalidArgument, nil, "--fragment cannot be used with -M do")
        }
        let length = data.count + ICMPv4View.headerLength
        guard length > fragments.size else {
            throw SwiftNetError(
                .invalidArgument, "--fragment",
                "a message of \(length) bytes (-s \(data.count)) is one fragment of \(fragments.size)")
        }
    }

    // MARK: Limits of users and of targets

    /// The minimum interval for an ordinary user's probes, and for probes to many hosts (iputils).
    static let minimumUserInterval = Nanoseconds.milliseconds(2)
    static let minimumMulticastUserInterval = Nanoseconds.seconds(1)

    /// Checks the limits that iputils sets for an ordinary user.
    func checkUserLimits() throws(SwiftNetError) {
        guard !Privileges.isSuperuser else { return }
        // The interval of an adaptive ping follows the round-trip time.
        guard interval >= Self.minimumUserInterval || isAdaptive && interval == .zero && !isIntervalExplicit else {
            throw SwiftNetError(
                .invalidArgument, nil,
                "cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)")
        }
        guard preload <= 3 else {
            throw SwiftNetError(.invalidArgument, nil, "cannot set preload to value greater than 3: \(preload)")
        }
    }

    /// - Returns: whether many hosts may reply.
    func checkMulticast(_ destination: Destination) throws(SwiftNetError) -> Bool {
        let isBroadcast = destination.route.kind == .broadcast
        guard !isBroadcast || allowsBroadcast else {
            throw SwiftNetError(.broadcast, "\(destination.address)", "is a broadcast address")
        }
        let isToMany = isBroadcast || destination.address.isMulticast
        guard isToMany, !Privileges.isSuperuser else { return isToMany }
        let kind = destination.address.family == .v4 ? "broadcast" : "multicast"
        guard interval >= Self.minimumMulticastUserInterval else {
            throw SwiftNetError(
                .invalidArgument, nil,
                "minimal interval for \(kind) ping for user must be >= 1000 ms, use -i 1 (or higher)")
        }
        if let mode = pathMTUDiscovery, mode != .do {
            throw SwiftNetError(.invalidArgument, nil, "\(kind) ping does not fragment")
        }
        return true
    }

    /// Overlapping fragments are for testing hosts of attached networks, not for evading other networks' filters.
    func checkFragments(_ destination: Destination) throws(SwiftNetError) {
        guard let plan = fragments else { return }
        let isNear =
            destination.route.kind == .local
            || destination.route.kind == .unicast && destination.route.gateway == nil
        guard plan.order != .overlapping || isNear else {
            throw SwiftNetError(
                .invalidArgument, "--fragment-order overlapping",
                "\(destination.address) is not on an attached network")
        }
        let headers = destination.address.family == .v4 ? IPv4View.minimumHeaderLength : IPv6View.headerLength + 8
        let most = (destination.route.linkMTU > 0 ? destination.route.linkMTU : 1_500) - headers
        guard plan.size <= most else {
            throw SwiftNetError(
                .invalidArgument, "--fragment",
                "\(plan.size) bytes and their headers exceed the interface's MTU")
        }
    }
}
