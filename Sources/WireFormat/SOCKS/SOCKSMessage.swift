/// A message of the SOCKS protocol, parsed incrementally.
///
/// A message that is parsed and written again has the same bytes.
public protocol SOCKSMessage: WireEncodable, Hashable, Sendable {
    /// Parses the message at the start of `bytes`; `byteCount` bytes belong to it.
    ///
    /// Returns nil while bytes are missing. No message exceeds 522 bytes.
    /// Throws as soon as a field is invalid, even if the bytes after it are missing.
    init?(_ bytes: RawSpan) throws(ParseError)

    /// The bytes of the message.
    var bytes: [UInt8] { get }
}

extension SOCKSMessage {
    public var byteCount: Int { bytes.count }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.copy(self.bytes, at: offset)
    }
}

/// The address of a connection that a SOCKS server opens or has opened.
public enum SOCKSAddress: Hashable, Sendable {
    /// An IPv4 address (type 1).
    case ipv4(IPv4Address)
    /// An IPv6 address (type 4).
    case ipv6(IPv6Address)
    /// A host name that the server looks up (type 3), at most 255 bytes.
    case name([UInt8])

    /// Creates an address of either family.
    public init(_ address: IPAddress) {
        switch address {
        case .v4(let address): self = .ipv4(address)
        case .v6(let address): self = .ipv6(address)
        }
    }
}

extension SOCKSAddress: CustomStringConvertible {
    /// The address or the name.
    public var description: String {
        switch self {
        case .ipv4(let address): "\(address)"
        case .ipv6(let address): "\(address)"
        case .name(let name): String(decoding: name, as: UTF8.self)
        }
    }
}

/// The maximum length of a text in a message, in bytes. SOCKS 5 has a length of one byte; SOCKS 4 has no limit.
let socksTextLimit = 255

/// Reads the fields of a message in order; a read past the last byte returns nil.
struct SOCKSReader: ~Escapable {
    private let bytes: RawSpan
    private(set) var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) { self.bytes = bytes }

    mutating func byte() -> UInt8? {
        guard offset < bytes.byteCount else { return nil }
        offset += 1
        return bytes.byte(at: offset - 1)
    }

    /// Reads a byte that has only one valid value; nil if it is missing.
    mutating func require(_ value: UInt8, _ field: String) throws(ParseError) -> Void? {
        guard let byte = byte() else { return nil }
        guard byte == value else { throw invalid(field, byte) }
        return ()
    }

    /// The error for the byte that was read last.
    func invalid(_ field: String, _ value: UInt8) -> ParseError {
        ParseError(layer: .socks, field: field, offset: offset - 1, reason: .invalid(value: UInt64(value)))
    }

    mutating func port() -> UInt16? {
        guard bytes.byteCount - offset >= 2 else { return nil }
        offset += 2
        return bytes.bigEndian16(at: offset - 2)
    }

    mutating func address<Address: WireAddress>(_ type: Address.Type) -> Address? {
        guard bytes.byteCount - offset >= type.byteCount else { return nil }
        offset += type.byteCount
        return Address(bytes, at: offset - type.byteCount)
    }

    /// Reads a length of one byte and as many bytes.
    mutating func text() -> [UInt8]? {
        guard let length = byte(), bytes.byteCount - offset >= Int(length) else { return nil }
        offset += Int(length)
        return bytes.dropping(offset - Int(length)).prefix(Int(length)).copied()
    }

    /// Reads bytes up to a zero, which is not part of them.
    mutating func terminatedText(_ field: String) throws(ParseError) -> [UInt8]? {
        var text: [UInt8] = []
        while let byte = byte() {
            if byte == 0 { return text }
            guard text.count < socksTextLimit else { throw invalid(field, byte) }
            text.append(byte)
        }
        return nil
    }
}

extension [UInt8] {
    mutating func appendPort(_ port: UInt16) { self += [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] }
}
