import PacketEngine
import WireFormat

/// The number of a SYN-ACK that holds what would have been remembered of the SYN (RFC 4987, section 3.6): five bits
/// of time, three of segment size, and 24 that nobody else can make.
struct SynCookie: Sendable {
    /// Segment sizes that fit into three bits.
    static let sizes = [536, 1_220, 1_360, 1_400, 1_432, 1_440, 1_452, 1_460]
    /// A unit of its time.
    private static let unit = Nanoseconds.seconds(64)

    let key: SipHash

    func number(for pair: TCPPair, peerInitial: SequenceNumber, maximumSegmentSize: Int, at now: Instant)
        -> SequenceNumber
    {
        let time = UInt32(truncatingIfNeeded: now.nanoseconds / Self.unit.count) & 31
        let size = UInt32(Self.sizes.lastIndex { $0 <= maximumSegmentSize } ?? 0)
        return SequenceNumber(time << 27 | size << 24 | mark(pair, peerInitial, time))
    }

    /// The segment size of the SYN that was answered with `number`; nil when it is none of ours, or too old.
    func size(in number: SequenceNumber, for pair: TCPPair, peerInitial: SequenceNumber, at now: Instant) -> Int? {
        let time = number.rawValue >> 27
        let age = (UInt32(truncatingIfNeeded: now.nanoseconds / Self.unit.count) &- time) & 31
        guard age <= 1, number.rawValue & 0xFF_FFFF == mark(pair, peerInitial, time) else { return nil }
        return Self.sizes[Int(number.rawValue >> 24 & 7)]
    }

    private func mark(_ pair: TCPPair, _ peerInitial: SequenceNumber, _ time: UInt32) -> UInt32 {
        let word = key.hash(of: pair)
        return UInt32(truncatingIfNeeded: key(word, UInt64(peerInitial.rawValue) << 32 | UInt64(time))) & 0xFF_FFFF
    }
}

extension SipHash {
    /// A number for a connection that nobody can guess.
    func hash(of pair: TCPPair) -> UInt64 {
        func words(_ endpoint: TCPEndpoint) -> (UInt64, UInt64) {
            switch endpoint.address {
            case .v4(let address): (UInt64(address.rawValue), UInt64(endpoint.port))
            case .v6(let address): (self(address.high, address.low), UInt64(endpoint.port))
            }
        }
        let (local, localPort) = words(pair.local)
        let (remote, remotePort) = words(pair.remote)
        return self(self(local, remote), localPort << 16 | remotePort)
    }
}
