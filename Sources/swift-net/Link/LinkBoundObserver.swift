import LinuxNet
import LinuxProcess
import PacketEngine

/// Watches a link for a run whose observer it passes everything on to: silence on a link that did not work is no answer.
struct LinkBoundObserver<Inner: EngineObserver & ~Copyable>: EngineObserver, ~Copyable {
    typealias Observed = Inner.Observed

    var inner: Inner
    private let links: LinkTroubles
    private let console: Console
    /// What was wrong with the link at any time of the run; nil for nothing.
    private(set) var trouble: String?

    init(_ inner: consuming Inner, interface: Interface, console: Console, reactor: Reactor) {
        self.inner = inner
        self.console = console
        links = LinkTroubles([interface.index], reactor: reactor)
    }

    mutating func report(_ event: Observed.Event) { inner.report(event) }

    mutating func step(_ engine: inout Observed, _ wakening: Wakening, at now: Instant) -> Instant? {
        for change in links.take(at: now) {
            guard let reason = change.trouble, trouble == nil else { continue }
            let words = (links.names[change.interface].map { "\($0): " } ?? "") + reason
            trouble = words
            console.complain(words)
        }
        return [inner.step(&engine, wakening, at: now), links.next].compactMap { $0 }.min()
    }

    mutating func linger(at now: Instant) -> Instant? { inner.linger(at: now) }

    var isListening: Bool { inner.isListening }
}
