/// An IPv6 extension header (RFC 8200, section 4).
public enum IPv6ExtensionHeader: Hashable, Sendable {
    /// Options for every node on the path; padding options are kept.
    case hopByHopOptions([IPv6Option])
    /// Options for the destination.
    case destinationOptions([IPv6Option])
    /// A routing header: its type, the segments left, and type-specific data.
    case routing(type: UInt8, segmentsLeft: UInt8, data: [UInt8])
    /// A fragment header: the offset in units of 8 bytes, and the reserved bits.
    case fragment(offset: UInt16, reserved: UInt16, moreFragments: Bool, identification: UInt32)

    /// The number of this header type in the preceding Next Header field.
    public var `protocol`: IPProtocol {
        switch self {
        case .hopByHopOptions: .hopByHopOptions
        case .destinationOptions: .destinationOptions
        case .routing: .routing
        case .fragment: .fragment
        }
    }

    /// The length of the header: a multiple of 8 bytes.
    public var byteCount: Int {
        switch self {
        case .hopByHopOptions(let options), .destinationOptions(let options):
            (2 + options.reduce(0) { $0 + $1.byteCount } + 7) & ~7
        case .routing(_, _, let data): (4 + data.count + 7) & ~7
        case .fragment: 8
        }
    }

    /// Returns the header as a new array. For tests and rare packets, because it allocates.
    public func encoded(nextHeader: IPProtocol) -> [UInt8] {
        var storage = [UInt8](repeating: 0, count: byteCount)
        storage.withMutableBytes { bytes in try? write(into: &bytes, at: 0, nextHeader: nextHeader) }
        return storage
    }

    /// Writes the header at `offset`, padded to a multiple of 8 bytes.
    @_lifetime(bytes: copy bytes)
    public func write(
        into bytes: inout MutableRawSpan, at offset: Int, nextHeader: IPProtocol
    ) throws(CapacityError) {
        guard offset >= 0, offset + byteCount <= bytes.byteCount else {
            throw CapacityError(needed: offset + byteCount, available: bytes.byteCount)
        }
        bytes.setByte(nextHeader.rawValue, at: offset)
        bytes.setByte(UInt8(truncatingIfNeeded: byteCount / 8 - 1), at: offset + 1)
        switch self {
        case .hopByHopOptions(let options), .destinationOptions(let options):
            var position = offset + 2
            for option in options {
                option.write(into: &bytes, at: position)
                position += option.byteCount
            }
            let padding = offset + byteCount - position
            if padding == 1 {
                bytes.setByte(0, at: position)
            } else if padding > 1 {
                IPv6Option.padN([UInt8](repeating: 0, count: padding - 2)).write(into: &bytes, at: position)
            }
        case .routing(let type, let segmentsLeft, let data):
            bytes.setByte(type, at: offset + 2)
            bytes.setByte(segmentsLeft, at: offset + 3)
            bytes.copy(data, at: offset + 4)
            for index in (offset + 4 + data.count)..<(offset + byteCount) { bytes.setByte(0, at: index) }
        case .fragment(let fragmentOffset, let reserved, let moreFragments, let identification):
            bytes.setByte(UInt8(truncatingIfNeeded: reserved >> 8), at: offset + 1)
            let bits = fragmentOffset << 3 | (reserved & 3) << 1 | (moreFragments ? 1 : 0)
            bytes.setBigEndian16(bits, at: offset + 2)
            bytes.setBigEndian32(identification, at: offset + 4)
        }
    }
}

/// An option of a hop-by-hop or destination options header (RFC 8200, section 4.2).
public enum IPv6Option: Hashable, Sendable {
    /// Type 0, a single byte.
    case pad1
    /// Type 1 with its data, which should be zeros.
    case padN([UInt8])
    /// Type 5 (RFC 2711): routers examine the packet.
    case routerAlert(UInt16)
    /// An unknown option; the two highest bits of its type state what a node has to do.
    case unknown(type: UInt8, data: [UInt8])

    public var byteCount: Int {
        switch self {
        case .pad1: 1
        case .padN(let data), .unknown(_, let data): 2 + data.count
        case .routerAlert: 4
        }
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        switch self {
        case .pad1:
            bytes.setByte(0, at: offset)
        case .padN(let data):
            bytes.setByte(1, at: offset)
            bytes.setByte(UInt8(truncatingIfNeeded: data.count), at: offset + 1)
            bytes.copy(data, at: offset + 2)
        case .routerAlert(let value):
            bytes.setByte(5, at: offset)
            bytes.setByte(2, at: offset + 1)
            bytes.setBigEndian16(value, at: offset + 2)
        case .unknown(let type, let data):
            bytes.setByte(type, at: offset)
            bytes.setByte(UInt8(truncatingIfNeeded: data.count), at: offset + 1)
            bytes.copy(data, at: offset + 2)
        }
    }

    /// Parses the options in `bytes`; throws if a length exceeds them. `base` is their offset in the header.
    static func list(_ bytes: RawSpan, base: Int) throws(ParseError) -> [IPv6Option] {
        var options: [IPv6Option] = []
        var offset = 0
        while offset < bytes.byteCount {
            let type = bytes.byte(at: offset)
            if type == 0 {
                options.append(.pad1)
                offset += 1
                continue
            }
            guard offset + 2 <= bytes.byteCount, offset + 2 + Int(bytes.byte(at: offset + 1)) <= bytes.byteCount else {
                throw ParseError(
                    layer: .ipv6, field: "optionDataLength", offset: base + offset + 1,
                    reason: .truncated(needed: base + offset + 2, available: base + bytes.byteCount))
            }
            let length = Int(bytes.byte(at: offset + 1))
            let data = bytes.extracting(offset + 2..<offset + 2 + length)
            switch (type, length) {
            case (1, _): options.append(.padN(data.copied()))
            case (5, 2): options.append(.routerAlert(data.bigEndian16(at: 0)))
            default: options.append(.unknown(type: type, data: data.copied()))
            }
            offset += 2 + length
        }
        return options
    }
}

/// The extension headers of a packet, and the upper-layer protocol.
public struct IPv6ExtensionChain: Hashable, Sendable {
    /// The headers, in order.
    public var headers: [IPv6ExtensionHeader]
    /// The next header of the last one: the upper-layer protocol, or a header that this library does not parse.
    public var upperLayer: IPProtocol
    /// The length of all headers, in bytes.
    public var byteCount: Int

    /// Parses the chain that begins with `first` at the start of `payload`.
    /// Throws if a header or option exceeds the bytes.
    public init(first: IPProtocol, payload: RawSpan) throws(ParseError) {
        headers = []
        var next = first
        var offset = 0
        while true {
            switch next {
            case .hopByHopOptions, .destinationOptions, .routing, .fragment: break
            default:
                upperLayer = next
                byteCount = offset
                return
            }
            let remaining = payload.dropping(offset)
            let length = try Self.headerLength(next, remaining, offset: offset)
            switch next {
            case .fragment:
                let bits = remaining.bigEndian16(at: 2)
                headers.append(
                    .fragment(
                        offset: bits >> 3,
                        reserved: UInt16(remaining.byte(at: 1)) << 8 | (bits >> 1 & 3),
                        moreFragments: bits & 1 == 1,
                        identification: remaining.bigEndian32(at: 4)))
                // Only the first fragment contains the rest of the chain.
                if bits >> 3 != 0 {
                    upperLayer = IPProtocol(rawValue: remaining.byte(at: 0))
                    byteCount = offset + length
                    return
                }
            case .routing:
                headers.append(
                    .routing(
                        type: remaining.byte(at: 2), segmentsLeft: remaining.byte(at: 3),
                        data: remaining.extracting(4..<length).copied()))
            default:
                let options = try IPv6Option.list(remaining.extracting(2..<length), base: offset + 2)
                headers.append(next == .hopByHopOptions ? .hopByHopOptions(options) : .destinationOptions(options))
            }
            next = IPProtocol(rawValue: remaining.byte(at: 0))
            offset += length
        }
    }

    /// Returns the length of the extension header at the start of `bytes`, which must be complete.
    private static func headerLength(
        _ header: IPProtocol, _ bytes: RawSpan, offset: Int
    ) throws(ParseError) -> Int {
        let needed = bytes.byteCount < 8 || header == .fragment ? 8 : (Int(bytes.byte(at: 1)) + 1) * 8
        guard bytes.byteCount >= needed else {
            throw ParseError(
                layer: .ipv6, field: "extensionHeader", offset: IPv6View.headerLength + offset,
                reason: .truncated(needed: needed, available: bytes.byteCount))
        }
        return needed
    }
}
