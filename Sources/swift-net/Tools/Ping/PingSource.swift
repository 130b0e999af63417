import SwiftNet

/// The source of packets: an interface, an address of this host, or both.
struct PingSource {
    var address: IPAddress?
    var interface: String?

    /// Adds another value of -I: the last address and the last interface are used.
    mutating func add(_ other: PingSource) {
        address = other.address ?? address
        interface = other.interface ?? interface
    }
}

extension OptionValue where Value == PingSource {
    /// `ADDRESS`, `INTERFACE` or `ADDRESS%INTERFACE`.
    static var source: Self {
        let specification = ValueSpecification(name: "INTERFACE|ADDRESS", completion: .interface)
        return OptionValue(specification: specification) { text in
            if let address = IPAddress(text) { return PingSource(address: address) }
            guard let percent = text.firstIndex(of: "%"), let address = IPAddress(String(text[..<percent])) else {
                return PingSource(interface: text)
            }
            return PingSource(address: address, interface: String(text[text.index(after: percent)...]))
        }
    }
}

extension OptionValue where Value == [UInt8] {
    /// Up to 16 bytes as pairs of hexadecimal digits; an odd last digit is one byte.
    static var pattern: Self {
        OptionValue<[UInt8]>(specification: ValueSpecification(name: "PATTERN")) { text in
            guard (1...32).contains(text.utf8.count), text.allSatisfy(\.isHexDigit) else {
                throw ValueError(expected: "1 to 16 bytes in hexadecimal digits")
            }
            var bytes: [UInt8] = []
            var rest = text[...]
            while !rest.isEmpty {
                bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            }
            return bytes
        }
    }
}
