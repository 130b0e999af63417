import LinuxNet
import LinuxProcess
import PacketEngine

/// Watches the one link of a run: no reply over a link that did not work says nothing about other hosts.
final class LinkBoundRun {
    private let links: LinkTroubles
    private let options: RunOptions
    /// What was wrong with the link at any time of the run; nil for nothing.
    private(set) var trouble: String?

    init(_ interface: UInt32, _ session: Session) {
        options = session.options
        links = LinkTroubles([interface], reactor: session.reactor)
    }

    /// Has an observer's run watched.
    func watching<E: Engine & ~Copyable>(_ observer: SessionObserver<E>) -> SessionObserver<E> {
        observer.before { _, _, now in
            self.look(at: now)
            return self.links.next
        }
    }

    private func look(at now: Instant) {
        for change in links.take(at: now) {
            guard let reason = change.trouble, trouble == nil else { continue }
            let words = (links.names[change.interface].map { "\($0): " } ?? "") + reason
            trouble = words
            options.onNotice?(words)
        }
    }
}
