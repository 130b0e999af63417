extension ServiceBinding.Key: CustomStringConvertible {
    /// The registered name, or `keyN` (RFC 9460, section 2.1).
    public var description: String {
        switch rawValue {
        case 0: "mandatory"
        case 1: "alpn"
        case 2: "no-default-alpn"
        case 3: "port"
        case 4: "ipv4hint"
        case 5: "ech"
        case 6: "ipv6hint"
        case 7: "dohpath"
        case 8: "ohttp"
        case let number: "key\(number)"
        }
    }
}

extension ServiceBinding: CustomStringConvertible {
    /// Priority, target and parameters on one line: `1 . alpn h3,h2 port 443 ipv4hint 192.0.2.1 ech`. Bytes that are not
    /// printable are escaped; the value of `ech` is omitted.
    public var description: String {
        parameters.reduce("\(priority) \(target)") { text, parameter in
            let value = parameter.valueText
            return text + " \(parameter.key)" + (value.isEmpty ? "" : " \(value)")
        }
    }
}

extension ServiceBinding.Parameter {
    /// The value as text, without blanks; empty for `ech` and for parameters without a value.
    public var valueText: String {
        switch self {
        case .mandatory(let keys): keys.map(\.description).joined(separator: ",")
        case .applicationProtocols(let list):
            list.map { ServiceBinding.escaped($0, separator: UInt8(ascii: ",")) }.joined(separator: ",")
        case .noDefaultApplicationProtocol, .encryptedClientHello: ""
        case .port(let port): "\(port)"
        case .ipv4Hints(let addresses): addresses.map(\.description).joined(separator: ",")
        case .ipv6Hints(let addresses): addresses.map(\.description).joined(separator: ",")
        case .other(_, let bytes): ServiceBinding.escaped(bytes)
        }
    }
}

extension ServiceBinding {
    /// Returns bytes as printable ASCII: others as a backslash and three decimal digits (RFC 1035, section 5.1), and
    /// backslashes and separators after a backslash.
    /// - Parameter separator: the byte between the elements of a list; nil for none.
    public static func escaped(_ bytes: [UInt8], separator: UInt8? = nil) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\\"): text += [byte, byte]
            case separator: text += [UInt8(ascii: "\\"), byte]
            case 0x21...0x7E: text.append(byte)
            default:
                text.append(UInt8(ascii: "\\"))
                for divisor in [100, 10, 1] { text.append(UInt8(ascii: "0") + UInt8(Int(byte) / divisor % 10)) }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension ServiceBinding.Obstacle: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing(let key): "mandatory key \(key) is missing"
        case .noApplicationProtocol: "no-default-alpn without alpn"
        case .unknown(let key): "mandatory key \(key) is unknown"
        }
    }
}
