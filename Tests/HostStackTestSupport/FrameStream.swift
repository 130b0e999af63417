import PacketEngine
import WireFormat

/// Frames for a whole host with their times, encoded as fuzzer input: one byte of flags (see `Item`),
/// two bytes of length, and the frame from its EtherType on.
public struct FrameStream: Sendable {
    public struct Item: Sendable, Equatable {
        /// Whether checksums are corrected.
        public var isRepaired = true
        /// Whether transport checksums are pending, as in packets from the same system.
        public var hasPendingChecksum = true
        /// Whether the frame is a broadcast.
        public var isBroadcast = false
        /// The time after the frame is 2 to this power, in microseconds: 0 to 31.
        public var timeExponent: UInt8 = 0
        /// The bytes from the EtherType on.
        public var bytes: [UInt8]

        public init(_ etherType: EtherType, _ packet: [UInt8]) {
            bytes = [UInt8(etherType.rawValue >> 8), UInt8(truncatingIfNeeded: etherType.rawValue)] + packet
        }

        init(manner: UInt8, bytes: [UInt8]) {
            isRepaired = manner & 1 == 0
            hasPendingChecksum = manner & 2 == 0
            isBroadcast = manner & 4 != 0
            timeExponent = manner >> 3
            self.bytes = bytes
        }

        var manner: UInt8 {
            (isRepaired ? 0 : 1) | (hasPendingChecksum ? 0 : 2) | (isBroadcast ? 4 : 0) | timeExponent << 3
        }

        /// The frame, sent by the other station.
        public var frame: [UInt8] {
            let header = EthernetHeader(
                destination: isBroadcast ? .broadcast : StackUnderFuzz.mac, source: StackUnderFuzz.otherHost,
                etherType: EtherType(rawValue: 0))
            let frame = EthernetHeader.padded(header.encoded().dropLast(2) + bytes)
            return isRepaired ? StackUnderFuzz.repaired(frame) : frame
        }

        public var time: Nanoseconds { .microseconds(1 << Int64(timeExponent)) }
    }

    public var items: [Item] = []

    public init(_ items: [Item] = []) { self.items = items }

    /// Parses all items; the last may be truncated.
    public init(_ bytes: RawSpan) {
        var rest = bytes
        while rest.byteCount > 3 {
            let length = Int(rest.byte(at: 1)) << 8 | Int(rest.byte(at: 2))
            items.append(Item(manner: rest.byte(at: 0), bytes: rest.dropping(3).prefix(length).copied()))
            rest = rest.dropping(3).dropping(min(length, rest.byteCount - 3))
        }
    }

    public var encoded: [UInt8] {
        items.flatMap { item in
            [
                item.manner, UInt8(truncatingIfNeeded: item.bytes.count >> 8),
                UInt8(truncatingIfNeeded: item.bytes.count),
            ]
                + item.bytes
        }
    }

    /// Makes a host receive all frames.
    /// - Returns: the violated invariant, if any.
    public func problem() -> String? {
        var stack = StackUnderFuzz(seed: 1)
        for (number, item) in items.enumerated() {
            if let problem = stack.take(item.frame, hasPendingChecksum: item.hasPendingChecksum, then: item.time) {
                return "frame \(number): \(problem)"
            }
        }
        return nil
    }
}
