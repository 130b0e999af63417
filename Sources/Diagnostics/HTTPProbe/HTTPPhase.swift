import PacketEngine

/// A part of the time of a request.
public enum HTTPPhase: String, Sendable, CaseIterable {
    case name
    case connect
    /// From the connection to a proxy until that has connected to the server.
    case proxy
    case secure
    /// From the request to the first byte of the response.
    case wait
    /// From the first to the last byte of the response.
    case receive

    /// Returns the phases of a request with their durations, in order; they add up to the total.
    static func durations(_ timings: HTTPTimings) -> [(phase: HTTPPhase, time: Nanoseconds)] {
        var found: [(phase: HTTPPhase, time: Nanoseconds)] = []
        var end = Nanoseconds.zero
        func add(_ phase: HTTPPhase, _ time: Nanoseconds?) {
            guard let time else { return }
            end = end + time
            found.append((phase, time))
        }
        add(.name, timings.name)
        add(.connect, timings.connect)
        add(.proxy, timings.proxy)
        add(.secure, timings.secure)
        add(.wait, timings.firstByte.map { $0 - end })
        add(.receive, timings.firstByte.map { timings.total - $0 })
        return found
    }
}

extension HTTPTimings {
    /// The phases of the request with their durations, in order; they add up to the total, unless it failed before the
    /// response.
    public var phases: [(phase: HTTPPhase, time: Nanoseconds)] { HTTPPhase.durations(self) }
}
