import Diagnostics
import LinuxProcess
import PacketEngine

/// URLs that come line by line while a run goes on.
package struct HTTPTargetInput {
    private let lines: LineInput
    private let urls: (_ line: String) -> [String]
    /// URLs that wait for their turn before no more are read.
    private static let mostWaiting = 1_000

    /// - Parameter urls: the URLs of a line, which are valid.
    package init(_ lines: LineInput, urls: @escaping (_ line: String) -> [String]) {
        self.lines = lines
        self.urls = urls
    }

    /// Adds the URLs that have come to an engine, and lets the run end once no more can come.
    /// - Parameter plan: makes the plan of a URL, the run's target of this number; nil if it is none.
    /// - Returns: when to be called again at the latest.
    func feed<Plan>(
        _ engine: inout HTTPEngine<Plan>, reactor: Reactor, at now: Instant,
        plan: (_ url: String, _ number: Int) -> Plan?
    ) -> Instant? {
        guard engine.expectsMore else { return nil }
        let texts = lines.take(isWanted: engine.waitingCount < Self.mostWaiting, reactor: reactor).flatMap(urls)
        for text in texts {
            if let plan = plan(text, engine.summary.targets) { engine.add(plan) }
        }
        engine.expectsMore = !lines.isOver
        return engine.expectsMore && texts.isEmpty ? nil : now
    }
}
