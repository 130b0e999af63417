import PacketEngine
import WireFormat

/// A SYN cookie: the initial sequence number of a SYN-ACK that encodes the state of the handshake
/// (RFC 4987, section 3.6): 5 bits of time, 3 bits of segment size and 24 bits of keyed hash.
struct SynCookie: Sendable {
    /// The segment sizes that 3 bits can encode.
    static let sizes = [536, 1_220, 1_360, 1_400, 1_432, 1_440, 1_452, 1_460]
    /// The unit of the encoded time.
    private static let unit = Nanoseconds.seconds(64)

    let key: SipHash

    func number(for pair: TCPPair, peerInitial: SequenceNumber, maximumSegmentSize: Int, at now: Instant)
        -> SequenceNumber
    {
        let time = UInt32(truncatingIfNeeded: now.nanoseconds / Self.unit.count) & 31
        let size = UInt32(Self.sizes.lastIndex { $0 <= maximumSegmentSize } ?? 0)
        return SequenceNumber(time << 27 | size << 24 | mark(pair, peerInitial, time))
    }

    /// Returns the segment size encoded in `number`, or nil if the cookie is invalid or expired.
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
    /// Returns an unpredictable number for a connection.
    func hash(of pair: TCPPair) -> UInt64 {
        func integers(_ endpoint: TCPEndpoint) -> (UInt64, UInt64) {
            switch endpoint.address {
            case .v4(let address): (UInt64(address.rawValue), UInt64(endpoint.port))
            case .v6(let address): (self(address.high, address.low), UInt64(endpoint.port))
            }
        }
        let (local, localPort) = integers(pair.local)
        let (remote, remotePort) = integers(pair.remote)
        return self(self(local, remote), localPort << 16 | remotePort)
    }
}
