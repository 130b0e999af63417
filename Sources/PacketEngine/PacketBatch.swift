import WireFormat

/// Packets on their way out: fixed slots in one buffer, made once and filled
/// again and again, so that no packet costs an allocation.
public struct PacketBatch: ~Copyable {
    /// One packet of the batch.
    public struct Entry: Sendable {
        /// Where its bytes begin in the batch's buffer.
        public var offset: Int
        public var length: Int
        public var destination: IPAddress
        /// The engine's name for the packet, handed back when it was sent or refused.
        public var token: UInt64
    }

    public let capacity: Int
    public let slotLength: Int
    /// Slots of `slotLength` bytes one after the other.
    public private(set) var storage: [UInt8]
    public private(set) var entries: [Entry]

    public init(capacity: Int, slotLength: Int) {
        self.capacity = max(capacity, 1)
        self.slotLength = max(slotLength, 1)
        storage = [UInt8](repeating: 0, count: self.capacity * self.slotLength)
        entries = []
        entries.reserveCapacity(self.capacity)
    }

    @inlinable public var count: Int { entries.count }
    @inlinable public var isEmpty: Bool { entries.isEmpty }
    /// Slots still to be filled.
    @inlinable public var room: Int { capacity - entries.count }

    /// Forgets the packets; the bytes stay until they are written over.
    public mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
    }

    /// Adds a packet of `length` bytes, which `fill` writes from the given
    /// offset on. The slot holds whatever was in it before.
    /// - Returns: false, without calling `fill`, when there is no slot left or the packet is too long for one.
    @discardableResult
    public mutating func append(
        length: Int, destination: IPAddress, token: UInt64, _ fill: (inout MutableRawSpan, Int) -> Void
    ) -> Bool {
        guard room > 0, length >= 0, length <= slotLength else { return false }
        let offset = entries.count * slotLength
        storage.withMutableBytes { bytes in fill(&bytes, offset) }
        entries.append(Entry(offset: offset, length: length, destination: destination, token: token))
        return true
    }

    /// The bytes of one packet.
    public func bytes(of entry: Entry) -> [UInt8] {
        Array(storage[entry.offset..<entry.offset + entry.length])
    }
}
