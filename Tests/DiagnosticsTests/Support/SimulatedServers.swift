import Diagnostics
import PacketEngine
import WireFormat

/// A table of servers, and a clock that advances to the next event.
struct SimulatedServers: StreamPort, ~Copyable {
    typealias Failure = Never

    /// A reaction of a server, each after a delay.
    enum Action {
        case send([UInt8], after: Nanoseconds = .zero)
        case end(after: Nanoseconds = .zero)
        case reset(after: Nanoseconds = .zero)
    }

    /// A connection as its server sees it.
    struct Connection {
        /// Counted from 0, in order of opening.
        let number: Int
        var received: [UInt8] = []
        /// Whether the client has finished sending.
        var hasEnded = false
        /// A counter for the server's own use.
        var answered = 0

        var text: String { String(decoding: received, as: UTF8.self) }
    }

    /// Called whenever data was received.
    typealias Server = (inout Connection) -> [Action]

    private enum Happening {
        case opened
        case sent([UInt8])
        case clientEnded
        case received([UInt8])
        case ended
        case failed(StreamFailure)
    }

    private struct Live {
        var connection: Connection
        let server: Server
        let began: Instant
    }

    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// The one-way delay.
    let delay: Nanoseconds
    private let servers: [UInt16: Server]
    private let names: [String: [IPAddress]]
    private var live: [StreamIdentifier: Live] = [:]
    private var queue: [(at: Instant, stream: StreamIdentifier, happening: Happening)] = []
    private var resolutions: [String] = []
    /// The HTTPS records of names; others have none. A name with a nil value is not answered.
    var services: [String: Result<ServiceRecords, NameFailure>?] = [:]
    /// The names whose HTTPS records were queried, in order.
    private(set) var serviceQueries: [String] = []
    private var pendingServices: [String] = []
    private(set) var connectionCount = 0
    private(set) var lookupCount = 0
    /// The maximum number of connections open at the same time.
    private(set) var mostAtOnce = 0
    /// Connections after this number are refused.
    var connectionLimit = Int.max
    /// When the user stops the run.
    var stopAt: Instant?

    /// - Parameters:
    ///   - servers: by port; others refuse. Addresses that end with 9 are unresponsive.
    init(
        delay: Nanoseconds = .milliseconds(1), names: [String: [IPAddress]] = [:], _ servers: [UInt16: Server]
    ) {
        self.delay = delay
        self.names = names
        self.servers = servers
    }

    private mutating func add(_ happening: Happening, _ stream: StreamIdentifier, after: Nanoseconds) {
        let at = now + after
        let index = queue.firstIndex { $0.at > at } ?? queue.endIndex
        queue.insert((at, stream, happening), at: index)
    }

    mutating func perform<E: StreamEngine & ~Copyable>(
        _ requests: [StreamRequest], reportingTo engine: inout E
    ) throws(Never) -> Bool {
        for request in requests {
            switch request {
            case .resolve(let name):
                lookupCount += 1
                resolutions.append(name)
            case .queryServices(let name):
                serviceQueries.append(name)
                pendingServices.append(name)
            case .open(let stream, let endpoint):
                guard case .tcp(let address, _, let port) = endpoint, !"\(address)".hasSuffix("9") else { continue }
                guard let server = servers[port], connectionCount < connectionLimit else {
                    add(.failed(.refused), stream, after: delay + delay)
                    continue
                }
                live[stream] = Live(connection: Connection(number: connectionCount), server: server, began: now)
                connectionCount += 1
                mostAtOnce = max(mostAtOnce, live.count)
                add(.opened, stream, after: delay + delay)
            case .send(let stream, let bytes): add(.sent(bytes), stream, after: delay)
            case .endSending(let stream): add(.clientEnded, stream, after: delay)
            case .close(let stream): live[stream] = nil
            }
        }
        return false
    }

    mutating func wait<E: StreamEngine & ~Copyable>(
        until deadline: Instant?, reportingTo engine: inout E
    ) throws(Never) -> WakeReason {
        if !resolutions.isEmpty {
            for name in resolutions {
                let answer: Result<[ResolvedAddress], NameFailure> =
                    names[name].map { .success($0.map { ResolvedAddress($0) }) }
                    ?? .failure(NameFailure("no such name"))
                engine.resolved(name, answer, asked: now, at: now)
            }
            resolutions = []
            return .results
        }
        if !pendingServices.isEmpty {
            let names = pendingServices
            pendingServices = []
            for name in names {
                let absolute = name.hasSuffix(".") ? String(name.dropLast()) : name
                guard let answer = services[absolute] ?? .success(ServiceRecords(owner: absolute)) else { continue }
                engine.queried(name, answer, at: now)
            }
            return .results
        }
        if let stopAt, queue.first.map({ $0.at >= stopAt }) ?? true, deadline.map({ $0 >= stopAt }) ?? true {
            now = stopAt
            self.stopAt = nil
            return .stop
        }
        guard let next = queue.first, deadline.map({ next.at <= $0 }) ?? true else {
            // Without events and without a deadline the engine would wait forever: that is a bug in it.
            precondition(deadline != nil, "the engine waits for nothing")
            now = max(deadline ?? now, now)
            return []
        }
        queue.removeFirst()
        now = max(next.at, now)
        happen(next.happening, on: next.stream, &engine)
        return .packets
    }

    private mutating func happen<E: StreamEngine & ~Copyable>(
        _ happening: Happening, on stream: StreamIdentifier, _ engine: inout E
    ) {
        if case .failed(let failure) = happening {
            live[stream] = nil
            engine.failed(stream, failure, at: now)
            return
        }
        guard var current = live[stream] else { return }
        switch happening {
        case .opened: engine.opened(stream, StreamOpening(local: nil, began: current.began), at: now)
        case .received(let bytes): engine.received(bytes.rawBytes, on: stream, at: now)
        case .ended: engine.ended(stream, at: now)
        case .failed: break
        case .sent, .clientEnded:
            if case .sent(let bytes) = happening { current.connection.received += bytes }
            if case .clientEnded = happening { current.connection.hasEnded = true }
            let actions = current.server(&current.connection)
            live[stream] = current
            for action in actions {
                switch action {
                case .send(let bytes, let after): add(.received(bytes), stream, after: after + delay)
                case .end(let after): add(.ended, stream, after: after + delay)
                case .reset(let after): add(.failed(.reset), stream, after: after + delay)
                }
            }
        }
    }
}

/// Collects the reports of an engine of plans.
struct PlanObserver<Plan: HTTPPlan>: EngineObserver, ~Copyable {
    typealias Observed = HTTPEngine<Plan>

    var events: [Plan.Event] = []
    var isListening: Bool { true }

    mutating func report(_ event: Plan.Event) { events.append(event) }

    mutating func step(_ engine: inout Observed, _ wakeup: WakeReason, at now: Instant) -> Instant? { nil }

    /// Runs plans against servers and returns their events.
    static func events(
        _ plans: [Plan], _ servers: inout SimulatedServers, concurrency: Int = 4, interval: Nanoseconds? = nil,
        sink: (any HTTPBodySink)? = nil
    ) throws -> [Plan.Event] {
        var engine = try HTTPEngine(plans, concurrency: concurrency, interval: interval)
        engine.bodySink = sink
        var observer = PlanObserver()
        StreamLoop.run(&engine, on: &servers, observer: &observer)
        return observer.events
    }
}
