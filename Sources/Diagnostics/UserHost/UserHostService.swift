import HostStack
import PacketEngine
import WireFormat

/// What a host does for those who connect.
public enum UserHostService: String, Hashable, Sendable, CaseIterable {
    /// What came goes back (RFC 862).
    case echo
    /// What came is thrown away (RFC 863).
    case discard
    /// A page that tells the visitor what was seen of him.
    case http

    public var port: UInt16 {
        switch self {
        case .echo: 7
        case .discard: 9
        case .http: 80
        }
    }

    /// It is there by UDP too.
    var hasDatagrams: Bool { self != .http }

    init?(port: UInt16) {
        guard let service = Self.allCases.first(where: { $0.port == port }) else { return nil }
        self = service
    }
}

/// One visitor of a service, over a connection.
struct ServedConnection {
    let service: UserHostService
    let remote: TCPEndpoint
    var page = UserHostPage()
    /// Answers that there was no room for yet; nothing is read before they are gone.
    private var unsent: [UInt8] = []
    /// The other side sends no more.
    var hasEnded = false
    /// When it is given up if nothing more comes.
    var patienceEnds: Instant

    init(service: UserHostService, remote: TCPEndpoint, patienceEnds: Instant) {
        self.service = service
        self.remote = remote
        self.patienceEnds = patienceEnds
    }

    /// Bytes of requests that are read before their answers are sent.
    private static let mostRead = 16 << 10
    /// Silence that is borne.
    static let patience = Nanoseconds.seconds(60)

    /// Does what can be done with what has come.
    /// - Returns: whether the visitor is still there.
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
