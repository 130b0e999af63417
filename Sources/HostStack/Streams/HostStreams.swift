import PacketEngine
import WireFormat

/// Resolves host names for streams.
public protocol NameSource {
    func ask(_ name: String)
    /// Returns and removes the results since the last call.
    func take() -> [(name: String, answer: Result<[ResolvedAddress], NameFailure>)]
    /// Queries the HTTPS records of a name (RFC 9460).
    func askServices(_ name: String)
    /// Returns and removes the results of these queries since the last call.
    func takeServices() -> [(name: String, answer: Result<ServiceRecords, NameFailure>)]
    /// Returns and removes the queries to name servers, which the host sends.
    func takeQueries() -> [(number: UInt64, query: DNSQuery)]
    /// Passes the result of a query.
    func answer(_ number: UInt64, _ outcome: StubResolver.Outcome)
}

/// Implements `StreamPort` with a user-space host whose frames are sent and received by a packet port.
public struct HostStreams<Port: PacketPort & ~Copyable, Names: NameSource>: StreamPort, ~Copyable {
    public typealias Failure = Port.Failure

    private struct Stream {
        var connection: TCPIdentifier
        var began: Instant
        /// Bytes that are still to be sent, from index `sent` on.
        var pending: [UInt8] = []
        var sent = 0
        var isSendingEnded = false
    }

    /// A reason for which the host cannot start.
    public enum Obstacle: Error, Hashable, Sendable {
        /// Another station has the address.
        case taken(IPAddress, MACAddress)
        /// The address check could not be completed.
        case unchecked(TransmissionFailure)
        case stopped
    }

    private var port: Port
    private var carrier: HostFrameEngine
    private let names: Names
    private var resolver: StubResolver
    private var batch: PacketBatch
    private var nextInBatch = 0
    private var streams: [StreamIdentifier: Stream] = [:]
    private var identifiers: [TCPIdentifier: StreamIdentifier] = [:]
    private var asked: [String: Instant] = [:]
    private var events: [HostEvent] = []
    /// Returns the changes of the port's interface since the last call; called when results are available.
    public var linkChanges: (_ now: Instant) -> [LinkChange] = { _ in [] }
    /// The maximum time for which the kernel's queues may be full during an address check.
    private static var fullPatience: Nanoseconds { .seconds(1) }

    public init(_ configuration: HostConfiguration, on port: consuming Port, names: Names) {
        self.port = port
        self.names = names
        resolver = StubResolver(seed: configuration.seed)
        let carrier = HostFrameEngine(configuration)
        batch = PacketBatch(capacity: carrier.batchCapacity, slotLength: carrier.maximumPacketLength)
        self.carrier = carrier
    }

    /// Sets a function that is called with every frame sent and received.
    public mutating func watch(_ watch: @escaping (_ frame: RawSpan, _ isOutbound: Bool, _ at: Instant) -> Void) {
        carrier.watch = watch
    }

    public var now: Instant { mutating get { port.now } }

    // MARK: Start and end

    /// Checks the host's addresses for duplicates; connections are possible afterwards.
    /// - Returns: the reason for which the host cannot start, or nil if it has started.
    public mutating func bringUp() throws(Port.Failure) -> Obstacle? {
        var fullSince: Instant?
        while !carrier.host.isUp {
            try exchange()
            for event in events {
                if case .conflict(let address, let mac) = event { return .taken(address, mac) }
            }
            events.removeAll()
            if let failure = carrier.failure { return .unchecked(failure) }
            if carrier.host.isUp { break }
            var until = carrier.host.deadline
            if nextInBatch < batch.count {
                let now = port.now
                fullSince = fullSince ?? now
                if let fullSince, now - fullSince > Self.fullPatience { return .unchecked(.noBuffers) }
                until = now + .milliseconds(1)
            } else {
                fullSince = nil
            }
            let wakeReason = try port.wait(until: until)
            if wakeReason.contains(.results) { takeLinkChanges() }
            if wakeReason.contains(.stop) { return .stopped }
        }
        return nil
    }

    /// Waits until closed connections have finished, but at most `time`.
    public mutating func settle(atMost time: Nanoseconds) throws(Port.Failure) {
        let end = port.now + time
        while port.now < end {
            try exchange()
            events.removeAll()
            guard carrier.host.hasOpenConnections else { return }
            if try port.wait(until: .earliest(carrier.host.deadline, end)).contains(.stop) { return }
        }
    }

    // MARK: StreamPort

    public mutating func perform<E: StreamEngine & ~Copyable>(
        _ requests: [StreamRequest], reportingTo engine: inout E
    ) throws(Port.Failure) -> Bool {
        var hasReported = false
        let now = port.now
        for request in requests {
            switch request {
            case .resolve(let name):
                if asked[name] == nil {
                    asked[name] = now
                    names.ask(name)
                }
            case .queryServices(let name): names.askServices(name)
            case .open(let identifier, let endpoint):
                if let failure = open(identifier, endpoint, at: now) {
                    engine.failed(identifier, failure, at: now)
                    hasReported = true
                }
            case .send(let identifier, let bytes):
                streams[identifier]?.pending += bytes
                flush(identifier, at: now)
            case .endSending(let identifier):
                streams[identifier]?.isSendingEnded = true
                flush(identifier, at: now)
            case .close(let identifier):
                guard let stream = streams.removeValue(forKey: identifier) else { continue }
                identifiers[stream.connection] = nil
                carrier.host.leave(stream.connection, at: now)
            }
        }
        if !requests.isEmpty { try exchange() }
        return hasReported
    }

    private mutating func open(
        _ identifier: StreamIdentifier, _ endpoint: StreamEndpoint, at now: Instant
    ) -> StreamFailure? {
        guard case .tcp(let address, _, let number) = endpoint else {
            return .other("a Unix socket cannot be reached from a user-space host")
        }
        guard let connection = carrier.host.connect(to: TCPEndpoint(address, number), at: now) else {
            return .unreachable
        }
        streams[identifier] = Stream(connection: connection, began: now)
        identifiers[connection] = identifier
        return nil
    }

    private mutating func flush(_ identifier: StreamIdentifier, at now: Instant) {
        guard var stream = streams[identifier] else { return }
        if !stream.pending.isEmpty {
            stream.sent += carrier.host.send(stream.connection, stream.pending.rawBytes.dropping(stream.sent))
            if stream.sent == stream.pending.count {
                stream.pending = []
                stream.sent = 0
            }
        }
        if stream.isSendingEnded, stream.pending.isEmpty { carrier.host.endSending(stream.connection, at: now) }
        streams[identifier] = stream
    }

    public mutating func wait<E: StreamEngine & ~Copyable>(
        until deadline: Instant?, reportingTo engine: inout E
    ) throws(Port.Failure) -> WakeReason {
        while true {
            try exchange()
            let hasResolved = takeNames(&engine)
            if report(&engine) || hasResolved { return .packets }
            let now = port.now
            if let deadline, deadline <= now { return [] }
            var until = deadline
            if nextInBatch < batch.count { until = now + .milliseconds(1) }
            let timers = Instant.earliest(carrier.host.deadline, resolver.deadline)
            let wakeReason = try port.wait(until: .earliest(until, timers))
            if wakeReason.contains(.results) {
                _ = takeNames(&engine)
                takeLinkChanges()
            }
            if !wakeReason.subtracting(.packets).isEmpty { return wakeReason }
        }
    }

    /// Sends pending frames and processes received ones.
    private mutating func exchange() throws(Port.Failure) {
        var isBusy = true
        resolve()
        while isBusy {
            if nextInBatch == batch.count {
                if carrier.maximumPacketLength > batch.slotLength {
                    batch = PacketBatch(capacity: carrier.batchCapacity, slotLength: carrier.maximumPacketLength)
                }
                batch.removeAll()
                nextInBatch = 0
                _ = carrier.transmit(into: &batch, at: port.now)
            }
            if nextInBatch < batch.count {
                nextInBatch = try port.send(batch, from: nextInBatch, reportingTo: &carrier)
            }
            let received = try port.receive(into: &carrier)
            drain()
            resolve()
            // Full kernel queues are tried again after a pause.
            isBusy = received > 0 || batch.count > 0 && nextInBatch == batch.count
            if events.count > 256 { return }
        }
    }

    private mutating func takeLinkChanges() {
        let now = port.now
        for change in linkChanges(now) { carrier.host.apply(change, at: now) }
    }

    /// Keeps the host's events, except those of the resolver.
    private mutating func drain() {
        var drained: [HostEvent] = []
        carrier.drain { drained.append($0) }
        guard !drained.isEmpty else { return }
        let now = port.now
        for event in drained where !resolver.receive(event, on: &carrier.host, at: now) { events.append(event) }
    }

    /// Sends queries that are due to name servers, and passes on their results.
    private mutating func resolve() {
        while true {
            let queries = names.takeQueries()
            guard !queries.isEmpty || resolver.isActive else { return }
            let now = port.now
            for (number, query) in queries { resolver.ask(number, query, on: &carrier.host, at: now) }
            resolver.advance(on: &carrier.host, at: now)
            // A result may lead to another query.
            let results = resolver.takeResults()
            guard !results.isEmpty else { return }
            for (number, outcome) in results { names.answer(number, outcome) }
        }
    }

    /// - Returns: whether any name was passed to the engine.
    private mutating func takeNames<E: StreamEngine & ~Copyable>(_ engine: inout E) -> Bool {
        let answers = names.take()
        for (name, answer) in answers {
            engine.resolved(name, answer, asked: asked.removeValue(forKey: name) ?? port.now, at: port.now)
        }
        let services = names.takeServices()
        for (name, answer) in services { engine.queried(name, answer, at: port.now) }
        return !answers.isEmpty || !services.isEmpty
    }

    /// - Returns: whether any event was passed to the engine.
    private mutating func report<E: StreamEngine & ~Copyable>(_ engine: inout E) -> Bool {
        guard !events.isEmpty else { return false }
        let reported = events
        events.removeAll(keepingCapacity: true)
        let now = port.now
        var hasReported = false
        for event in reported {
            guard case .connection(let connection, let pendingEvents, let failure) = event,
                let identifier = identifiers[connection], let stream = streams[identifier]
            else { continue }
            hasReported = true
            if pendingEvents.contains(.established) {
                let local = carrier.host.endpoints(connection)?.local
                engine.opened(
                    identifier, StreamOpening(local: local.map { ($0.address, $0.port) }, began: stream.began), at: now)
            }
            if !pendingEvents.isDisjoint(with: [.readable, .ended, .closed]) {
                carrier.host.read(connection) {
                    engine.received($0, on: identifier, at: now)
                    return $0.byteCount
                }
            }
            if pendingEvents.contains(.writable) { flush(identifier, at: now) }
            if pendingEvents.contains(.ended) { engine.ended(identifier, at: now) }
            if pendingEvents.contains(.closed) {
                streams[identifier] = nil
                identifiers[connection] = nil
                if let failure { engine.failed(identifier, StreamFailure(failure), at: now) }
            }
        }
        return hasReported
    }
}

extension StreamFailure {
    /// Converts the failure of a connection.
    init(_ failure: TCPFailure) {
        switch failure {
        case .refused: self = .refused
        case .reset, .aborted: self = .reset
        case .timedOut: self = .timedOut
        case .unreachable: self = .unreachable
        }
    }
}
