/// A DHCP or BOOTP message over the data of a UDP datagram (RFC 2131, section 2; RFC 951).
public struct DHCPView: ~Escapable {
    public let bytes: RawSpan

    /// Bytes of the fixed fields, before the magic cookie and the options.
    public static let fixedLength = 236
    /// The four bytes before the options of RFC 1497; BOOTP messages may have other ones.
    public static let magicCookie: UInt32 = 0x6382_5363
    /// The UDP port of servers and relay agents.
    public static let serverPort: UInt16 = 67
    /// The UDP port of clients.
    public static let clientPort: UInt16 = 68

    /// Throws when fewer than 236 bytes are there.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.fixedLength else {
            throw .truncatedHeader(.dhcp, needed: Self.fixedLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    /// `op`: 1 from a client, 2 from a server.
    public var operation: UInt8 { bytes.byte(at: 0) }
    /// `htype`: 1 for Ethernet.
    public var hardwareType: UInt8 { bytes.byte(at: 1) }
    /// `hlen`: bytes of the hardware address.
    public var hardwareLength: UInt8 { bytes.byte(at: 2) }
    /// Relay agents that the message has passed.
    public var hops: UInt8 { bytes.byte(at: 3) }
    /// `xid`: a random number that a reply has from its request.
    public var transactionID: UInt32 { bytes.bigEndian32(at: 4) }
    /// `secs`: seconds since the client began.
    public var seconds: UInt16 { bytes.bigEndian16(at: 8) }
    /// The highest bit asks for replies by broadcast, the others are reserved.
    public var flags: UInt16 { bytes.bigEndian16(at: 10) }
    /// Replies are to be broadcast.
    public var isBroadcast: Bool { flags & 0x8000 != 0 }
    /// `ciaddr`: the address that the client has already.
    public var clientAddress: IPv4Address { bytes.ipv4Address(at: 12) }
    /// `yiaddr`: the address that the server offers or assigns.
    public var yourAddress: IPv4Address { bytes.ipv4Address(at: 16) }
    /// `siaddr`: the server of the next step of the boot.
    public var nextServerAddress: IPv4Address { bytes.ipv4Address(at: 20) }
    /// `giaddr`: the relay agent.
    public var relayAddress: IPv4Address { bytes.ipv4Address(at: 24) }
    /// `chaddr` as a MAC address; nil unless hardware type and length are those of Ethernet.
    public var clientMAC: MACAddress? {
        guard hardwareType == 1, hardwareLength == 6 else { return nil }
        return MACAddress(rawValue: UInt64(bytes.bigEndian16(at: 28)) << 32 | UInt64(bytes.bigEndian32(at: 30)))
    }
    /// `sname`: 64 bytes, a server name that ends with a zero byte, or options.
    public var serverName: RawSpan { @_lifetime(copy self) get { bytes.extracting(44..<108) } }
    /// `file`: 128 bytes, a file name that ends with a zero byte, or options.
    public var file: RawSpan { @_lifetime(copy self) get { bytes.extracting(108..<236) } }

    /// Whether a datagram with these ports carries such a message.
    public static func isCarried(from source: UInt16?, to destination: UInt16?) -> Bool {
        for case let port? in [source, destination] where port == serverPort || port == clientPort { return true }
        return false
    }

    /// Whether options follow the fixed fields.
    public var hasMagicCookie: Bool {
        bytes.byteCount >= Self.fixedLength + 4 && bytes.bigEndian32(at: Self.fixedLength) == Self.magicCookie
    }
}

/// A DHCP or BOOTP message (RFC 2131, section 2).
public struct DHCPMessage: Hashable, Sendable, WireEncodable {
    /// `op`: 1 from a client, 2 from a server.
    public var operation: UInt8
    /// `htype`: 1 for Ethernet.
    public var hardwareType: UInt8 = 1
    /// `hlen`: bytes of the hardware address.
    public var hardwareLength: UInt8 = 6
    /// Relay agents that the message has passed.
    public var hops: UInt8 = 0
    /// `xid`: a random number that a reply has from its request.
    public var transactionID: UInt32
    /// `secs`: seconds since the client began.
    public var seconds: UInt16 = 0
    /// The highest bit asks for replies by broadcast, the others are reserved.
    public var flags: UInt16 = 0
    /// `ciaddr`: the address that the client has already.
    public var clientAddress = IPv4Address.unspecified
    /// `yiaddr`: the address that the server offers or assigns.
    public var yourAddress = IPv4Address.unspecified
    /// `siaddr`: the server of the next step of the boot.
    public var nextServerAddress = IPv4Address.unspecified
    /// `giaddr`: the relay agent.
    public var relayAddress = IPv4Address.unspecified
    /// `chaddr`: 16 bytes; of others the first 16 are written.
    public var hardwareAddress: [UInt8]
    /// `sname`: up to 64 bytes.
    public var serverName: [UInt8] = []
    /// `file`: up to 128 bytes.
    public var file: [UInt8] = []
    /// Everything after the fixed fields: the magic cookie, the options, the end option and padding.
    public var vendorArea: [UInt8]

    /// Bytes of the shortest message, which relay agents and servers of BOOTP expect (RFC 1542, section 2.1).
    public static let minimumLength = 300

    /// A message with options for a client with a MAC address, padded to the shortest length.
    ///
    /// Data of more than 255 bytes is split over several options of the same code (RFC 3396).
    public init(operation: UInt8, transactionID: UInt32, clientMAC: MACAddress, options: [DHCPOption]) {
        self.operation = operation
        self.transactionID = transactionID
        hardwareAddress = (0..<6).map { UInt8(truncatingIfNeeded: clientMAC.rawValue >> (40 - 8 * UInt64($0))) }
        vendorArea = (0..<4).map { UInt8(truncatingIfNeeded: DHCPView.magicCookie >> (24 - 8 * UInt32($0))) }
        for option in options {
            var rest = option.data[...]
            repeat {
                vendorArea += [option.code, UInt8(min(rest.count, 255))] + rest.prefix(255)
                rest = rest.dropFirst(255)
            } while !rest.isEmpty
        }
        vendorArea.append(DHCPOption.Code.end)
        let missing = Self.minimumLength - DHCPView.fixedLength - vendorArea.count
        vendorArea += [UInt8](repeating: 0, count: max(missing, 0))
    }

    public init(_ view: borrowing DHCPView) {
        operation = view.operation
        hardwareType = view.hardwareType
        hardwareLength = view.hardwareLength
        hops = view.hops
        transactionID = view.transactionID
        seconds = view.seconds
        flags = view.flags
        clientAddress = view.clientAddress
        yourAddress = view.yourAddress
        nextServerAddress = view.nextServerAddress
        relayAddress = view.relayAddress
        hardwareAddress = view.bytes.extracting(28..<44).copied()
        serverName = view.serverName.copied()
        file = view.file.copied()
        vendorArea = view.bytes.dropping(DHCPView.fixedLength).copied()
    }

    public var byteCount: Int { DHCPView.fixedLength + vendorArea.count }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.copy([operation, hardwareType, hardwareLength, hops], at: offset)
        bytes.setBigEndian32(transactionID, at: offset + 4)
        bytes.setBigEndian16(seconds, at: offset + 8)
        bytes.setBigEndian16(flags, at: offset + 10)
        for (index, address) in [clientAddress, yourAddress, nextServerAddress, relayAddress].enumerated() {
            bytes.setBigEndian32(address.rawValue, at: offset + 12 + 4 * index)
        }
        for (field, start, length) in [(hardwareAddress, 28, 16), (serverName, 44, 64), (file, 108, 128)] {
            let padding = [UInt8](repeating: 0, count: max(length - field.count, 0))
            bytes.copy(field.prefix(length) + padding, at: offset + start)
        }
        bytes.copy(vendorArea, at: offset + DHCPView.fixedLength)
    }
}
