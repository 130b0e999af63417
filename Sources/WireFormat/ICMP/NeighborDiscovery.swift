/// The five messages of neighbor discovery (RFC 4861, section 4).
public struct NDPMessage: Hashable, Sendable {
    /// The kind of message, and its fields before the options.
    public enum Kind: Hashable, Sendable {
        case routerSolicitation(reserved: UInt32)
        case routerAdvertisement(RouterAdvertisement)
        case neighborSolicitation(reserved: UInt32, target: IPv6Address)
        /// Flags and reserved bits in one word; the highest three are Router, Solicited and Override.
        case neighborAdvertisement(flags: NeighborFlags, target: IPv6Address)
        case redirect(reserved: UInt32, target: IPv6Address, destination: IPv6Address)
    }

    /// The parameters in a router advertisement (RFC 4861, section 4.2).
    public struct RouterAdvertisement: Hashable, Sendable {
        /// The hop limit to use; 0 if unspecified.
        public var currentHopLimit: UInt8
        /// The flags; the highest two bits are Managed and Other configuration.
        public var flags: UInt8
        /// The lifetime as default router, in seconds; 0 if it is not a default router.
        public var routerLifetime: UInt16
        /// The reachable time, in milliseconds; 0 if unspecified.
        public var reachableTime: UInt32
        /// The time between solicitations, in milliseconds; 0 if unspecified.
        public var retransmissionTimer: UInt32

        /// Creates the parameters.
        public init(
            currentHopLimit: UInt8, flags: UInt8 = 0, routerLifetime: UInt16, reachableTime: UInt32 = 0,
            retransmissionTimer: UInt32 = 0
        ) {
            self.currentHopLimit = currentHopLimit
            self.flags = flags
            self.routerLifetime = routerLifetime
            self.reachableTime = reachableTime
            self.retransmissionTimer = retransmissionTimer
        }
    }

    /// The flags of a neighbor advertisement, including reserved bits.
    public struct NeighborFlags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let router = NeighborFlags(rawValue: 1 << 31)
        public static let solicited = NeighborFlags(rawValue: 1 << 30)
        public static let override = NeighborFlags(rawValue: 1 << 29)
    }

    /// The code within the type (RFC 792; RFC 4443, section 2.1).
    public var code: UInt8
    /// The kind of message, and its fields.
    public var kind: Kind
    /// The options, in order.
    public var options: [NDPOption]
    /// Bytes from the first option with an invalid length on.
    public var trailing: [UInt8]

    /// Creates a message.
    public init(_ kind: Kind, options: [NDPOption] = []) {
        code = 0
        self.kind = kind
        self.options = options
        trailing = []
    }

    /// Returns nil if the type is not one of the five or the fixed part is truncated.
    init?(_ view: borrowing ICMPv6View) {
        let bytes = view.bytes
        let fixed: Int
        switch view.type {
        case .routerSolicitation: fixed = 8
        case .routerAdvertisement: fixed = 16
        case .neighborSolicitation, .neighborAdvertisement: fixed = 24
        case .redirect: fixed = 40
        default: return nil
        }
        guard bytes.byteCount >= fixed else { return nil }
        code = view.code
        switch view.type {
        case .routerSolicitation: kind = .routerSolicitation(reserved: view.restOfHeader)
        case .routerAdvertisement:
            kind = .routerAdvertisement(
                RouterAdvertisement(
                    currentHopLimit: bytes.byte(at: 4), flags: bytes.byte(at: 5),
                    routerLifetime: bytes.bigEndian16(at: 6), reachableTime: bytes.bigEndian32(at: 8),
                    retransmissionTimer: bytes.bigEndian32(at: 12)))
        case .neighborSolicitation:
            kind = .neighborSolicitation(reserved: view.restOfHeader, target: bytes.ipv6Address(at: 8))
        case .neighborAdvertisement:
            kind = .neighborAdvertisement(
                flags: NeighborFlags(rawValue: view.restOfHeader), target: bytes.ipv6Address(at: 8))
        default:
            kind = .redirect(
                reserved: view.restOfHeader, target: bytes.ipv6Address(at: 8), destination: bytes.ipv6Address(at: 24))
        }
        (options, trailing) = NDPOption.list(bytes.dropping(fixed))
    }

    /// The type of the message.
    public var type: ICMPv6Type {
        switch kind {
        case .routerSolicitation: .routerSolicitation
        case .routerAdvertisement: .routerAdvertisement
        case .neighborSolicitation: .neighborSolicitation
        case .neighborAdvertisement: .neighborAdvertisement
        case .redirect: .redirect
        }
    }

    var fixedByteCount: Int {
        switch kind {
        case .routerSolicitation: 8
        case .routerAdvertisement: 16
        case .neighborSolicitation, .neighborAdvertisement: 24
        case .redirect: 40
        }
    }

    var byteCount: Int { options.reduce(fixedByteCount + trailing.count) { $0 + $1.byteCount } }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        switch kind {
        case .routerSolicitation(let reserved):
            bytes.setBigEndian32(reserved, at: offset + 4)
        case .routerAdvertisement(let advertisement):
            bytes.setByte(advertisement.currentHopLimit, at: offset + 4)
            bytes.setByte(advertisement.flags, at: offset + 5)
            bytes.setBigEndian16(advertisement.routerLifetime, at: offset + 6)
            bytes.setBigEndian32(advertisement.reachableTime, at: offset + 8)
            bytes.setBigEndian32(advertisement.retransmissionTimer, at: offset + 12)
        case .neighborSolicitation(let word, let target):
            bytes.setBigEndian32(word, at: offset + 4)
            bytes.setIPv6Address(target, at: offset + 8)
        case .neighborAdvertisement(let flags, let target):
            bytes.setBigEndian32(flags.rawValue, at: offset + 4)
            bytes.setIPv6Address(target, at: offset + 8)
        case .redirect(let reserved, let target, let destination):
            bytes.setBigEndian32(reserved, at: offset + 4)
            bytes.setIPv6Address(target, at: offset + 8)
            bytes.setIPv6Address(destination, at: offset + 24)
        }
        var position = offset + fixedByteCount
        for option in options {
            option.write(into: &bytes, at: position)
            position += option.byteCount
        }
        bytes.copy(trailing, at: position)
    }
}

/// An option of a neighbor discovery message (RFC 4861, section 4.6).
public enum NDPOption: Hashable, Sendable {
    case sourceLinkLayerAddress(MACAddress)
    case targetLinkLayerAddress(MACAddress)
    /// Prefix length, flags (the highest two bits are on-link and autonomous),
    /// lifetimes in seconds, a reserved word and the prefix.
    case prefixInformation(
        prefixLength: UInt8, flags: UInt8, validLifetime: UInt32, preferredLifetime: UInt32, reserved: UInt32,
        prefix: IPv6Address)
    /// 6 reserved bytes and the redirected packet, padded to a multiple of 8 bytes.
    case redirectedHeader(reserved: [UInt8], packet: [UInt8])
    /// The MTU of the link, in bytes.
    case mtu(reserved: UInt16, UInt32)
    /// An unknown option, or one whose length is invalid for its type: the data after type and length.
    case unknown(type: UInt8, data: [UInt8])

    /// The on-link flag of prefix information (RFC 4861, section 4.6.2).
    public static let onLinkFlag: UInt8 = 0x80
    /// The flag of a prefix for address autoconfiguration, in the same octet.
    public static let autonomousFlag: UInt8 = 0x40

    /// The option type.
    public var type: UInt8 {
        switch self {
        case .sourceLinkLayerAddress: 1
        case .targetLinkLayerAddress: 2
        case .prefixInformation: 3
        case .redirectedHeader: 4
        case .mtu: 5
        case .unknown(let type, _): type
        }
    }

    /// The length of the option: a multiple of 8 bytes.
    public var byteCount: Int {
        switch self {
        case .sourceLinkLayerAddress, .targetLinkLayerAddress, .mtu: 8
        case .prefixInformation: 32
        case .redirectedHeader(_, let packet): 8 + (packet.count + 7) & ~7
        case .unknown(_, let data): (2 + data.count + 7) & ~7
        }
    }

    /// Returns the options in `bytes`, and the bytes from the first with an invalid length on.
    static func list(_ bytes: RawSpan) -> ([NDPOption], trailing: [UInt8]) {
        var options: [NDPOption] = []
        var offset = 0
        while offset + 8 <= bytes.byteCount {
            let length = Int(bytes.byte(at: offset + 1)) * 8
            guard length > 0, offset + length <= bytes.byteCount else { break }
            options.append(NDPOption(bytes.extracting(offset..<offset + length)))
            offset += length
        }
        return (options, bytes.dropping(offset).copied())
    }

    private init(_ bytes: RawSpan) {
        switch (bytes.byte(at: 0), bytes.byteCount) {
        case (1, 8): self = .sourceLinkLayerAddress(bytes.macAddress(at: 2))
        case (2, 8): self = .targetLinkLayerAddress(bytes.macAddress(at: 2))
        case (3, 32):
            self = .prefixInformation(
                prefixLength: bytes.byte(at: 2), flags: bytes.byte(at: 3), validLifetime: bytes.bigEndian32(at: 4),
                preferredLifetime: bytes.bigEndian32(at: 8), reserved: bytes.bigEndian32(at: 12),
                prefix: bytes.ipv6Address(at: 16))
        case (4, _):
            self = .redirectedHeader(reserved: bytes.extracting(2..<8).copied(), packet: bytes.dropping(8).copied())
        case (5, 8): self = .mtu(reserved: bytes.bigEndian16(at: 2), bytes.bigEndian32(at: 4))
        default: self = .unknown(type: bytes.byte(at: 0), data: bytes.dropping(2).copied())
        }
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        for index in 0..<byteCount { bytes.setByte(0, at: offset + index) }
        bytes.setByte(type, at: offset)
        bytes.setByte(UInt8(truncatingIfNeeded: byteCount / 8), at: offset + 1)
        switch self {
        case .sourceLinkLayerAddress(let address), .targetLinkLayerAddress(let address):
            bytes.setMACAddress(address, at: offset + 2)
        case .prefixInformation(let prefixLength, let flags, let valid, let preferred, let reserved, let prefix):
            bytes.setByte(prefixLength, at: offset + 2)
            bytes.setByte(flags, at: offset + 3)
            bytes.setBigEndian32(valid, at: offset + 4)
            bytes.setBigEndian32(preferred, at: offset + 8)
            bytes.setBigEndian32(reserved, at: offset + 12)
            bytes.setIPv6Address(prefix, at: offset + 16)
        case .redirectedHeader(let reserved, let packet):
            for (index, byte) in reserved.prefix(6).enumerated() { bytes.setByte(byte, at: offset + 2 + index) }
            bytes.copy(packet, at: offset + 8)
        case .mtu(let reserved, let mtu):
            bytes.setBigEndian16(reserved, at: offset + 2)
            bytes.setBigEndian32(mtu, at: offset + 4)
        case .unknown(_, let data):
            bytes.copy(data, at: offset + 2)
        }
    }
}
