import PacketEngine
import WireFormat

/// An attempt to connect to one address of a server.
public struct ConnectAttempt: Hashable, Sendable {
    /// The result of an attempt.
    public enum Result: Hashable, Sendable {
        case connected
        case failed(StreamFailure)
        /// Closed before it was established: another address was faster, or the time ended.
        case abandoned
    }

    public var endpoint: StreamEndpoint
    /// The time of the SYN.
    public var began: Instant
    /// The time from the SYN to the result.
    public var time = Nanoseconds.zero
    public var result = Result.abandoned
}

/// Connects to the addresses of a server one after the other, without waiting long for any, and keeps the connection that
/// is established first (Happy Eyeballs, RFC 8305).
package struct ConnectionRace {
    /// The time after which the next address is tried as well (RFC 8305, section 5: Connection Attempt Delay).
    static let delay = Nanoseconds.milliseconds(250)

    private var waiting: ArraySlice<StreamEndpoint>
    private var running: [(stream: StreamIdentifier, number: Int)] = []
    private var nextStart: Instant?
    /// The attempts so far, in the order of their SYNs.
    private(set) var attempts: [ConnectAttempt] = []

    init(_ endpoints: [StreamEndpoint]) { waiting = endpoints[...] }

    /// Returns the endpoints of a name in the order of their attempts: the families alternate, beginning with that of the
    /// first address (RFC 8305, section 4).
    package static func endpoints(_ addresses: [ResolvedAddress], port: UInt16) -> [StreamEndpoint] {
        let first = addresses.filter { $0.address.family == addresses.first?.address.family }
        let second = addresses.filter { $0.address.family != addresses.first?.address.family }
        let alternating = (0..<max(first.count, second.count)).flatMap { index in
            [first, second].compactMap { index < $0.count ? $0[index] : nil }
        }
        return alternating.map { .tcp($0.address, zone: $0.zone, port: port) }
    }

    /// Begins the attempts that are due.
    /// - Parameter open: opens a stream to an endpoint.
    /// - Returns: the time of the next call; nil if no attempt is left.
    mutating func advance(at now: Instant, _ open: (StreamEndpoint) -> StreamIdentifier) -> Instant? {
        while let endpoint = waiting.first {
            if let nextStart, now < nextStart, !running.isEmpty { return nextStart }
            waiting.removeFirst()
            running.append((open(endpoint), attempts.count))
            attempts.append(ConnectAttempt(endpoint: endpoint, began: now))
            nextStart = now + Self.delay
        }
        return nil
    }

    /// Ends the race with an established connection.
    /// - Parameter began: the time of its SYN.
    /// - Returns: the number of its attempt, and the streams to close; nil if it does not take part.
    mutating func opened(
        _ stream: StreamIdentifier, began: Instant, at now: Instant
    ) -> (number: Int, losers: [StreamIdentifier])? {
        guard let number = running.first(where: { $0.stream == stream })?.number else { return nil }
        attempts[number].began = began
        finish(number, .connected, at: now)
        running.removeAll { $0.stream == stream }
        return (number, stop(at: now))
    }

    /// Records the failure of an attempt; the next one is due at once.
    /// - Returns: whether no attempt is left.
    mutating func failed(_ stream: StreamIdentifier, _ failure: StreamFailure, at now: Instant) -> Bool {
        if let number = running.first(where: { $0.stream == stream })?.number {
            finish(number, .failed(failure), at: now)
        }
        running.removeAll { $0.stream == stream }
        nextStart = nil
        return running.isEmpty && waiting.isEmpty
    }

    /// Ends the race.
    /// - Returns: the streams to close.
    mutating func stop(at now: Instant) -> [StreamIdentifier] {
        for (_, number) in running { finish(number, .abandoned, at: now) }
        defer { (running, waiting) = ([], []) }
        return running.map(\.stream)
    }

    private mutating func finish(_ number: Int, _ result: ConnectAttempt.Result, at now: Instant) {
        attempts[number].result = result
        attempts[number].time = now - attempts[number].began
    }
}
