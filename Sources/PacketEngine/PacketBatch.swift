import WireFormat

/// A batch of packets to send: fixed slots in one reusable buffer, so that a packet needs no allocation.
public struct PacketBatch: ~Copyable {
    /// A packet of the batch.
    public struct Entry: Sendable {
        /// The offset of its bytes in the buffer.
        public var offset: Int
        public var length: Int
        /// The destination address; unspecified for frames.
        public var destination: IPAddress
        /// Whether the bytes begin with a link header.
        @inlinable public var isFrame: Bool {
            if case .v4(let address) = destination { address.rawValue == 0 } else { false }
        }
        /// The engine's identifier of the packet, passed to `transmitted` or `transmissionFailed`.
        public var token: UInt64
        /// The index of the interface that the packet is sent on, if the port has several; 0 for the port's interface.
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

    /// The slots, each of `slotLength` bytes.
    @inlinable public var storage: [UInt8] { slots }
    /// The packets, in the order in which they were added.
    @inlinable public var entries: [Entry] { packets }
    @inlinable public var count: Int { packets.count }
    @inlinable public var isEmpty: Bool { packets.isEmpty }
    /// The number of free slots.
    @inlinable public var room: Int { capacity &- packets.count }

    /// Removes all packets; their bytes remain until they are overwritten.
    @inlinable
    public mutating func removeAll() {
        packets.removeAll(keepingCapacity: true)
    }

    /// Adds a packet of `length` bytes. `fill` writes it at the given offset; the slot contains the bytes of an earlier
    /// packet.
    /// - Parameter interface: the index of the interface to send on; 0 for the port's interface.
    /// - Returns: false, without calling `fill`, if no slot is free or the packet does not fit in one.
    @inlinable
    @discardableResult
    public mutating func append(
        length: Int, destination: IPAddress, token: UInt64, interface: UInt32 = 0,
        _ fill: (inout MutableRawSpan, Int) -> Void
    ) -> Bool {
        guard room > 0, length >= 0, length <= slotLength else { return false }
        let offset = packets.count &* slotLength
        slots.withMutableBytes { bytes in fill(&bytes, offset) }
        packets.append(
            Entry(offset: offset, length: length, destination: destination, token: token, interfaceIndex: interface))
        return true
    }

    /// Adds a frame in the same way; its destination is in its header.
    @inlinable
    @discardableResult
    public mutating func append(
        frameOf length: Int, token: UInt64, interface: UInt32 = 0, _ fill: (inout MutableRawSpan, Int) -> Void
    ) -> Bool {
        append(length: length, destination: .v4(.unspecified), token: token, interface: interface, fill)
    }

    /// Adds a copy of a complete frame.
    @inlinable
    @discardableResult
    public mutating func append(frame: [UInt8], token: UInt64, interface: UInt32 = 0) -> Bool {
        append(frameOf: frame.count, token: token, interface: interface) { $0.copy(frame, at: $1) }
    }

    /// Returns the bytes of a packet.
    public func bytes(of entry: Entry) -> [UInt8] {
        Array(slots[entry.offset..<entry.offset + entry.length])
    }
}
