import PacketEngine
import WireFormat

/// Frames for a whole host, one after the other in time, as the fuzzer's bytes: a byte of how each comes (see `Item`),
/// two of its length, and it from its EtherType on.
public struct FrameStream: Sendable {
    public struct Item: Sendable, Equatable {
        /// What can be repaired of its checksums is.
        public var isRepaired = true
        /// The checksums of its transport are not made yet, as of segments of the same machine.
        public var hasPendingChecksum = true
        /// It is to everybody on the link.
        public var isBroadcast = false
        /// Two to this power are the microseconds that pass after it: 0 to 31.
        public var timeExponent: UInt8 = 0
        /// From the EtherType on.
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

        /// In a frame of the stranger's.
        public var frame: [UInt8] {
            let header = EthernetHeader(
                destination: isBroadcast ? .broadcast : StackUnderFuzz.mac, source: StackUnderFuzz.stranger,
                etherType: EtherType(rawValue: 0))
            let frame = EthernetHeader.padded(header.encoded().dropLast(2) + bytes)
            return isRepaired ? StackUnderFuzz.repaired(frame) : frame
        }

        public var time: Nanoseconds { .microseconds(1 << Int64(timeExponent)) }
    }

    public var items: [Item] = []

    public init(_ items: [Item] = []) { self.items = items }

    /// Reads as many as there are; the last may be cut short.
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

    /// Has a host take all of them.
    /// - Returns: what must not be.
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
