import PacketEngine
import SwiftNetTLS

/// A client with at most one request at a time, which keeps the connection of its last one.
final class HTTPClient {
    private enum State {
        case idle
        case fetching(HTTPExchange)
        case waiting(until: Instant)
        /// A request that may not begin yet.
        case delayed(HTTPFetch, until: Instant)
        case watching(until: Instant, since: Instant)
    }

    private let connections: HTTPConnections
    private var state = State.idle
    /// The connection of the request, or the one kept after it.
    private var connection: HTTPConnection?
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

    /// Begins a request, or waits with it until an instant.
    func begin(_ fetch: HTTPFetch, notBefore instant: Instant, at now: Instant) {
        if instant > now { state = .delayed(fetch, until: instant) } else { begin(fetch, at: now) }
    }

    func begin(_ fetch: HTTPFetch, at now: Instant) {
        let exchange = HTTPExchange(fetch, at: now)
        state = .fetching(exchange)
        if let connection, connection.acceptsExchange, fetch.mayReuse, connection.origin == fetch.origin {
            exchange.use(connection, at: now)
            return
        }
        connect(exchange, at: now)
    }

    private func connect(_ exchange: HTTPExchange, at now: Instant) {
        leave(at: now)
        do throws(TLSFailure) {
            let opened = try connections.connection(for: exchange.outcome.fetch, at: now)
            connection = opened
            opened.userCount += 1
            exchange.use(opened, at: now)
        } catch {
            exchange.finish(.secure(error), at: now)
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
        case .delayed(let fetch, _):
            let exchange = HTTPExchange(fetch, at: now)
            exchange.finish(.stopped, at: now)
            end(with: .fetched(exchange.outcome))
        case .watching: endWatching(closedAfter: nil)
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
        case .delayed(let fetch, let until):
            guard now >= until else { return until }
            begin(fetch, at: now)
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
            end(with: .fetched(exchange.outcome))
            return nil
        }
    }

    private func endWatching(closedAfter time: Nanoseconds?) {
        connection?.isWatched = false
        end(with: .watched(closedAfter: time))
    }

    private func end(with result: HTTPResult) {
        state = .idle
        self.result = result
    }
}
