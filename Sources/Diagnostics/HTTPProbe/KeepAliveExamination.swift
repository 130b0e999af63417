import PacketEngine
import WireFormat

/// The persistence of a connection.
public struct KeepAliveFinding: Hashable, Sendable {
    /// The number of requests on one connection.
    public var requests = 0
    /// Whether the server closed the connection, rather than this client at the limit.
    public var endedByCount = false
    /// The time after which an idle connection was closed; nil if it stayed open.
    public var idle: Nanoseconds?
    /// The time for which an idle connection was watched.
    public var watched = Nanoseconds.zero

    /// The maximum number of requests on one connection.
    static let mostRequests = 100
}

/// Sends requests on one connection until the server closes it or the limit is reached, then watches an idle one.
struct KeepAliveExamination {
    private(set) var finding = KeepAliveFinding()
    private var isWatching = false
    private var watchStart = Instant(nanoseconds: 0)
    private let patience: Nanoseconds

    init(patience: Nanoseconds) { self.patience = patience }

    mutating func next(after result: HTTPResult, _ fetch: HTTPFetch, at now: Instant) -> HTTPStep {
        switch result {
        case .fetched(let outcome):
            if outcome.failure == nil, !isWatching { finding.requests += 1 }
            guard outcome.ending == .kept else {
                guard !isWatching else { return .finished }
                finding.endedByCount = true
                // A connection that allows only one request is never idle.
                guard finding.requests > 1 else { return .finished }
                isWatching = true
                return .fetch(fetch)
            }
            if isWatching || finding.requests >= KeepAliveFinding.mostRequests {
                watchStart = now
                return .watch(until: now + patience)
            }
            return .fetch(fetch)
        case .watched(let closedAfter):
            finding.idle = closedAfter
            finding.watched = now - watchStart
            return .finished
        case .began, .waited, .queried:
            return .fetch(fetch)
        }
    }
}
