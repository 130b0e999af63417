import PacketEngine
import SwiftNetTLS

/// The connections of a run, and their requests to the port.
final class HTTPConnections {
    /// Requests to the port, in order.
    var requests: [StreamRequest] = []
    private var table: [UInt64: HTTPConnection] = [:]
    private var resolving: [String: [HTTPConnection]] = [:]
    private var count: UInt64 = 0
    private let configuration: TLSConfiguration
    private var context: TLSContext?

    init(_ configuration: TLSConfiguration) { self.configuration = configuration }

    /// Creates the state that TLS sessions share, unless it exists.
    @discardableResult
    func makeContext() throws(TLSFailure) -> TLSContext {
        if let context { return context }
        let made = try TLSContext(configuration)
        context = made
        return made
    }

    /// Begins a connection to an origin.
    func open(_ origin: HTTPOrigin, at now: Instant) throws(TLSFailure) -> HTTPConnection {
        var session: TLSSession?
        if let name = origin.secureName {
            session = try TLSSession(try makeContext(), host: name, isAddress: origin.isAddress)
        }
        count += 1
        let connection = HTTPConnection(origin, session, number: count, of: self, at: now)
        table[count] = connection
        connection.begin(at: now)
        return connection
    }

    /// Requests the addresses of a name for a connection.
    func resolve(_ name: String, for connection: HTTPConnection) {
        resolving[name, default: []].append(connection)
        requests.append(.resolve(name))
    }

    func resolved(_ name: String, _ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at now: Instant) {
        for connection in resolving.removeValue(forKey: name) ?? [] {
            connection.resolved(answer, asked: asked, at: now)
        }
    }

    /// Returns the connection that a stream belongs to.
    func connection(of stream: StreamIdentifier) -> HTTPConnection? { table[stream.number >> 32] }

    func forget(_ number: UInt64) { table[number] = nil }
}
