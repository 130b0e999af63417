import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// A prepared run of an engine on one Ethernet link, with open sockets.
public final class LinkRun<Running: LinkEngine & ~Copyable>: PreparedEngineRun {
    public typealias Event = Running.Event
    public typealias Summary = Running.Summary

    /// The link of the run.
    public let link: EthernetLink
    /// The parameters of the engine.
    public let configuration: Running.Configuration
    /// The problem of the link at any time of the run; nil for none.
    public private(set) var linkTrouble: String?
    /// The reason why the run ended early: the link went down or disappeared, or a frame could not be sent.
    public private(set) var failure: SwiftNetError?
    public var isFailureNoticed: Bool { failure != nil && linkTrouble != nil }
    /// The number of frames that this host dropped because its receive buffer was full; known after the run.
    public private(set) var overflowCount: UInt64 = 0
    /// Frames of other VLANs; known after the run.
    public private(set) var ignoredVLANs: [VLANIdentity: Int] = [:]

    private let session: Session
    private var port: PacketSocketPort

    init(
        _ session: Session, on link: EthernetLink, _ port: consuming PacketSocketPort,
        _ configuration: Running.Configuration
    ) {
        self.session = session
        self.link = link
        self.port = port
        self.configuration = configuration
    }

    /// Opens the sockets of a run, and finds its link.
    /// - Parameters:
    ///   - interface: the interface's name; nil for the only one of the system.
    ///   - tool: the command that needs CAP_NET_RAW, for the error message.
    ///   - configuration: returns the parameters of the engine.
    convenience init(
        on interface: String?, for tool: String, hearing filter: SocketFilter, _ options: RunOptions,
        configuration: (EthernetLink) throws -> Running.Configuration
    ) throws {
        try EthernetLink.checkName(interface)
        let (session, sockets) = try Session.openLink(options, for: tool)
        let link = try EthernetLink.find(interface)
        let port = try session.linkPort(sockets, on: link.index, hearing: filter)
        self.init(session, on: link, port, try configuration(link))
    }

    public func run<Observer: EngineObserver>(
        reportingTo observer: inout Observer
    ) throws(SwiftNetError) -> Running.Summary where Observer.Observed == Running {
        try SwiftNetError.wrapping {
            try session.begin()
            var engine = Running(configuration)
            let trouble = try session.run(&engine, on: &port, of: link, reportingTo: &observer)
            linkTrouble = trouble?.message
            ignoredVLANs = port.ignoredVLANs
            overflowCount = port.overflowCount
            let summary = engine.summary
            if let trouble, trouble.endedRun || summary.failure != nil {
                failure = SwiftNetError(.interface, nil, trouble.message)
            } else if let reason = summary.failure {
                failure = SwiftNetError(.transmission, reason.isOfInterface ? link.name : nil, "\(reason)")
            }
            return summary
        }
    }

    /// Returns the answer of the run. While the link was down or had no carrier, a missing reply is no evidence.
    /// - Parameter isFound: whether the run found what is sought; by default what it was for.
    public func outcome(of summary: Running.Summary, isFound: Bool? = nil) -> RunOutcome {
        guard failure == nil else { return .unknown }
        if isFound ?? summary.isFound { return .found }
        return linkTrouble == nil && summary.isConclusive ? .notFound : .unknown
    }
}
