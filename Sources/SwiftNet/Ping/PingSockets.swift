import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// The ICMP sockets of a run, opened with the privilege they need and used without it.
struct PingSockets {
    private(set) var v4: ICMPChannel?
    private(set) var v6: ICMPChannel?
    /// For seeking neighbors; nil without CAP_NET_RAW.
    private(set) var reserve: SocketReserve?

    /// Opens raw sockets where CAP_NET_RAW allows it, ICMP datagram sockets where it does not.
    /// - Parameters:
    ///   - needsRaw: the option for which a datagram socket will not do.
    ///   - packetSockets: how many packet sockets are opened beside them, where that is allowed.
    init(
        families: Set<IPAddress.Family>, configuration: ICMPSocketConfiguration, isRaw: Bool, needsRaw: String?,
        packetSockets: Int = 0
    ) throws {
        if !isRaw, let needsRaw { throw SwiftNetError.missingCapability(needsRaw) }
        // A container may refuse packet sockets though it allows raw ones.
        if isRaw, packetSockets > 0 { reserve = try? SocketReserve(packetSockets: packetSockets) }
        var failure: SystemError?
        for family in families {
            do throws(SystemError) {
                let channel = try ICMPChannel(family, level: isRaw ? .raw : .datagram, configuration: configuration)
                if family == .v4 { v4 = channel } else { v6 = channel }
            } catch {
                failure = error
            }
        }
        if v4 == nil, v6 == nil, let failure { throw failure }
    }

    /// How many packets may wait in the kernel for stations to be found.
    func unresolvedCapacity(packetLength: Int) -> Int {
        [v4, v6].compactMap { $0?.unresolvedCapacity(packetLength: packetLength) }.min() ?? 1
    }

    func channel(_ family: IPAddress.Family) -> ICMPChannel? { family == .v4 ? v4 : v6 }

    /// The families for which there is a socket.
    var families: [IPAddress.Family] { (v4 == nil ? [] : [.v4]) + (v6 == nil ? [] : [.v6]) }
}

extension Ping.Configuration {
    /// What the kernel's datagram sockets cannot do, by its option; nil where they will do.
    func needsRaw(_ options: RunOptions) -> String? {
        if query != .echo { return "--icmp \(query.rawValue)" }
        if flowLabel != nil { return "-F" }
        if fragments != nil { return "--fragment" }
        if options.capture != nil { return "--pcap" }
        if identifier == 0 { return "-e 0" }
        return nil
    }

    /// The sockets for the probes.
    /// - Parameter isSweep: probes to many targets are under way at a time.
    func sockets(isSweep: Bool) -> ICMPSocketConfiguration {
        var sockets = ICMPSocketConfiguration()
        sockets.interface = interface
        sockets.source = source
        sockets.mark = mark
        // Probes that wait for the kernel to find a neighbor's station take the send buffer.
        sockets.sendBuffer = sendBuffer ?? (isSweep ? 1 << 20 : nil)
        sockets.allowsBroadcast = allowsBroadcast
        sockets.bypassesRouting = bypassesRouting
        sockets.debugs = debugs
        sockets.loopsMulticast = loopsMulticast
        sockets.replyTypes = [ICMPv4Type(rawValue: query.answerType(.v4))]
        sockets.replyTypesV6 = [ICMPv6Type(rawValue: query.answerType(.v6))]
        // A reply with options and a little more than was asked for.
        sockets.longestPacket = max(2048, data.count + 8 + 60 + 76)
        // Room for every probe under way, and what the kernel adds to each.
        let perPacket = data.count + 8 + ((data.count + 8 + 511) / 512) * 768
        sockets.receiveBuffer = isSweep ? 8 << 20 : max(1 << 20, min(perPacket * preload, 32 << 20))
        sockets.hopLimit = timeToLive
        sockets.trafficClass = trafficClass
        sockets.pathMTUDiscovery = pathMTUDiscovery
        sockets.ipv4Options = options.isEmpty ? [] : options.encoded()
        sockets.ignoresKernelStamps = ignoresKernelStamps
        sockets.wantsTransmitStamps = splitsFirstRoundTrip
        return sockets
    }

    /// What the options ask of the route to a target.
    /// - Parameter started: when the deadline began to count.
    func requirements(families: [IPAddress.Family], started: Instant) -> Destination.Requirements {
        var requirements = Destination.Requirements()
        requirements.families = families
        requirements.interface = interface.flatMap(Interface.index) ?? 0
        requirements.source = source
        requirements.mark = mark
        requirements.trafficClass = trafficClass ?? 0
        requirements.deadline = deadline.map { started + $0 }
        return requirements
    }

    /// How the probes look, by what the kernel says of the route.
    func format(
        to route: Route, source: IPAddress, level: ICMPChannel.Level, identifier: UInt16, firstIdentification: UInt16
    ) -> PingProbeFormat {
        var header = PingProbeHeader()
        let isToMany = route.kind == .multicast || route.kind == .broadcast
        header.hopLimit = timeToLive ?? query.hopLimit(source.family, isMulticast: route.kind == .multicast)
        header.trafficClass = trafficClass ?? 0
        header.flowLabel = flowLabel ?? 0
        header.options = options
        header.fragments = fragments
        header.firstIdentification = firstIdentification
        header.pathMTUDiscovery = pathMTUDiscovery ?? (isToMany ? .do : .want)
        header.linkMTU = route.linkMTU > 0 ? route.linkMTU : 1_500
        header.pathMTU = route.mtu > 0 ? route.mtu : header.linkMTU
        var random = SystemRandomness()
        return PingProbeFormat(
            query: query, level: level == .raw ? .datagram : .message, source: source, identifier: identifier,
            header: header, data: data, key: SipHash(using: &random))
    }

    /// The configuration for the only family that has its query and its options.
    /// - Throws: where there is none, and for what no ping can have.
    func checked() throws(SwiftNetError) -> Ping.Configuration {
        if let interface, Interface.index(of: interface) == nil {
            throw SwiftNetError(.interface, nil, "unknown iface: \(interface)")
        }
        if let reportInterval, reportInterval <= .zero {
            throw SwiftNetError(.invalidArgument, "--report-every", "the time between two reports is not positive")
        }
        var configuration = self
        if !options.isEmpty || !query.exists(in: .v6) { configuration.family = .v4 }
        guard family == .v6, configuration.family == .v4 else { return configuration }
        guard query.exists(in: .v6) else {
            throw SwiftNetError(.invalidArgument, nil, "--icmp \(query.rawValue) is a question of IPv4")
        }
        throw SwiftNetError(.invalidArgument, nil, "-R and -T are options of IPv4")
    }
}

extension FrameCapture {
    /// Begins to listen for the conversation of a ping, with the search for neighbors' stations where it has one.
    func start(identifier: UInt16, query: ICMPQuery, withNeighbors: Bool = false) throws {
        let types = [query.requestType(.v4), query.answerType(.v4)].map(ICMPv4Type.init(rawValue:))
        let typesV6 = [query.requestType(.v6), query.answerType(.v6)].map(ICMPv6Type.init(rawValue:))
        try start(
            .conversation(identifier: identifier, types: types, typesV6: typesV6, withNeighbors: withNeighbors))
    }
}
