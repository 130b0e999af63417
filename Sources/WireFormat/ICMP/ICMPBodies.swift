/// Identifier, sequence number and data: echo of both versions (RFC 792; RFC
/// 4443, section 4), and ICMPv4 information messages, which have no data.
public struct ICMPEcho: Hashable, Sendable {
    /// The code within the type (RFC 792; RFC 4443, section 2.1).
    public var code: UInt8
    /// The identifier, chosen by the sender of the request and repeated in the reply.
    public var identifier: UInt16
    /// The sequence number of the request, repeated in the reply.
    public var sequenceNumber: UInt16
    /// The data, repeated in the reply.
    public var data: [UInt8]

    /// Creates a message, by default with code 0.
    public init(code: UInt8 = 0, identifier: UInt16, sequenceNumber: UInt16, data: [UInt8] = []) {
        self.code = code
        self.identifier = identifier
        self.sequenceNumber = sequenceNumber
        self.data = data
    }

    init(_ view: borrowing ICMPv4View) {
        self.init(
            code: view.code, identifier: view.identifier, sequenceNumber: view.sequenceNumber,
            data: view.payload.copied())
    }

    init(_ view: borrowing ICMPv6View) {
        self.init(
            code: view.code, identifier: view.identifier, sequenceNumber: view.sequenceNumber,
            data: view.payload.copied())
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.setBigEndian16(identifier, at: offset + 4)
        bytes.setBigEndian16(sequenceNumber, at: offset + 6)
        bytes.copy(data, at: offset + 8)
    }
}

/// Timestamp request and reply (RFC 792): times are in milliseconds since
/// midnight UT, or in another unit if the highest bit is set.
public struct ICMPv4Timestamp: Hashable, Sendable {
    /// The code within the type (RFC 792; RFC 4443, section 2.1).
    public var code: UInt8
    /// The identifier, chosen by the sender of the request and repeated in the reply.
    public var identifier: UInt16
    /// The sequence number of the request, repeated in the reply.
    public var sequenceNumber: UInt16
    /// The time at which the sender last touched the request.
    public var originate: UInt32
    /// The time at which the echoer received the request.
    public var receive: UInt32
    /// The time at which the echoer sent the reply.
    public var transmit: UInt32
    /// Bytes after the message.
    public var trailing: [UInt8]

    /// The length of the message without `trailing`, in bytes.
    public static let byteCount = 20

    /// Creates a message with code 0.
    public init(identifier: UInt16, sequenceNumber: UInt16, originate: UInt32, receive: UInt32, transmit: UInt32) {
        code = 0
        self.identifier = identifier
        self.sequenceNumber = sequenceNumber
        self.originate = originate
        self.receive = receive
        self.transmit = transmit
        trailing = []
    }

    init?(_ view: borrowing ICMPv4View) {
        guard view.bytes.byteCount >= Self.byteCount else { return nil }
        self.init(
            identifier: view.identifier, sequenceNumber: view.sequenceNumber,
            originate: view.bytes.bigEndian32(at: 8), receive: view.bytes.bigEndian32(at: 12),
            transmit: view.bytes.bigEndian32(at: 16))
        code = view.code
        trailing = view.bytes.dropping(Self.byteCount).copied()
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.setBigEndian16(identifier, at: offset + 4)
        bytes.setBigEndian16(sequenceNumber, at: offset + 6)
        bytes.setBigEndian32(originate, at: offset + 8)
        bytes.setBigEndian32(receive, at: offset + 12)
        bytes.setBigEndian32(transmit, at: offset + 16)
        bytes.copy(trailing, at: offset + Self.byteCount)
    }
}

/// Address mask request and reply (RFC 950, appendix I).
public struct ICMPv4AddressMask: Hashable, Sendable {
    /// The code within the type (RFC 792; RFC 4443, section 2.1).
    public var code: UInt8
    /// The identifier, chosen by the sender of the request and repeated in the reply.
    public var identifier: UInt16
    /// The sequence number of the request, repeated in the reply.
    public var sequenceNumber: UInt16
    /// The network mask; 0 in a request.
    public var mask: IPv4Address
    /// Bytes after the message.
    public var trailing: [UInt8]

    /// The length of the message without `trailing`, in bytes.
    public static let byteCount = 12

    /// Creates a message with code 0.
    public init(identifier: UInt16, sequenceNumber: UInt16, mask: IPv4Address = .unspecified) {
        code = 0
        self.identifier = identifier
        self.sequenceNumber = sequenceNumber
        self.mask = mask
        trailing = []
    }

    init?(_ view: borrowing ICMPv4View) {
        guard view.bytes.byteCount >= Self.byteCount else { return nil }
        self.init(
            identifier: view.identifier, sequenceNumber: view.sequenceNumber, mask: view.bytes.ipv4Address(at: 8))
        code = view.code
        trailing = view.bytes.dropping(Self.byteCount).copied()
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.setBigEndian16(identifier, at: offset + 4)
        bytes.setBigEndian16(sequenceNumber, at: offset + 6)
        bytes.setIPv4Address(mask, at: offset + 8)
        bytes.copy(trailing, at: offset + Self.byteCount)
    }
}

/// Router advertisement (RFC 1256, section 3).
public struct ICMPv4RouterAdvertisement: Hashable, Sendable {
    /// A router and its preference.
    public struct Router: Hashable, Sendable {
        /// The router's address.
        public var address: IPv4Address
        /// The preference: higher is better; Int32.min means that the router must not be a default router.
        public var preference: Int32
        /// Whether the router may be used as a default router (RFC 1256, section 3.1).
        public var isDefault: Bool { preference != .min }

        /// Creates an entry.
        public init(address: IPv4Address, preference: Int32) {
            self.address = address
            self.preference = preference
        }
    }

    /// The code within the type (RFC 792; RFC 4443, section 2.1).
    public var code: UInt8
    /// The lifetime of the addresses, in seconds.
    public var lifetime: UInt16
    /// The routers, in order.
    public var routers: [Router]
    /// Bytes after the last router.
    public var trailing: [UInt8]

    /// Creates a message with code 0.
    public init(lifetime: UInt16, routers: [Router]) {
        code = 0
        self.lifetime = lifetime
        self.routers = routers
        trailing = []
    }

    /// Returns nil if the entry size is not 2 words, or fewer entries exist than the count states.
    init?(_ view: borrowing ICMPv4View) {
        let count = Int(view.bytes.byte(at: 4))
        guard view.bytes.byte(at: 5) == 2, view.payload.byteCount >= count * 8 else { return nil }
        code = view.code
        lifetime = view.bytes.bigEndian16(at: 6)
        routers = (0..<count).map { index in
            Router(
                address: view.payload.ipv4Address(at: index * 8),
                preference: Int32(bitPattern: view.payload.bigEndian32(at: index * 8 + 4)))
        }
        trailing = view.payload.dropping(count * 8).copied()
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.setByte(UInt8(truncatingIfNeeded: routers.count), at: offset + 4)
        bytes.setByte(2, at: offset + 5)
        bytes.setBigEndian16(lifetime, at: offset + 6)
        var position = offset + 8
        for router in routers {
            bytes.setIPv4Address(router.address, at: position)
            bytes.setBigEndian32(UInt32(bitPattern: router.preference), at: position + 4)
            position += 8
        }
        bytes.copy(trailing, at: position)
    }
}
