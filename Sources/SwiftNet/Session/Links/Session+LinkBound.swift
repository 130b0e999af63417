import LinuxNet
import LinuxProcess
import PacketEngine

extension Session {
    /// Runs an engine on its one link. Over a link that did not work, a missing reply is no result about a host. An
    /// interface that goes down or is gone ends the run; what was found until then is still reported.
    /// - Returns: what was wrong with the link at any time of the run; nil for nothing.
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

/// What was wrong with the link of a run.
struct LinkTrouble {
    /// With the interface's name.
    var message: String
    /// The run ended early because of it.
    var endedRun = false
}

/// Watches the one link of a run.
private final class LinkBoundWatch {
    private let links: LinkTroubles
    private let options: RunOptions
    private let name: String
    /// What was wrong with the link at any time of the run; nil for nothing.
    private(set) var trouble: LinkTrouble?

    init(_ link: EthernetLink, _ session: Session) {
        options = session.options
        name = link.name
        links = LinkTroubles([link.index], reactor: session.reactor)
    }

    /// When to look again at the latest.
    var next: Instant? { links.next }

    /// Notes the first trouble.
    func look(at now: Instant) {
        for change in links.take(at: now) {
            guard let reason = change.trouble, trouble == nil else { continue }
            note("\(links.names[change.interface] ?? name): \(reason)")
        }
    }

    /// The interface has ended the run.
    func end(at now: Instant) {
        // What became of it is asked of the kernel at once.
        look(at: now + .seconds(1))
        if trouble == nil { note("\(name): the interface is down") }
        trouble?.endedRun = true
    }

    private func note(_ message: String) {
        trouble = LinkTrouble(message: message)
        options.onNotice?(message)
    }
}
