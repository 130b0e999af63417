import HostStack
import PacketEngine
import WireFormat

/// A service of the user-space host.
public enum UserHostService: String, Hashable, Sendable, CaseIterable {
    /// Sends received data back (RFC 862).
    case echo
    /// Discards received data (RFC 863).
    case discard
    /// A page that describes the client.
    case http
    /// Receives the streams of iperf 2 clients.
    case iperf

    public var port: UInt16 {
        switch self {
        case .echo: 7
        case .discard: 9
        case .http: 80
        case .iperf: 5_001
        }
    }

    /// Whether it is available over UDP too.
    var hasDatagrams: Bool { self != .http }

    init?(port: UInt16) {
        guard let service = Self.allCases.first(where: { $0.port == port }) else { return nil }
        self = service
    }
}

/// One connection to a service.
struct ServedConnection {
    let service: UserHostService
    let remote: TCPEndpoint
    private let began: Instant
    /// The data that the iperf service received.
    private(set) var stream: IperfStream
    var page = UserHostPage()
    /// Responses that did not fit into the send buffer; nothing is read until they are sent.
    private var unsent: [UInt8] = []
    /// Whether the peer has finished sending.
    var hasEnded = false
    /// The time at which it is closed if nothing is received.
    var patienceEnds: Instant

    init(service: UserHostService, remote: TCPEndpoint, at now: Instant) {
        self.service = service
        self.remote = remote
        began = now
        stream = IperfStream(remote: remote)
        patienceEnds = now + Self.patience
    }

    /// The maximum number of request bytes read before their responses are sent.
    private static let mostRead = 16 << 10
    /// The idle timeout.
    static let patience = Nanoseconds.seconds(60)

    /// Processes received data.
    /// - Returns: whether the connection is still open.
    mutating func serve(
        _ connection: TCPIdentifier, on host: inout UserSpaceHost, mac: MACAddress?, _ scratch: inout [UInt8],
        at now: Instant
    ) -> Bool {
        switch service {
        case .echo:
            while true {
                let room = host.room(connection)
                guard room > 0 else { return true }
                Self.read(connection, from: &host, atMost: room, into: &scratch)
                guard !scratch.isEmpty else { break }
                _ = host.send(connection, scratch.rawBytes)
            }
        case .discard: host.read(connection) { $0.byteCount }
        case .iperf:
            host.read(connection) {
                stream.byteCount &+= UInt64($0.byteCount)
                return $0.byteCount
            }
            stream.elapsed = now - began
        case .http:
            repeat {
                if !unsent.isEmpty { unsent.removeFirst(host.send(connection, unsent.rawBytes)) }
                guard unsent.isEmpty else { return true }
                if page.isOver {
                    host.leave(connection, at: now)
                    return false
                }
                Self.read(connection, from: &host, atMost: Self.mostRead, into: &scratch)
                unsent = page.answers(to: scratch, remote: remote, mac: mac)
            } while !scratch.isEmpty || !unsent.isEmpty
        }
        if hasEnded { host.endSending(connection, at: now) }
        return true
    }

    private static func read(
        _ connection: TCPIdentifier, from host: inout UserSpaceHost, atMost limit: Int, into bytes: inout [UInt8]
    ) {
        bytes.removeAll(keepingCapacity: true)
        host.read(connection) { piece in
            let count = min(piece.byteCount, limit - bytes.count)
            bytes += piece.prefix(count).copied()
            return count
        }
    }
}
