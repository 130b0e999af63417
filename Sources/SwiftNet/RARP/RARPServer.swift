import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Tells hosts their IPv4 addresses (RFC 903), by a file in the format of ethers(5).
///
///     var configuration = RARPServer.Configuration()
///     configuration.ethers = "ethers"
///     configuration.duration = .seconds(60)
///     let summary = try RARPServer.run(["eth0"], configuration) { print($0) }
///     print("answered", summary.answered)
///
/// It needs CAP_NET_RAW.
public enum RARPServer: Tool {
    /// Requests, and what became of them.
    public typealias Event = RARPServerEvent
    public typealias Summary = RARPServerSummary

    /// Which hosts are served, and for how long.
    public struct Configuration: Sendable {
        /// The file of MAC addresses and IPv4 addresses or names.
        public var ethers = "/etc/ethers"
        /// Replies a second to one host, at most; more than 0.
        public var rate = 10.0
        /// How long it serves; nil for no end.
        public var duration: Nanoseconds?

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter interfaces: names; none for all interfaces that have an IPv4 address.
    public static func prepare(
        _ interfaces: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping {
            try SwiftNetError.check(rate: configuration.rate)
            return try Prepared(interfaces, configuration, options)
        }
    }

    /// A server whose file was read.
    public final class Prepared: PreparedPacketRun {
        public typealias Running = RARPServerEngine
        public typealias Event = RARPServerEvent
        public typealias Summary = RARPServerSummary

        /// Hosts in the file, with those whose names have no address yet.
        public var hostCount: Int { names.count }
        /// The names of the interfaces that are served, as they are now.
        public var interfaceNames: [String] { links.all.map(\.name) }
        /// Why the run ended early; known after the run.
        public private(set) var failure: SwiftNetError?
        /// The run ended as it was asked to, and not because an interface failed or is gone.
        public var isComplete: Bool { failure == nil && !watch.isOver }
        /// Called when SIGHUP had the file read again, with the number of its hosts or the error.
        package var onReload: ((Result<Int, SwiftNetError>) -> Void)?

        private let session: Session
        private let names: EthersNames
        private var links: RARPServerLinks
        private let watch: LinkWatch
        private let configuration: RARPServerConfiguration
        private var port: PacketSocketPort

        fileprivate init(_ interfaces: [String], _ asked: Configuration, _ options: RunOptions) throws {
            names = EthersNames(path: asked.ethers, onNotice: options.onNotice)
            if !names.read(), let failure = names.failure { throw failure }
            for name in interfaces { try EthernetLink.checkName(name) }
            let (session, sockets) = try Session.openLink(options, for: "rarp")
            self.session = session
            names.lookUpNames(by: session.resolver)
            links = try RARPServerLinks(names: interfaces)
            // Without names more interfaces may come: SIGHUP takes them in.
            port = try session.linkPort(
                sockets, on: interfaces.count == 1 ? links.all[0].index : 0, hearing: .etherTypes([.reverseARP]))
            // Of interfaces that were not named, one that is gone leaves the others.
            watch = LinkWatch(links.all, needsAll: !interfaces.isEmpty, session)
            var configuration = RARPServerConfiguration(links: links.configurations, table: names.table)
            configuration.rate = asked.rate
            configuration.duration = asked.duration
            self.configuration = configuration
        }

        /// The name of an interface that is served.
        public func interfaceName(of index: UInt32) -> String? { links.name(index) }

        /// A reply could not be sent because its interface is down, which is reported as a change of the link.
        public func isReported(_ failure: TransmissionFailure) -> Bool { watch.explains(failure) }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> RARPServerSummary where Observer.Observed == RARPServerEngine {
            try session.begin()
            var engine = RARPServerEngine(configuration)
            failure = SessionObserver.erasing(&observer) { observer in
                let fed = observer.before { engine, wakening, now in self.feed(&engine, wakening, at: now) }
                return watch.run(&engine, on: &port, observer: fed)
            }
            return engine.summary
        }

        private func feed(_ engine: inout RARPServerEngine, _ wakening: WakeReason, at now: Instant) -> Instant? {
            let changes = watch.take(at: now)
            for change in changes {
                if case .renamed(let former) = change.kind { links.rename(change, from: former) }
            }
            if watch.isOver { engine.stop(at: now) }
            var isChanged = names.takeNames()
            if wakening.contains(.reload) {
                if names.read() {
                    isChanged = true
                    if links.update(keeping: watch.awaited) { watch.watch(links.all) }
                }
                onReload?(names.failure.map { .failure($0) } ?? .success(names.count))
            }
            if isChanged { engine.serve(names.table, on: links.configurations) }
            // What changed may be a reason to send.
            return changes.isEmpty ? nil : now
        }
    }
}
