import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Answers RARP requests for IPv4 addresses (RFC 903) from a file in the format of ethers(5).
///
///     var configuration = RARPServer.Configuration()
///     configuration.ethers = "ethers"
///     configuration.duration = .seconds(60)
///     let summary = try RARPServer.run(["eth0"], configuration) { print($0) }
///     print("answered", summary.answered)
///
/// It needs CAP_NET_RAW.
public enum RARPServer: Tool {
    /// Requests and how they were handled.
    public typealias Event = RARPServerEvent
    public typealias Summary = RARPServerSummary

    /// The hosts to serve, and the duration.
    public struct Configuration: Sendable {
        /// The file of MAC addresses and IPv4 addresses or names.
        public var ethers = "/etc/ethers"
        /// The maximum number of replies per second to one host; more than 0.
        public var rate = 10.0
        /// The duration of the run; nil for no limit.
        public var duration: Nanoseconds?

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter interfaces: the names of interfaces; empty for all that have an IPv4 address.
    public static func prepare(
        _ interfaces: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping {
            try SwiftNetError.check(rate: configuration.rate)
            return try Prepared(interfaces, configuration, options)
        }
    }

    /// A server with its table.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = RARPServerEngine
        public typealias Event = RARPServerEvent
        public typealias Summary = RARPServerSummary

        /// The number of hosts in the file, including those whose name has no address yet.
        public var hostCount: Int { names.count }
        /// The current names of the served interfaces.
        public var interfaceNames: [String] { links.all.map(\.name) }
        /// The reason why the run ended early; known after the run.
        public private(set) var failure: SwiftNetError?
        /// Whether the run ended as requested rather than because of an interface.
        public var isComplete: Bool { failure == nil && !watch.isOver }
        /// Called after SIGHUP made the run reread the file, with the number of its hosts or the error.
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
            // Without names, SIGHUP adds new interfaces.
            port = try session.linkPort(
                sockets, on: interfaces.count == 1 ? links.all[0].index : 0, hearing: .etherTypes([.reverseARP]))
            // If no interfaces were named, the run continues without one that disappears.
            watch = LinkWatch(links.all.map(\.interface), needsAll: !interfaces.isEmpty, session)
            var configuration = RARPServerConfiguration(links: links.configurations, table: names.table)
            configuration.rate = asked.rate
            configuration.duration = asked.duration
            self.configuration = configuration
        }

        /// Returns the name of a served interface.
        public func interfaceName(of index: UInt32) -> String? { watch.names[index] }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> RARPServerSummary where Observer.Observed == RARPServerEngine {
            try session.begin()
            var engine = RARPServerEngine(configuration)
            failure = watch.run(
                &engine, on: &port, reportingTo: &observer,
                isWanted: { [watch] event in
                    // An interface that is down is reported as a change of the link.
                    if case .failed(let failure) = event { !watch.explains(failure) } else { true }
                },
                onChange: { [self] _, change, _ in
                    if case .renamed(let former) = change.kind { links.rename(change, from: former) }
                }, onStep: { [self] engine, wakeup, _ in feed(&engine, wakeup) })
            return engine.summary
        }

        private func feed(_ engine: inout RARPServerEngine, _ wakeup: WakeReason) {
            var isChanged = names.takeNames()
            if wakeup.contains(.reload) {
                if names.read() {
                    isChanged = true
                    if links.update(keeping: watch.awaited) { watch.watch(links.all.map(\.interface)) }
                }
                onReload?(names.failure.map { .failure($0) } ?? .success(names.count))
            }
            if isChanged { engine.serve(names.table, on: links.configurations) }
        }
    }
}
