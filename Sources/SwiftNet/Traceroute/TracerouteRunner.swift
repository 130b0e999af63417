import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// One target of a trace: its text, destination and configuration.
public struct TraceTarget: Sendable {
    public let text: String
    public let destination: Destination
    public let configuration: TracerouteConfiguration
    /// The outgoing interface, which may no longer exist at the end of the run.
    public let interface: String?
}

/// The common part of all traces: sockets, targets, names and links.
public final class TracerouteRunner {
    public let targets: [TraceTarget]
    /// The names of hosts that replied, looked up in the background.
    package let names: HostNames

    private let session: Session
    private let channels: [IPAddress.Family: ICMPChannel]
    private let segments: SegmentReceiver?
    private let links: LinkTroubles

    private struct Sockets {
        var channels: [IPAddress.Family: ICMPChannel]
        var receivers: [IPAddress.Family: SegmentReceiver] = [:]
    }

    init(_ texts: [String], _ asked: Traceroute.Configuration, _ options: RunOptions) throws {
        try asked.check()
        let expressions = try texts.map { try Self.expression($0, isOnlyTarget: texts.count == 1) }
        let interface = try asked.interface.map { name throws(SwiftNetError) in
            guard let index = Interface.index(of: name) else {
                throw SwiftNetError.noInterface(name, "-i")
            }
            return index
        }
        let method = asked.probe.method
        let all = expressions.flatMap { $0.families(asked.family) }
        let families = [IPAddress.Family.v4, .v6].filter(all.contains)
        let (session, sockets) = try Session.open(options, .rawSockets("traceroute")) { _ in
            var sockets = Sockets(channels: try Self.channels(families, asked))
            guard method == .tcp else { return sockets }
            for family in sockets.channels.keys { sockets.receivers[family] = try SegmentReceiver(family) }
            return sockets
        }
        self.session = session
        var requirements = Destination.Requirements()
        requirements.interface = interface ?? 0
        requirements.source = asked.source
        requirements.mark = asked.mark
        requirements.firstGateway = asked.probe.gateways.first
        var found: [TraceTarget] = []
        for (text, target) in zip(texts, expressions) {
            guard target.isOf(asked.family) else {
                throw Destination.Problem(text, SystemError.addressFamilyNotFound)
            }
            requirements.families = target.families(asked.family).filter { sockets.channels[$0] != nil }
            if requirements.firstGateway != nil {
                requirements.families.removeAll { $0 == .v6 }
                guard !requirements.families.isEmpty else {
                    throw SwiftNetError(.invalidArgument, "-g", "\(text): IPv6 has no source routes (RFC 5095)")
                }
            }
            if asked.probe.flowLabel != 0 {
                requirements.families.removeAll { $0 == .v4 }
                guard !requirements.families.isEmpty else {
                    throw SwiftNetError(.invalidArgument, "-l", "\(text): IPv4 has no flow labels")
                }
            }
            let destination = try Destination.find(target, text: text, requirements, resolver: session.resolver)
            found.append(
                TraceTarget(
                    text: text, destination: destination, configuration: asked.probe(to: destination),
                    interface: destination.interfaceName))
        }
        targets = found
        let used = Set(found.map(\.destination.address.family))
        channels = sockets.channels.filter { used.contains($0.key) }
        for (family, channel) in channels {
            let zones = Set(found.filter { $0.destination.address.family == family }.map(\.destination.zone))
            guard zones.count == 1, let zone = zones.first else {
                throw SwiftNetError(.invalidArgument, nil, "targets cannot be in different zones (%NAME)")
            }
            channel.scope = zone
            try channel.prepare(identifier: asked.probe.identifier)
        }
        guard method != .tcp || used.count == 1 else {
            throw SwiftNetError(.invalidArgument, "-T", "targets must be of one family, IPv4 or IPv6")
        }
        segments = used.first.flatMap { sockets.receivers[$0] }
        try segments?.start(port: asked.probe.destinationPort)
        try options.capture?.start(tracing: found.map(\.configuration))
        links = LinkTroubles(Set(found.map(\.destination.route.interfaceIndex)), reactor: session.reactor)
        names = HostNames(resolver: session.resolver, zone: found.first?.destination.route.interfaceIndex ?? 0)
    }

    /// Returns the lookups of autonomous systems.
    package func origins(_ source: OriginSource) -> RouteOrigins {
        RouteOrigins(RegistryQueries(source, resolver: session.resolver))
    }

    /// Runs an engine on the sockets to its end.
    /// - Parameter setLink: notes that the link of a target is down, or with nil that it is up again.
    func run<E: Engine & ~Copyable, Observer: EngineObserver>(
        _ engine: inout E, reportingTo observer: inout Observer,
        setLink: @escaping (inout E, _ target: Int, TransmissionFailure?) -> Void
    ) throws(SwiftNetError) where Observer.Observed == E {
        try session.begin()
        var port = ICMPSocketPort(
            v4: channels[.v4], v6: channels[.v6], reactor: session.reactor, tap: session.capture?.tap,
            segments: segments, trace: session.options.onPacket)
        let (links, targets) = (links, targets)
        try SwiftNetError.wrapping {
            try SessionObserver.erasing(&observer) { observer in
                let watching = observer.before { engine, _, now in
                    for change in links.take(at: now) {
                        for (index, target) in targets.enumerated()
                        where target.destination.route.interfaceIndex == change.interface {
                            setLink(&engine, index, change.failure)
                        }
                    }
                    return links.next
                }
                try session.run(&engine, on: &port, observer: watching)
            }
        }
    }

    // MARK: Targets and sockets

    private static func expression(_ text: String, isOnlyTarget: Bool) throws(SwiftNetError) -> TargetExpression {
        let target = try SwiftNetError.target(text, isOnlyTarget: isOnlyTarget)
        if case .ranges = target {
            throw SwiftNetError(.invalidArgument, text, "not a host")
        }
        return target
    }

    /// One address family that is unavailable is ignored if the other is available.
    private static func channels(
        _ families: [IPAddress.Family], _ asked: Traceroute.Configuration
    ) throws -> [IPAddress.Family: ICMPChannel] {
        var sockets = ICMPSocketConfiguration()
        sockets.interface = asked.interface
        sockets.mark = asked.mark
        // Packets are sent exactly as the engine built them, regardless of the kernel's cached path MTU.
        sockets.pathMTUDiscovery = .probe
        // The longest reply is an echo reply, as long as its request.
        let isLongest = asked.findsPathMTU && asked.probe.method == .icmp
        sockets.longestPacket = max(sockets.longestPacket, isLongest ? 65_535 : asked.packetLength ?? 0)
        sockets.acceptsAllErrors = true
        sockets.receiveBuffer = 1 << 20
        var channels: [IPAddress.Family: ICMPChannel] = [:]
        var failure: SystemError?
        for family in families {
            do throws(SystemError) {
                channels[family] = try ICMPChannel(family, level: .raw, configuration: sockets)
            } catch {
                failure = error
            }
        }
        if channels.isEmpty, let failure { throw failure }
        return channels
    }
}

extension FrameCapture {
    /// Starts to capture the packets of traces and the replies to them.
    fileprivate func start(tracing configurations: [TracerouteConfiguration]) throws {
        let protocols: [IPProtocol] =
            [.icmp, .icmpv6] + (configurations.contains { $0.method == .udp } ? [.udp] : [])
            + (configurations.contains { $0.method == .tcp } ? [.tcp] : [])
        try start(.protocols(protocols)) { frame in
            var offset = 0
            if frame.hasEthernetHeader {
                guard let received = ReceivedFrame(frame.bytes.rawBytes) else { return false }
                offset = received.payloadOffset
            }
            let packet = frame.bytes.rawBytes.dropping(offset)
            return configurations.contains { $0.isOwn(packet) }
        }
    }
}
