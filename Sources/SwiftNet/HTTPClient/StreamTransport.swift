import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// The transport of a run's connections: the kernel's TCP, with a tap if needed, or a user-space host.
final class StreamTransport {
    /// The options of a transport.
    struct Requirements {
        var stack = TCPStack.kernel
        /// The address family of name lookups; nil for both.
        var family: IPAddress.Family?
        /// The only interface for connections.
        var interface: String?
        /// Whether to record SYN-ACK properties.
        var keepsHandshakes = false
        /// Whether to report segments.
        var reportsSegments = false
    }

    let segments = SegmentReports()
    private let session: Session
    var reactor: Reactor { session.reactor }
    private let tap: ConnectionTap?
    private let keepsHandshakes: Bool
    private var kernel: KernelStreams?
    private var user: HostStreams<PacketSocketPort, BackgroundNames>?
    private var watch: LinkWatch?
    /// Whether the user-space host's interface exists until the end of the run.
    var isComplete: Bool { !(watch?.isOver ?? false) }

    /// Opens the session; with a user-space host, waits until it has its address.
    init(_ asked: Requirements, _ options: RunOptions) throws {
        keepsHandshakes = asked.keepsHandshakes
        switch asked.stack {
        case .kernel:
            if let interface = asked.interface { try EthernetLink.checkState(of: interface) }
            let purpose: String? =
                if options.capture != nil {
                    "--pcap"
                } else if options.onPacket != nil {
                    "--explain"
                } else if asked.keepsHandshakes {
                    "--tcp"
                } else {
                    asked.reportsSegments ? "--segments" : nil
                }
            let segments = segments
            let (session, tap) = try Session.open(options, purpose.map { .rawSockets($0) } ?? .nothing) { _ in
                try purpose.map { _ in try ConnectionTap(options, segments) }
            }
            self.session = session
            self.tap = tap
            try tap?.start()
            var streams = try KernelStreams(
                family: asked.family, interface: asked.interface, resolver: session.resolver)
            if let tap { streams.beginning = { tap.begin($0, localPort: $1) } }
            kernel = consume streams
        case .user(let stack):
            let (link, configuration) = try stack.find(on: asked.interface)
            let (session, sockets) = try Session.openLink(options, for: "--stack user")
            self.session = session
            tap = nil
            var port = try UserHostLinks.port(
                sockets.packetSocket(), of: configuration, on: [link], beginsCapture: false, session)
            let watch = LinkWatch([link.interface], reportsMTU: true, session)
            self.watch = watch
            port.endsWithInterface = !watch.isActive
            var streams = HostStreams(
                configuration, on: port,
                names: BackgroundNames(family: asked.family ?? stack.address.family, resolver: session.resolver))
            streams.linkChanges = { watch.take(at: $0) }
            if let obstacle = try streams.bringUp() { throw SwiftNetError(ofHost: obstacle) }
            session.capture?.begin()
            if asked.reportsSegments {
                let segments = segments
                streams.watch {
                    segments.take($0, hasEthernetHeader: true, isOutbound: $1, stamp: $2.nanoseconds)
                }
            }
            user = consume streams
        }
    }

    /// Returns the SYN-ACK properties of an outcome's connection; nil if they were not recorded.
    func handshake(of outcome: HTTPOutcome) -> HandshakeFacts? {
        keepsHandshakes ? tap?.handshake(of: outcome) : nil
    }

    /// Runs an engine to its end.
    /// - Returns: the duration.
    func run<E: StreamEngine & ~Copyable>(
        _ engine: inout E, observer: SessionObserver<E>
    ) throws -> Nanoseconds {
        try session.begin()
        let start = SystemClock.now
        if var port = kernel.take() {
            let tap = tap
            // Segments captured before a failure count too.
            defer { if port.hasOpened { tap?.finish() } else { session.capture?.discard() } }
            let drained = tap.map { tap in
                observer.before { _, _, _ in
                    tap.drain()
                    return nil
                }
            }
            try session.run(&engine, on: &port, observer: drained ?? observer)
            if let interruption = port.interruption { throw interruption }
            return SystemClock.now - start
        }
        guard var port = user.take() else { return .zero }
        defer { session.capture?.finish() }
        let watched = observer.before { engine, _, now in
            if !self.isComplete { engine.stop(at: now) }
            return nil
        }
        try session.run(&engine, on: &port, observer: watched)
        let elapsed = SystemClock.now - start
        guard isComplete else { return elapsed }
        try port.settle(atMost: .seconds(1))
        return elapsed
    }
}

extension SwiftNetError {
    fileprivate init<Port, Names>(ofHost obstacle: HostStreams<Port, Names>.Obstacle)
    where Port: PacketPort & ~Copyable {
        switch obstacle {
        case .taken(let address, let mac): self.init(.addressInUse, "--source", "\(address) is in use by \(mac)")
        case .stopped: self.init(.interrupted, "--source", "stopped before the address check was complete")
        case .unchecked(let failure):
            self.init(.interface, "--source", "cannot check the address: \(failure)")
        }
    }
}

/// Name lookups by the system's resolver, whose queries to name servers the user-space host sends.
private struct BackgroundNames: NameSource {
    private let names: ForwardNames
    private let queries = DNSQueryQueue()
    private let resolver: Resolver
    private let services = Services()

    /// The results of queries of HTTPS records.
    private final class Services {
        var results: [(name: String, answer: Result<ServiceRecords, NameFailure>)] = []
    }

    init(family: IPAddress.Family?, resolver: Resolver) {
        self.resolver = resolver
        names = ForwardNames(family: family, resolver: resolver, isOrdered: false)
        resolver.queries = queries
    }

    func ask(_ name: String) { names.ask(name) }

    func take() -> [(name: String, answer: Result<[ResolvedAddress], NameFailure>)] {
        names.take().results.map { ($0.name, $0.answer.addresses) }
    }

    func askServices(_ name: String) {
        resolver.lookUpServices(of: name) { [services] in services.results.append((name, $0)) }
    }

    func takeServices() -> [(name: String, answer: Result<ServiceRecords, NameFailure>)] {
        defer { services.results = [] }
        return services.results
    }

    func takeQueries() -> [(number: UInt64, query: DNSQuery)] { queries.take() }

    func answer(_ number: UInt64, _ outcome: StubResolver.Outcome) { queries.finish(number, outcome) }
}
