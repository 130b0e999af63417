import PacketEngine
import WireFormat

/// How long a connection stays, as far as it was tried.
public struct KeepAliveFinding: Hashable, Sendable {
    /// Requests that one connection carried.
    public var requests = 0
    /// The server ended it itself; false when we had enough.
    public var endedByCount = false
    /// An idle connection was ended after so long; nil when it still stood.
    public var idle: Nanoseconds?
    /// How long an idle one was looked at.
    public var watched = Nanoseconds.zero

    /// Requests on one connection before it is enough.
    static let mostRequests = 100
}

/// Sends requests on one connection until the server ends it or it is enough, and then looks how long an idle one stays.
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
                // A connection that carries a single request is never idle.
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
        case .began, .waited:
            return .fetch(fetch)
        }
    }
}
