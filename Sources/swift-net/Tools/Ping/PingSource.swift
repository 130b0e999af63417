import SwiftNet

/// The source of packets: an interface, an address of this host, or both.
struct PingSource {
    var address: IPAddress?
    var interface: String?
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
            let isOdd = !text.utf8.count.isMultiple(of: 2)
            let pairs = isOdd ? text.dropLast() + "0" + text.suffix(1) : text
            guard (1...16).contains(pairs.utf8.count / 2), let bytes = bytes(ofHexadecimal: pairs) else {
                throw ValueError(expected: "1 to 16 bytes in hexadecimal digits")
            }
            return bytes
        }
    }
}
