import HostStack
import PacketEngine
import WireFormat

/// Sends bytes in both directions of a connection between two hosts, and compares them on arrival.
public final class Transfer {
    /// One direction of the transfer.
    public final class Direction {
        let length: Int
        let seed: UInt64
        public fileprivate(set) var sent = 0
        public fileprivate(set) var received = 0
        public fileprivate(set) var isWrong = false
        public fileprivate(set) var hasEnded = false

        init(_ length: Int, seed: UInt64) {
            self.length = length
            self.seed = seed
        }

        func byte(_ place: Int) -> UInt8 {
            UInt8(truncatingIfNeeded: (UInt64(place) &* 0x9E37_79B9_7F4A_7C15 &+ seed) >> 56)
        }

        public var isWhole: Bool { received == length && hasEnded && !isWrong }
    }

    public let there: Direction
    public let back: Direction
    public private(set) var connection: TCPIdentifier?
    public private(set) var failures: [TCPFailure] = []
    private var closedCount = 0
    private let client: SimulatedWire.Station
    private let server: SimulatedWire.Station
    /// Whether the server stops reading.
    public var serverSleeps = false
    private var accepted: TCPIdentifier?

    public static let port: UInt16 = 9_000

    public init(
        from client: SimulatedWire.Station, to server: SimulatedWire.Station, there: Int, back: Int, seed: UInt64
    ) {
        self.there = Direction(there, seed: seed)
        self.back = Direction(back, seed: ~seed)
        self.client = client
        self.server = server
        server.host.listen(Self.port)
        client.application = { [unowned self] host, event, now in
            self.happened(event, &host, now, sends: self.there, takes: self.back)
        }
        server.application = { [unowned self] host, event, now in
            if case .accepted(let connection, _, let remote) = event,
                remote == self.connection.flatMap({ client.host.endpoints($0)?.local })
            {
                self.accepted = connection
            }
            self.happened(event, &host, now, sends: self.back, takes: self.there, isServer: true)
        }
    }

    /// - Parameter address: the address of the server; host 2 of the first link by default.
    public func begin(to address: IPAddress = .v4(SimulatedWire.address(2)), at now: Instant) {
        connection = client.host.connect(to: TCPEndpoint(address, Self.port), at: now)
    }

    public var isDone: Bool { there.isWhole && back.isWhole || !failures.isEmpty || there.isWrong || back.isWrong }
    /// Whether both ends have closed normally.
    public var isOver: Bool { closedCount == 2 }

    /// Makes the server read again.
    public func wake(at now: Instant) {
        serverSleeps = false
        if let accepted { take(accepted, &server.host, there) }
    }

    private func happened(
        _ event: HostEvent, _ host: inout UserSpaceHost, _ now: Instant, sends: Direction, takes: Direction,
        isServer: Bool = false
    ) {
        guard case .connection(let connection, let pendingEvents, let failure) = event,
            connection == (isServer ? accepted : self.connection)
        else { return }
        if let failure { failures.append(failure) }
        if pendingEvents.contains(.closed) { closedCount += 1 }
        if !pendingEvents.isDisjoint(with: [.established, .writable]) { fill(connection, &host, now, sends) }
        if !pendingEvents.isDisjoint(with: [.readable, .ended]), !(isServer && serverSleeps) {
            take(connection, &host, takes)
        }
        if pendingEvents.contains(.ended) { takes.hasEnded = true }
    }

    private func fill(_ connection: TCPIdentifier, _ host: inout UserSpaceHost, _ now: Instant, _ direction: Direction)
    {
        while direction.sent < direction.length {
            let count = min(8_192, direction.length - direction.sent)
            let bytes = (0..<count).map { direction.byte(direction.sent + $0) }
            let taken = host.send(connection, bytes.rawBytes)
            direction.sent += taken
            if taken < count { return }
        }
        host.endSending(connection, at: now)
    }

    private func take(_ connection: TCPIdentifier, _ host: inout UserSpaceHost, _ direction: Direction) {
        host.read(connection) { bytes in
            for offset in 0..<bytes.byteCount
            where bytes.byte(at: offset) != direction.byte(direction.received + offset) {
                direction.isWrong = true
            }
            direction.received += bytes.byteCount
            return bytes.byteCount
        }
    }
}
