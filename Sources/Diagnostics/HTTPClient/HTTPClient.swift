import PacketEngine
import SwiftNetTLS

/// A client with at most one request at a time, which keeps the connection of its last one.
final class HTTPClient {
    private enum State {
        case idle
        /// A request as sent.
        case fetching(HTTPExchange)
        case waiting(until: Instant)
        /// `asked` may not begin yet.
        case delayed(until: Instant)
        case watching(until: Instant, since: Instant)
        /// The HTTPS records of a name are expected.
        case querying(String, until: Instant)
    }

    private let connections: HTTPConnections
    private var state = State.idle
    /// The current request as asked for.
    private var asked: HTTPFetch?
    /// The outcome of the same request that a proxy challenged before.
    private var challenged: HTTPOutcome?
    /// The connection of the request, or the one kept after it.
    private var connection: HTTPConnection?
    /// The credentials of the proxy of the last request.
    private var authentication: ProxyAuthentication?
    private var result: HTTPResult?

    init(_ connections: HTTPConnections) { self.connections = connections }

    /// Returns the result of the last step, once.
    func takeResult() -> HTTPResult? {
        defer { result = nil }
        return result
    }

    // MARK: Steps

    func wait(until instant: Instant) { state = .waiting(until: instant) }

    func watch(until instant: Instant, at now: Instant) {
        guard let connection, connection.isOpen else {
            result = .watched(closedAfter: .zero)
            return
        }
        connection.isWatched = true
        state = .watching(until: instant, since: now)
    }

    func query(_ name: String, until instant: Instant) {
        state = .querying(name, until: instant)
        connections.query(name, for: self)
    }

    /// Passes the HTTPS records of a name; those of an earlier query are ignored.
    func queried(_ name: String, _ answer: Result<ServiceRecords, NameFailure>) {
        if case .querying(name, _) = state { end(with: .queried(answer)) }
    }

    /// Begins a request, or waits with it until an instant.
    func begin(_ fetch: HTTPFetch, notBefore instant: Instant, at now: Instant) {
        guard instant > now else { return begin(fetch, at: now) }
        asked = fetch
        state = .delayed(until: instant)
    }

    func begin(_ fetch: HTTPFetch, at now: Instant) {
        if authentication?.proxy != fetch.origin.proxy?.proxy {
            authentication = (fetch.origin.proxy?.proxy).map(ProxyAuthentication.init)
        }
        authentication?.beginRequest()
        send(fetch, mayReuse: fetch.mayReuse, at: now)
    }

    /// - Parameter challenged: the outcome of the same request without credentials.
    private func send(_ fetch: HTTPFetch, mayReuse: Bool, after challenged: HTTPOutcome? = nil, at now: Instant) {
        let exchange = HTTPExchange(
            authentication.map { fetch.forwarded($0) } ?? fetch, sink: connections.bodySink, at: now)
        asked = fetch
        self.challenged = challenged
        state = .fetching(exchange)
        if let connection, connection.acceptsExchange, mayReuse, connection.origin == fetch.origin {
            exchange.use(connection, at: now)
            return
        }
        connect(exchange, at: now)
    }

    private func connect(_ exchange: HTTPExchange, at now: Instant) {
        let fetch = exchange.outcome.fetch
        let lookups = fetch.reusesLookups ? connection?.lookups ?? [:] : [:]
        leave(at: now)
        let opened = connections.connection(for: fetch, authentication, lookups, at: now)
        connection = opened
        opened.userCount += 1
        exchange.use(opened, at: now)
    }

    /// Reports the outcome of a request, or repeats the request if the proxy that forwards it challenges it.
    private func finish(_ outcome: HTTPOutcome, of fetch: HTTPFetch, at now: Instant) {
        if let proxy = fetch.origin.proxy?.proxy, fetch.absolutePrefix != nil, outcome.failure == nil,
            outcome.status == 407, let head = outcome.head
        {
            if authentication?.take(head) == true {
                send(fetch, mayReuse: true, after: outcome, at: now)
                return
            }
            // No origin sends this status: the proxy did not forward the request (RFC 9110, section 15.5.8).
            var outcome = outcome
            outcome.failure = .proxy(proxy, .response(head, body: []))
            end(with: .fetched(outcome))
        } else {
            end(with: .fetched(outcome))
        }
    }

    /// Leaves the kept connection, and closes it unless others use it.
    func leave(at now: Instant) {
        if let connection {
            connection.userCount -= 1
            if connection.userCount <= 0 { connection.close(at: now) }
        }
        connection = nil
    }

    /// Cancels the current step.
    func stop(at now: Instant) {
        switch state {
        case .idle: break
        case .waiting: end(with: .waited)
        case .delayed:
            guard let asked else { break }
            let exchange = HTTPExchange(asked, at: now)
            exchange.finish(.stopped, at: now)
            end(with: .fetched(exchange.outcome))
        case .watching: endWatching(closedAfter: nil)
        case .querying: end(with: .queried(.failure(NameFailure("stopped"))))
        case .fetching(let exchange): exchange.finish(.stopped, at: now)
        }
    }

    /// Runs timers that are due, and returns when the next one fires.
    func advance(at now: Instant) -> Instant? {
        switch state {
        case .idle: return nil
        case .waiting(let until):
            guard now >= until else { return until }
            end(with: .waited)
            return nil
        case .querying(_, let until):
            guard now >= until else { return until }
            end(with: .queried(.failure(NameFailure("no reply in time"))))
            return nil
        case .delayed(let until):
            guard now >= until else { return until }
            guard let asked else { return nil }
            begin(asked, at: now)
            return advance(at: now)
        case .watching(let until, let since):
            if let connection, connection.isOpen {
                guard now >= until else { return until }
                endWatching(closedAfter: nil)
            } else {
                endWatching(closedAfter: (connection?.lost ?? now) - since)
            }
            return nil
        case .fetching(let exchange):
            if exchange.needsConnection { connect(exchange, at: now) }
            let due = exchange.isFinished ? nil : exchange.advance(at: now)
            guard exchange.isFinished else {
                guard let next = connection?.advance(at: now) else { return due }
                return due.map { min($0, next) } ?? next
            }
            guard let asked else { return nil }
            finish(challenged.map { exchange.outcome.continuing($0) } ?? exchange.outcome, of: asked, at: now)
            if case .fetching = state { return now }
            return nil
        }
    }

    private func endWatching(closedAfter time: Nanoseconds?) {
        connection?.isWatched = false
        end(with: .watched(closedAfter: time))
    }

    private func end(with result: HTTPResult) {
        state = .idle
        asked = nil
        challenged = nil
        self.result = result
    }
}
