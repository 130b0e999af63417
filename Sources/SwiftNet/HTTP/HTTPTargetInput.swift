import LinuxProcess

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

    var isOver: Bool { lines.isOver }

    /// The URLs that have come.
    /// - Parameter waiting: how many wait already.
    func take(waiting: Int, reactor: Reactor) -> [String] {
        lines.take(isWanted: waiting < Self.mostWaiting, reactor: reactor).flatMap(urls)
    }
}
