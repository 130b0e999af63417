import LinuxNet
import LinuxProcess
import PacketEngine

extension Session {
    /// Runs an engine on its one link. If the link was down, a missing reply is no evidence about a host. An interface
    /// that goes down or disappears ends the run; the results so far are still reported.
    /// - Returns: the problem of the link at any time of the run; nil for none.
    func run<E: Engine & ~Copyable, Observer: EngineObserver>(
        _ engine: inout E, on port: inout PacketSocketPort, of link: EthernetLink, reportingTo observer: inout Observer
    ) throws -> LinkTrouble? where Observer.Observed == E {
        let watch = LinkBoundWatch(link, self)
        try SessionObserver.erasing(&observer) { observer in
            do {
                try run(
                    &engine, on: &port,
                    observer: observer.before { _, _, now in
                        watch.look(at: now)
                        return watch.next
                    })
            } catch {
                guard let failure = error as? SystemError, failure.isInterfaceDown else { throw error }
                engine.stop(at: port.now)
                watch.end(at: port.now)
            }
        }
        return watch.trouble
    }
}

/// The problem of a run's link.
struct LinkTrouble {
    /// The problem, with the interface's name.
    var message: String
    /// Whether it ended the run.
    var endedRun = false
}

/// Watches the one link of a run.
private final class LinkBoundWatch {
    private let links: LinkTroubles
    private let options: RunOptions
    private let name: String
    /// The problem of the link at any time of the run; nil for none.
    private(set) var trouble: LinkTrouble?

    init(_ link: EthernetLink, _ session: Session) {
        options = session.options
        name = link.name
        links = LinkTroubles([link.index], reactor: session.reactor)
    }

    /// The time of the next check.
    var next: Instant? { links.next }

    /// Records the first problem.
    func look(at now: Instant) {
        for change in links.take(at: now) {
            guard let reason = change.trouble, trouble == nil else { continue }
            note("\(links.names[change.interface] ?? name): \(reason)")
        }
    }

    /// Notes that the interface has ended the run.
    func end(at now: Instant) {
        // The kernel is asked for the state of the interface at once.
        look(at: now + .seconds(1))
        if trouble == nil { note("\(name): the interface is down") }
        trouble?.endedRun = true
    }

    private func note(_ message: String) {
        trouble = LinkTrouble(message: message)
        options.onNotice?(message)
    }
}

extension Session {
    /// Opens a session with unbound packet sockets.
    /// - Parameter tool: the command that needs CAP_NET_RAW, for the error message.
    static func openLink(
        _ options: RunOptions, for tool: String, sockets count: Int = 1
    ) throws -> (Session, SocketReserve) {
        try open(options, .rawSockets(tool)) { _ in try SocketReserve(packetSockets: count) }
    }

    /// Binds a packet socket and starts the capture of the same frames.
    /// - Parameters:
    ///   - interface: the interface's index; 0 for all.
    ///   - vlan: the identifier of the only VLAN to receive; nil for all frames.
    func linkPort(
        _ sockets: SocketReserve, on interface: UInt32, hearing filter: SocketFilter, vlan: UInt16? = nil
    ) throws -> PacketSocketPort {
        let port = try PacketSocketPort(
            sockets.packetSocket(), interface: interface, hearing: .filtered(filter), vlan: vlan, reactor: reactor,
            tap: capture?.tap, trace: options.onPacket)
        try capture?.start(filter, interface: interface, vlan: vlan)
        return port
    }
}
