import PacketEngine
import WireFormat

/// A RARP server: returns the IPv4 addresses in its table, with a rate limit per client (RFC 903).
public struct RARPModule: Sendable {
    /// The server's addresses on a link.
    public struct Link: Sendable {
        public var mac: MACAddress
        /// The server's addresses on this link with their prefix lengths. The first is used if none is in the client's
        /// network.
        public var addresses: [(address: IPv4Address, prefixLength: Int)]

        public init(mac: MACAddress, addresses: [(address: IPv4Address, prefixLength: Int)]) {
            self.mac = mac
            self.addresses = addresses
        }

        /// Returns the server's address in the network of `other`.
        func address(for other: IPv4Address) -> IPv4Address {
            let near = addresses.first {
                IPv4Network($0.address, prefixLength: $0.prefixLength)?.contains(other) ?? false
            }
            return (near ?? addresses.first)?.address ?? .unspecified
        }
    }

    /// The result of processing a request.
    public enum Outcome: Hashable, Sendable {
        /// The reply frame and the address that it contains.
        case answered([UInt8], IPv4Address)
        /// The client is not in the table; no reply is sent.
        case unknown
        /// The rate limit for this client was exceeded.
        case limited
    }

    /// The IPv4 addresses of the clients.
    private(set) var table: [MACAddress: IPv4Address]
    private let gap: Nanoseconds
    /// The time of the last reply to each client in the table.
    private var lastAnswers: [MACAddress: Instant] = [:]

    /// - Parameter rate: the maximum rate of replies to one client, per second.
    public init(_ table: [MACAddress: IPv4Address], rate: Double = 10) {
        self.table = table
        gap = rate > 0 ? Nanoseconds(Int64(min(1e9 / rate, 1e18))) : .zero
    }

    /// Replaces the table.
    public mutating func setTable(_ table: [MACAddress: IPv4Address]) {
        self.table = table
        lastAnswers = lastAnswers.filter { table[$0.key] != nil }
    }

    /// Returns the reply to a request.
    /// - Parameter mayAnswer: whether there is room for another reply.
    public mutating func answer(
        _ arrived: ReceivedARP, on link: Link, mayAnswer: Bool = true, at now: Instant
    ) -> Outcome {
        let mac = arrived.packet.targetMAC
        guard let address = table[mac] else { return .unknown }
        guard mayAnswer, lastAnswers[mac].map({ now - $0 >= gap }) ?? true else { return .limited }
        lastAnswers[mac] = now
        let reply = ARPPacket(
            operation: .reverseReply, senderMAC: link.mac, senderAddress: link.address(for: address), targetMAC: mac,
            targetAddress: address)
        return .answered(ARPFrame.bytes(reply, to: arrived.frameSource), address)
    }
}

extension ReceivedARP {
    /// Parses a RARP request; returns nil for any other frame.
    public init?(reverseRequest frame: RawSpan) {
        self.init(frame, etherType: .reverseARP)
        guard packet.operation == .reverseRequest, hasCredibleSender else { return nil }
    }
}
