import WireFormat

/// Packets on their way out: fixed slots in one buffer, made once and filled
/// again and again, so that no packet costs an allocation.
public struct PacketBatch: ~Copyable {
    /// One packet of the batch.
    public struct Entry: Sendable {
        /// Where its bytes begin in the batch's buffer.
        public var offset: Int
        public var length: Int
        /// Unspecified for frames.
        public var destination: IPAddress
        /// The engine's name for the packet, handed back when it was sent or refused.
        public var token: UInt64
        /// The interface that a frame leaves by; 0 for the port's own.
        public var interfaceIndex: UInt32

        @inlinable
        init(offset: Int, length: Int, destination: IPAddress, token: UInt64, interfaceIndex: UInt32 = 0) {
            self.offset = offset
            self.length = length
            self.destination = destination
            self.token = token
            self.interfaceIndex = interfaceIndex
        }
    }

    public let capacity: Int
    public let slotLength: Int
    @usableFromInline var slots: [UInt8]
    @usableFromInline var packets: [Entry]

    public init(capacity: Int, slotLength: Int) {
        self.capacity = max(capacity, 1)
        self.slotLength = max(slotLength, 1)
        slots = [UInt8](repeating: 0, count: self.capacity * self.slotLength)
        packets = []
        packets.reserveCapacity(self.capacity)
    }

    /// Slots of `slotLength` bytes one after the other.
    @inlinable public var storage: [UInt8] { slots }
    /// The packets, in the order they were added.
    @inlinable public var entries: [Entry] { packets }
    @inlinable public var count: Int { packets.count }
    @inlinable public var isEmpty: Bool { packets.isEmpty }
    /// Slots still to be filled.
    @inlinable public var room: Int { capacity &- packets.count }

    /// Forgets the packets; the bytes stay until they are written over.
    @inlinable
    public mutating func removeAll() {
        packets.removeAll(keepingCapacity: true)
    }

    /// Adds a packet of `length` bytes, which `fill` writes from the given
    /// offset on. The slot holds whatever was in it before.
    /// - Returns: false, without calling `fill`, when there is no slot left or the packet is too long for one.
    @inlinable
    @discardableResult
    public mutating func append(
        length: Int, destination: IPAddress, token: UInt64, _ fill: (inout MutableRawSpan, Int) -> Void
    ) -> Bool {
        guard room > 0, length >= 0, length <= slotLength else { return false }
        let offset = packets.count &* slotLength
        slots.withMutableBytes { bytes in fill(&bytes, offset) }
        packets.append(Entry(offset: offset, length: length, destination: destination, token: token))
        return true
    }

    /// Adds a frame, whose header says where it goes, in the same way.
    /// - Parameter interface: the interface it leaves by; 0 for the port's own.
    @inlinable
    @discardableResult
    public mutating func append(
        frameOf length: Int, token: UInt64, interface: UInt32 = 0, _ fill: (inout MutableRawSpan, Int) -> Void
    ) -> Bool {
        guard append(length: length, destination: .v4(.unspecified), token: token, fill) else { return false }
        if interface != 0 { packets[packets.count - 1].interfaceIndex = interface }
        return true
    }

    /// Adds a finished frame.
    @inlinable
    @discardableResult
    public mutating func append(frame: [UInt8], token: UInt64, interface: UInt32 = 0) -> Bool {
        append(frameOf: frame.count, token: token, interface: interface) { $0.copy(frame, at: $1) }
    }

    /// The bytes of one packet.
    public func bytes(of entry: Entry) -> [UInt8] {
        Array(slots[entry.offset..<entry.offset + entry.length])
    }
}
