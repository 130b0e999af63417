import PacketEngine
import WireFormat

/// A stub resolver: it queries name servers with the UDP of a user-space host (RFC 1035; RFC 1123, section 6.1.3), and
/// with its TCP after a truncated reply (RFC 7766).
///
/// Each query has a port and an identification of its own, both unpredictable. A reply counts only if it comes from the
/// queried server to that port, with the same identification and question (RFC 5452, section 9).
public struct StubResolver: Sendable {
    public typealias Outcome = Result<DNSMessage, DNSQueryFailure>

    /// A query that was sent.
    private struct Transmission: Sendable {
        var server: IPAddress
        var identification: UInt16
        var port: UDPIdentifier
    }

    /// A query by TCP.
    private struct Stream: Sendable {
        var server: IPAddress
        var identification: UInt16
        var connection: TCPIdentifier
        var received: [UInt8] = []
    }

    private struct Lookup: Sendable {
        var query: DNSQuery
        /// The number of servers tried, each as often as it was tried.
        var triedCount = 0
        /// The queries sent by UDP. Late replies to earlier ones count too.
        var transmissions: [Transmission] = []
        var stream: Stream?
        /// Servers that are not queried again.
        var failed: Set<IPAddress> = []
        var failure: DNSQueryFailure?
        var deadline: Instant

        /// The server of the last query.
        var current: IPAddress? { stream?.server ?? transmissions.last?.server }
    }

    private var lookups: [UInt64: Lookup] = [:]
    private var ports: [UDPIdentifier: UInt64] = [:]
    private var connections: [TCPIdentifier: UInt64] = [:]
    private var results: [(number: UInt64, outcome: Outcome)] = []
    private let key: SipHash
    private var drawn: UInt64 = 0

    private static let recursionDesired: UInt16 = 0x0100

    /// - Parameter seed: random bits for identifications.
    public init(seed: (UInt64, UInt64)) { key = SipHash(key0: seed.0, key1: ~seed.1) }

    /// The number of queries without a result.
    public var count: Int { lookups.count }

    /// Whether there are queries without a result, or results to take.
    public var isActive: Bool { !lookups.isEmpty || !results.isEmpty }

    /// The time of the next call of `advance`; nil if no timer runs.
    public var deadline: Instant? { lookups.values.map(\.deadline).min() }

    /// Returns and removes the results since the last call.
    public mutating func takeResults() -> [(number: UInt64, outcome: Outcome)] {
        defer { results = [] }
        return results
    }

    // MARK: Queries

    /// Starts a query.
    /// - Parameter number: identifies the query in the results; not that of another query without a result.
    public mutating func ask(_ number: UInt64, _ query: DNSQuery, on host: inout UserSpaceHost, at now: Instant) {
        var query = query
        query.servers.removeAll { $0.isLoopback || host.isOwn($0) || host.source(to: $0) == nil }
        lookups[number] = Lookup(query: query, failure: query.servers.isEmpty ? .noRoute : nil, deadline: now)
        sendNext(number, on: &host, at: now)
    }

    /// Sends queries whose predecessors had no reply in time.
    public mutating func advance(on host: inout UserSpaceHost, at now: Instant) {
        for number in lookups.filter({ $0.value.deadline <= now }).keys.sorted() {
            if let server = lookups[number]?.stream?.server { fail(server, .truncated(server), of: number) }
            sendNext(number, on: &host, at: now)
        }
    }

    /// Queries the next server, or ends the lookup.
    private mutating func sendNext(_ number: UInt64, on host: inout UserSpaceHost, at now: Instant) {
        guard var lookup = lookups[number] else { return }
        leaveStream(&lookup, on: &host, at: now)
        let servers = lookup.query.servers
        while lookup.triedCount < servers.count * lookup.query.attempts {
            let server = servers[lookup.triedCount % servers.count]
            let wait = Nanoseconds(lookup.query.timeout.count << Int64(min(lookup.triedCount / servers.count, 8)))
            lookup.triedCount += 1
            guard !lookup.failed.contains(server), send(number, &lookup, to: server, on: &host, at: now) else {
                continue
            }
            lookup.deadline = now + wait
            lookups[number] = lookup
            return
        }
        lookups[number] = lookup
        finish(number, .failure(lookup.failure ?? .noReply), on: &host, at: now)
    }

    /// - Returns: whether a query was sent.
    private mutating func send(
        _ number: UInt64, _ lookup: inout Lookup, to server: IPAddress, on host: inout UserSpaceHost, at now: Instant
    ) -> Bool {
        if lookup.query.usesTCP { return connect(number, &lookup, to: server, on: &host, at: now) }
        let remote = TCPEndpoint(server, DNSMessage.serverPort)
        guard let port = try? host.openDatagrams(to: remote, owner: .resolver) else { return false }
        let identification = nextIdentification()
        ports[port] = number
        lookup.transmissions.append(Transmission(server: server, identification: identification, port: port))
        return (try? host.sendDatagram(from: port, Self.message(lookup, identification), at: now)) != nil
    }

    private static func message(_ lookup: Lookup, _ identification: UInt16) -> [UInt8] {
        DNSMessage(identification: identification, flags: recursionDesired, questions: [lookup.query.question])
            .encoded()
    }

    private mutating func nextIdentification() -> UInt16 {
        drawn &+= 1
        return UInt16(truncatingIfNeeded: key(drawn))
    }

    private mutating func fail(_ server: IPAddress, _ failure: DNSQueryFailure, of number: UInt64) {
        lookups[number]?.failed.insert(server)
        lookups[number]?.failure = failure
    }

    private mutating func finish(
        _ number: UInt64, _ outcome: Outcome, on host: inout UserSpaceHost, at now: Instant
    ) {
        guard var lookup = lookups.removeValue(forKey: number) else { return }
        leaveStream(&lookup, on: &host, at: now)
        for transmission in lookup.transmissions {
            ports[transmission.port] = nil
            host.closeDatagrams(transmission.port)
        }
        results.append((number, outcome))
    }

    // MARK: Replies

    /// Processes an event of the host.
    /// - Returns: whether the event is one of the resolver's own ports or connections.
    public mutating func receive(_ event: HostEvent, on host: inout UserSpaceHost, at now: Instant) -> Bool {
        switch event {
        case .datagrams(let port, _):
            guard let number = ports[port] else { return false }
            while let datagram = host.takeDatagram(port) { receive(datagram.data, on: port, number, &host, at: now) }
            return true
        case .datagramError(let port, let error, let remote):
            guard let number = ports[port] else { return false }
            let isCurrent = lookups[number]?.current == remote.address
            if error == .portUnreachable { fail(remote.address, .refused(remote.address), of: number) }
            if isCurrent { sendNext(number, on: &host, at: now) }
            return true
        case .connection(let connection, let changes, let failure):
            guard let number = connections[connection] else { return false }
            receive(changes, failure, on: connection, number, &host, at: now)
            return true
        default: return false
        }
    }

    private mutating func receive(
        _ data: [UInt8], on port: UDPIdentifier, _ number: UInt64, _ host: inout UserSpaceHost, at now: Instant
    ) {
        guard let lookup = lookups[number],
            let sent = lookup.transmissions.first(where: { $0.port == port })
        else { return }
        switch Self.reply(data.rawBytes, sent.identification, to: lookup) {
        case .other: break
        // Another reply may follow: this one may be spoofed.
        case .malformed: lookups[number]?.failure = .malformed(sent.server)
        case .message(let message) where message.isTruncated:
            guard lookup.stream == nil else { return }
            var lookup = lookup
            let isConnecting = connect(number, &lookup, to: sent.server, on: &host, at: now)
            lookup.deadline = now + lookup.query.timeout
            lookups[number] = lookup
            if !isConnecting {
                fail(sent.server, .truncated(sent.server), of: number)
                sendNext(number, on: &host, at: now)
            }
        case .message(let message): take(message, from: sent.server, number, &host, at: now)
        }
    }

    /// Ends the lookup, or queries the next server if this one could not answer.
    private mutating func take(
        _ message: DNSMessage, from server: IPAddress, _ number: UInt64, _ host: inout UserSpaceHost, at now: Instant
    ) {
        let nonexistentName: UInt8 = 3
        if message.responseCode == 0 || message.responseCode == nonexistentName {
            return finish(number, .success(message), on: &host, at: now)
        }
        let isCurrent = lookups[number]?.current == server
        fail(server, .response(message.responseCode, server), of: number)
        if isCurrent { sendNext(number, on: &host, at: now) }
    }

    private enum Reply {
        case message(DNSMessage)
        /// It is a reply to the query, but cannot be parsed.
        case malformed
        /// It is not a reply to the query.
        case other
    }

    private static func reply(_ bytes: RawSpan, _ identification: UInt16, to lookup: Lookup) -> Reply {
        // A response (QR) to a standard query (opcode 0).
        guard bytes.byteCount >= 12, bytes.bigEndian16(at: 0) == identification, bytes.bigEndian16(at: 2) >> 11 == 0x10
        else { return .other }
        guard let message = try? DNSMessage(bytes) else { return .malformed }
        return message.questions == [lookup.query.question] ? .message(message) : .other
    }

    // MARK: TCP

    private mutating func connect(
        _ number: UInt64, _ lookup: inout Lookup, to server: IPAddress, on host: inout UserSpaceHost, at now: Instant
    ) -> Bool {
        guard let connection = host.connect(to: TCPEndpoint(server, DNSMessage.serverPort), at: now) else {
            return false
        }
        connections[connection] = number
        lookup.stream = Stream(server: server, identification: nextIdentification(), connection: connection)
        return true
    }

    private mutating func leaveStream(_ lookup: inout Lookup, on host: inout UserSpaceHost, at now: Instant) {
        guard let connection = lookup.stream?.connection else { return }
        lookup.stream = nil
        connections[connection] = nil
        host.leave(connection, at: now)
    }

    private mutating func receive(
        _ changes: TCPEvents, _ failure: TCPFailure?, on connection: TCPIdentifier, _ number: UInt64,
        _ host: inout UserSpaceHost, at now: Instant
    ) {
        guard let lookup = lookups[number], var stream = lookup.stream, stream.connection == connection else { return }
        if changes.contains(.established) {
            let message = Self.message(lookup, stream.identification)
            let length = UInt16(truncatingIfNeeded: message.count)
            // A query is shorter than any send buffer.
            let prefixed = [UInt8(length >> 8), UInt8(length & 0xFF)] + message
            _ = host.send(connection, prefixed.rawBytes)
        }
        host.read(connection) {
            stream.received += $0.copied()
            return $0.byteCount
        }
        lookups[number]?.stream = stream
        if stream.received.count >= 2 {
            let length = Int(stream.received.rawBytes.bigEndian16(at: 0))
            if stream.received.count >= 2 + length {
                let data = stream.received.rawBytes.extracting(2..<2 + length)
                if case .message(let message) = Self.reply(data, stream.identification, to: lookup) {
                    return take(message, from: stream.server, number, &host, at: now)
                }
                fail(stream.server, .malformed(stream.server), of: number)
                return sendNext(number, on: &host, at: now)
            }
        }
        guard failure != nil || !changes.isDisjoint(with: [.ended, .closed]) else { return }
        fail(stream.server, .truncated(stream.server), of: number)
        sendNext(number, on: &host, at: now)
    }
}
