import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// The ICMP sockets of a run, opened with a privilege and used without it.
struct PingSockets {
    private(set) var v4: ICMPChannel?
    private(set) var v6: ICMPChannel?
    /// The sockets for neighbor lookups; nil without CAP_NET_RAW.
    private(set) var reserve: SocketReserve?

    /// Opens raw sockets with CAP_NET_RAW, otherwise ICMP datagram sockets.
    /// - Parameters:
    ///   - needsRaw: the option that requires raw sockets, if any.
    ///   - packetSockets: the number of packet sockets to open too, if allowed.
    init(
        families: Set<IPAddress.Family>, configuration: ICMPSocketConfiguration, isRaw: Bool, needsRaw: String?,
        packetSockets: Int = 0
    ) throws {
        if !isRaw, let needsRaw { throw SwiftNetError.missingCapability(needsRaw) }
        // A container may refuse packet sockets but allow raw ones.
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

    /// The number of packets that may wait in the kernel for neighbor resolution.
    func unresolvedCapacity(packetLength: Int) -> Int {
        [v4, v6].compactMap { $0?.unresolvedCapacity(packetLength: packetLength) }.min() ?? 1
    }

    func channel(_ family: IPAddress.Family) -> ICMPChannel? { family == .v4 ? v4 : v6 }

    /// The address families with a socket.
    var families: [IPAddress.Family] { (v4 == nil ? [] : [.v4]) + (v6 == nil ? [] : [.v6]) }
}

extension Ping.Configuration {
    /// The option that ICMP datagram sockets do not support; nil if they suffice.
    func needsRaw(_ options: RunOptions) -> String? {
        if query != .echo { return "--icmp \(query.rawValue)" }
        if flowLabel != nil { return "-F" }
        if fragments != nil { return "--fragment" }
        if options.capture != nil { return "--pcap" }
        if identifier == 0 { return "-e 0" }
        return nil
    }

    /// Prepares the sockets for the probes.
    /// - Parameter isSweep: whether probes to many targets are in flight at a time.
    func sockets(isSweep: Bool) -> ICMPSocketConfiguration {
        var sockets = ICMPSocketConfiguration()
        sockets.interface = interface
        sockets.source = source
        sockets.mark = mark
        // Probes that wait for the kernel's neighbor resolution occupy the send buffer.
        sockets.sendBuffer = sendBuffer ?? (isSweep ? 1 << 20 : nil)
        sockets.allowsBroadcast = allowsBroadcast
        sockets.bypassesRouting = bypassesRouting
        sockets.debugs = debugs
        sockets.loopsMulticast = loopsMulticast
        sockets.replyTypes = [ICMPv4Type(rawValue: query.answerType(.v4))]
        sockets.replyTypesV6 = [ICMPv6Type(rawValue: query.answerType(.v6))]
        // The length of a reply with options, plus a margin.
        sockets.longestPacket = max(2048, data.count + 8 + 60 + 76)
        // Room for every probe in flight, plus the kernel's overhead per packet.
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

    /// Returns the requirements for the route to a target.
    /// - Parameter started: the time at which the deadline began to count.
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

    /// Returns the form of the probes for a route.
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
}

extension FrameCapture {
    /// Starts to capture the packets of a ping, including neighbor lookups.
    func start(identifier: UInt16, query: ICMPQuery, withNeighbors: Bool = false) throws {
        let types = [query.requestType(.v4), query.answerType(.v4)].map(ICMPv4Type.init(rawValue:))
        let typesV6 = [query.requestType(.v6), query.answerType(.v6)].map(ICMPv6Type.init(rawValue:))
        try start(
            .conversation(identifier: identifier, types: types, typesV6: typesV6, withNeighbors: withNeighbors))
    }
}
