import LinuxNet
import LinuxProcess
import PacketEngine

extension Session {
    /// Runs an engine on its one link. Over a link that did not work, a missing reply is no result about a host.
    /// - Returns: what was wrong with the link at any time of the run; nil for nothing.
    func run<E: Engine & ~Copyable, Observer: EngineObserver>(
        _ engine: inout E, on port: inout LinkPort, of link: EthernetLink, reportingTo observer: inout Observer
    ) throws -> String? where Observer.Observed == E {
        let watch = LinkBoundWatch(link.index, self)
        try SessionObserver.erasing(&observer) { observer in
            try run(
                &engine, on: &port,
                observer: observer.before { _, _, now in
                    watch.look(at: now)
                    return watch.next
                })
        }
        return watch.trouble
    }
}

/// Watches the one link of a run.
private final class LinkBoundWatch {
    private let links: LinkTroubles
    private let options: RunOptions
    /// What was wrong with the link at any time of the run; nil for nothing.
    private(set) var trouble: String?

    init(_ interface: UInt32, _ session: Session) {
        options = session.options
        links = LinkTroubles([interface], reactor: session.reactor)
    }

    /// When to look again at the latest.
    var next: Instant? { links.next }

    /// Notes the first trouble.
    func look(at now: Instant) {
        for change in links.take(at: now) {
            guard let reason = change.trouble, trouble == nil else { continue }
            let message = (links.names[change.interface].map { "\($0): " } ?? "") + reason
            trouble = message
            options.onNotice?(message)
        }
    }
}
