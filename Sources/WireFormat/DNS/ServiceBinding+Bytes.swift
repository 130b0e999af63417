extension ServiceBinding {
    /// Parses the data of a record (RFC 9460, section 2.2). The target is not compressed, so the message is not needed.
    /// - Throws: an error if a length exceeds the data, a value does not have the format of its key, or keys are not in
    ///   ascending order. The offset is from the start of the data.
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= 2 else {
            throw Self.truncated("priority", at: 0, needed: 2, bytes)
        }
        let priority = bytes.bigEndian16(at: 0)
        let (target, start) = try Self.target(bytes)
        self.init(priority: priority, target: target)
        var offset = start
        var last: Key?
        while offset < bytes.byteCount {
            guard offset + 4 <= bytes.byteCount else {
                throw Self.truncated("parameter", at: offset, needed: offset + 4, bytes)
            }
            let key = Key(bytes.bigEndian16(at: offset))
            let value = offset + 4
            let end = value + Int(bytes.bigEndian16(at: offset + 2))
            guard end <= bytes.byteCount else { throw Self.truncated(key.description, at: value, needed: end, bytes) }
            if let last, key <= last { throw Self.invalid("key", at: offset, UInt64(key.rawValue)) }
            last = key
            let data = bytes.extracting(value..<end)
            if isAlias {
                parameters.append(.other(key, data.copied()))
            } else {
                parameters.append(try Self.parameter(key, data, at: value))
            }
            offset = end
        }
    }

    /// Parses the target and returns it with the offset after it.
    private static func target(_ bytes: RawSpan) throws(ParseError) -> (name: DNSName, end: Int) {
        var labels: [[UInt8]] = []
        var offset = 2
        while true {
            guard offset < bytes.byteCount else { throw truncated("target", at: 2, needed: offset + 1, bytes) }
            let length = Int(bytes.byte(at: offset))
            // A compression pointer is not a length (section 2.2).
            guard length <= 63 else { throw invalid("target", at: offset, UInt64(length)) }
            guard length > 0 else { break }
            let end = offset + 1 + length
            guard end < bytes.byteCount else { throw truncated("target", at: 2, needed: end + 1, bytes) }
            // With the root label, a name has up to 255 bytes (RFC 1035, section 3.1).
            guard end - 2 < 255 else { throw invalid("target", at: offset, UInt64(length)) }
            labels.append(bytes.extracting(offset + 1..<end).copied())
            offset = end
        }
        guard let name = DNSName(labels: labels) else { throw invalid("target", at: 2, UInt64(offset - 1)) }
        return (name, offset + 1)
    }

    /// Parses the value of a key.
    /// - Parameter offset: the offset of the value in the data of the record.
    private static func parameter(
        _ key: Key, _ value: RawSpan, at offset: Int
    ) throws(ParseError) -> Parameter {
        let count = value.byteCount
        /// Checks that the value is a list of elements of `size` bytes, and not empty.
        func checkElements(of size: Int) throws(ParseError) {
            guard count > 0 else { throw emptied(key, at: offset) }
            guard count % size == 0 else {
                let needed = (count / size + 1) * size
                throw ParseError(
                    layer: .dns, field: key.description, offset: offset,
                    reason: .truncated(needed: needed, available: count))
            }
        }
        switch key {
        case .mandatory:
            try checkElements(of: 2)
            var keys: [Key] = []
            for index in 0..<count / 2 {
                let listed = Key(value.bigEndian16(at: 2 * index))
                // The keys ascend, and the first is not `mandatory` itself (section 8).
                guard listed > keys.last ?? .mandatory else {
                    throw invalid("mandatory", at: offset + 2 * index, UInt64(listed.rawValue))
                }
                keys.append(listed)
            }
            return .mandatory(keys)
        case .applicationProtocols:
            guard count > 0 else { throw emptied(key, at: offset) }
            var list: [[UInt8]] = []
            var position = 0
            while position < count {
                let length = Int(value.byte(at: position))
                guard length > 0 else { throw invalid("alpn", at: offset + position, 0) }
                let end = position + 1 + length
                guard end <= count else {
                    throw ParseError(
                        layer: .dns, field: "alpn", offset: offset + position,
                        reason: .truncated(needed: 1 + length, available: count - position))
                }
                list.append(value.extracting(position + 1..<end).copied())
                position = end
            }
            return .applicationProtocols(list)
        case .noDefaultApplicationProtocol:
            guard count == 0 else { throw invalid("no-default-alpn length", at: offset - 2, UInt64(count)) }
            return .noDefaultApplicationProtocol
        case .port:
            guard count > 0 else { throw emptied(key, at: offset) }
            guard count == 2 else { throw invalid("port length", at: offset - 2, UInt64(count)) }
            return .port(value.bigEndian16(at: 0))
        case .ipv4Hints:
            try checkElements(of: 4)
            return .ipv4Hints((0..<count / 4).map { value.ipv4Address(at: 4 * $0) })
        case .encryptedClientHello:
            guard count > 0 else { throw emptied(key, at: offset) }
            return .encryptedClientHello(value.copied())
        case .ipv6Hints:
            try checkElements(of: 16)
            return .ipv6Hints((0..<count / 16).map { value.ipv6Address(at: 16 * $0) })
        default: return .other(key, value.copied())
        }
    }

    private static func truncated(
        _ field: String, at offset: Int, needed: Int, _ bytes: RawSpan
    ) -> ParseError {
        ParseError(
            layer: .dns, field: field, offset: offset,
            reason: .truncated(needed: needed, available: bytes.byteCount))
    }

    private static func invalid(_ field: String, at offset: Int, _ value: UInt64) -> ParseError {
        ParseError(layer: .dns, field: field, offset: offset, reason: .invalid(value: value))
    }

    /// Returns the error of a value that must not be empty.
    private static func emptied(_ key: Key, at offset: Int) -> ParseError {
        ParseError(
            layer: .dns, field: key.description, offset: offset, reason: .truncated(needed: 1, available: 0))
    }

    /// Returns the data of the record. Lengths that do not fit their fields are clamped, with their values.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        Self.append(priority, to: &bytes)
        target.write(into: &bytes)
        for parameter in parameters {
            let value = parameter.value.prefix(Int(UInt16.max))
            Self.append(parameter.key.rawValue, to: &bytes)
            Self.append(UInt16(clamping: value.count), to: &bytes)
            bytes += value
        }
        return bytes
    }

    fileprivate static func append(_ value: UInt16, to bytes: inout [UInt8]) {
        bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
    }
}

extension ServiceBinding.Parameter {
    /// The value in the format of its key.
    public var value: [UInt8] {
        switch self {
        case .mandatory(let keys):
            var bytes: [UInt8] = []
            for key in keys { ServiceBinding.append(key.rawValue, to: &bytes) }
            return bytes
        case .applicationProtocols(let list): return list.flatMap { [UInt8(clamping: $0.count)] + $0.prefix(255) }
        case .noDefaultApplicationProtocol: return []
        case .port(let port):
            var bytes: [UInt8] = []
            ServiceBinding.append(port, to: &bytes)
            return bytes
        case .ipv4Hints(let addresses): return addresses.flatMap { IPAddress.v4($0).networkBytes }
        case .encryptedClientHello(let bytes), .other(_, let bytes): return bytes
        case .ipv6Hints(let addresses): return addresses.flatMap { IPAddress.v6($0).networkBytes }
        }
    }
}
