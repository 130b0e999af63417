import PacketEngine
import WireFormat

/// Tells machines their addresses (RFC 903): those in its table and no others, each not too often.
public struct RARPModule: Sendable {
    /// Who answers on a link.
    public struct Link: Sendable {
        public var mac: MACAddress
        /// Its addresses there with the lengths of their prefixes; the first when none is near.
        public var addresses: [(address: IPv4Address, prefixLength: Int)]

        public init(mac: MACAddress, addresses: [(address: IPv4Address, prefixLength: Int)]) {
            self.mac = mac
            self.addresses = addresses
        }

        /// Ours in the network of the machine that is answered for.
        func address(for other: IPv4Address) -> IPv4Address {
            let near = addresses.first {
                IPv4Network($0.address, prefixLength: $0.prefixLength)?.contains(other) ?? false
            }
            return (near ?? addresses.first)?.address ?? .unspecified
        }
    }

    /// What becomes of a question about a machine.
    public enum Outcome: Hashable, Sendable {
        /// The frame says the address.
        case answered([UInt8], IPv4Address)
        /// It does not know the machine, and says nothing.
        case unknown
        /// The machine's answers would come too fast.
        case limited
    }

    /// The machines that it knows.
    private(set) var table: [MACAddress: IPv4Address]
    private let gap: Nanoseconds
    /// When each machine of the table was last answered: no longer than the table.
    private var lastAnswers: [MACAddress: Instant] = [:]

    /// - Parameter rate: answers a second for one machine, at the most.
    public init(_ table: [MACAddress: IPv4Address], rate: Double = 10) {
        self.table = table
        gap = rate > 0 ? Nanoseconds(Int64(min(1e9 / rate, 1e18))) : .zero
    }

    /// Knows other machines from now on.
    public mutating func know(_ table: [MACAddress: IPv4Address]) {
        self.table = table
        lastAnswers = lastAnswers.filter { table[$0.key] != nil }
    }

    /// Answers a request.
    /// - Parameter mayAnswer: there is room for one more answer.
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
    /// A request of RARP; nil for everything else.
    public init?(reverseRequest frame: RawSpan) {
        self.init(frame, etherType: .reverseARP)
        guard packet.operation == .reverseRequest, hasCredibleSender else { return nil }
    }
}
