/// The options of a DHCP message, each once, in the order in which they first appear.
///
/// Options in `file` and `sname` are among them if option 52 says that these fields hold options (RFC 2132, section
/// 9.3). The data of options of the same code is joined (RFC 3396). Parsing stops at the first error, which is in
/// `problem`; the options before it are kept.
public struct DHCPOptions: Hashable, Sendable {
    /// The options without padding and end.
    public private(set) var list: [DHCPOption] = []
    /// The range in the message of the first option of each code: code, length and data.
    public private(set) var ranges: [Range<Int>] = []
    /// The error that ended parsing; nil if there was none.
    public private(set) var problem: ParseError?
    /// Whether `file` contains options instead of a name.
    public private(set) var isFileOverloaded = false
    /// Whether `sname` contains options instead of a name.
    public private(set) var isServerNameOverloaded = false

    /// The data of an option; nil if the message does not have it.
    public subscript(_ code: UInt8) -> [UInt8]? { list.first { $0.code == code }?.data }

    /// Parses the options of a message; without the magic cookie there are none.
    public init(_ message: borrowing DHCPView) {
        guard message.hasMagicCookie else { return }
        do throws(ParseError) {
            try read(message.bytes, DHCPView.fixedLength + 4..<message.bytes.byteCount)
            guard let overload = self[DHCPOption.Code.overload] else { return }
            guard overload.count == 1, (1...3).contains(overload[0]) else {
                throw Self.invalid("overload", at: DHCPView.fixedLength + 4, UInt64(overload.first ?? 0))
            }
            isFileOverloaded = overload[0] & 1 != 0
            isServerNameOverloaded = overload[0] & 2 != 0
            // In this order (RFC 3396, section 5).
            if isFileOverloaded { try read(message.bytes, 108..<236) }
            if isServerNameOverloaded { try read(message.bytes, 44..<108) }
        } catch {
            problem = error
        }
    }

    /// Reads one field up to its end option.
    private mutating func read(_ bytes: RawSpan, _ field: Range<Int>) throws(ParseError) {
        var offset = field.lowerBound
        while offset < field.upperBound {
            let code = bytes.byte(at: offset)
            if code == DHCPOption.Code.end { return }
            if code == DHCPOption.Code.pad {
                offset += 1
                continue
            }
            let available = field.upperBound - offset
            let needed = available < 2 ? 2 : 2 + Int(bytes.byte(at: offset + 1))
            guard needed <= available else {
                throw ParseError(
                    layer: .dhcp, field: "option \(code)", offset: offset,
                    reason: .truncated(needed: needed, available: available))
            }
            // Only the options field can declare that the other fields contain options.
            guard code != DHCPOption.Code.overload || field.lowerBound > DHCPView.fixedLength else {
                throw Self.invalid("overload", at: offset, UInt64(code))
            }
            let data = bytes.extracting(offset + 2..<offset + needed).copied()
            if let index = list.firstIndex(where: { $0.code == code }) {
                list[index].data += data
            } else {
                list.append(DHCPOption(code, data))
                ranges.append(offset..<offset + needed)
            }
            offset += needed
        }
        throw ParseError(
            layer: .dhcp, field: "end option", offset: offset, reason: .truncated(needed: 1, available: 0))
    }

    private static func invalid(_ field: String, at offset: Int, _ value: UInt64) -> ParseError {
        ParseError(layer: .dhcp, field: field, offset: offset, reason: .invalid(value: value))
    }
}

extension DHCPOptions {
    /// The message type (option 53); nil in a BOOTP message, or if the option is not one byte.
    public var messageType: DHCPMessageType? {
        guard let data = self[DHCPOption.Code.messageType], data.count == 1 else { return nil }
        return DHCPMessageType(rawValue: data[0])
    }

    /// The server identifier (option 54); nil if the option is not one address.
    public var serverIdentifier: IPv4Address? {
        guard let data = self[DHCPOption.Code.serverIdentifier], data.count == 4 else { return nil }
        return data.rawBytes.ipv4Address(at: 0)
    }

    /// The lease time, in seconds; 0xFFFFFFFF is infinite (option 51; RFC 2131, section 3.3).
    public var leaseTime: UInt32? {
        guard let data = self[DHCPOption.Code.leaseTime], data.count == 4 else { return nil }
        return data.rawBytes.bigEndian32(at: 0)
    }
}

/// The type of a DHCP message (RFC 2132, section 9.6).
public struct DHCPMessageType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A client looks for servers.
    public static let discover = DHCPMessageType(rawValue: 1)
    /// A server offers an address.
    public static let offer = DHCPMessageType(rawValue: 2)
    /// A client accepts an offer, or asks for its address again.
    public static let request = DHCPMessageType(rawValue: 3)
    /// A client found the address in use.
    public static let decline = DHCPMessageType(rawValue: 4)
    /// A server assigns the address.
    public static let acknowledgment = DHCPMessageType(rawValue: 5)
    /// A server refuses the request.
    public static let negativeAcknowledgment = DHCPMessageType(rawValue: 6)
    /// A client gives its address back.
    public static let release = DHCPMessageType(rawValue: 7)
    /// A client with an address asks for options only.
    public static let inform = DHCPMessageType(rawValue: 8)

    private static let names = ["discover", "offer", "request", "decline", "ack", "nak", "release", "inform"]

    /// The name in lower case, `offer`; `type-99` for a number without a name.
    public var description: String {
        (1...8).contains(rawValue) ? Self.names[Int(rawValue) - 1] : "type-\(rawValue)"
    }
}
