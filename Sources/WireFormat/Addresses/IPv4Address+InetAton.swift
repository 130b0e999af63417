extension IPv4Address {
    /// Parses any form that inet_aton(3) accepts (POSIX, inet_addr): `127.1`, `0x7f.1`, `0177.0.0.1`, `2130706433`.
    ///
    /// 1 to 4 parts, each decimal, octal after `0` or hexadecimal after `0x`. Each part but the last is one octet; the
    /// last part sets the remaining octets. Returns nil for anything else, and if a part is out of range.
    public init?(inetAton text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 4 else { return nil }
        var address: UInt32 = 0
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            guard let number = Self.inetAtonNumber(part), number <= (isLast ? UInt32.max >> (8 * index) : 255) else {
                return nil
            }
            address |= isLast ? number : number << (24 - 8 * index)
        }
        self.init(rawValue: address)
    }

    /// Whether every part of the text between dots is empty, decimal digits, or hexadecimal digits after `0x`: such a
    /// text is an address or an error, but not a host name (RFC 1123, section 2.1).
    public static func isNumeric(_ text: some StringProtocol) -> Bool {
        text.utf8.split(separator: UInt8(ascii: ".")).allSatisfy { part in
            part.allSatisfy { $0.decimalDigit != nil } || isHexadecimal(part)
        }
    }

    private static func isHexadecimal(_ part: some Collection<UInt8>) -> Bool {
        part.count > 2 && (part.starts(with: "0x".utf8) || part.starts(with: "0X".utf8))
            && part.dropFirst(2).allSatisfy { $0.hexadecimalDigit != nil }
    }

    private static func inetAtonNumber(_ part: some Collection<UInt8>) -> UInt32? {
        guard let first = part.first else { return nil }
        let isHexadecimal = isHexadecimal(part)
        let radix: UInt64 = isHexadecimal ? 16 : first == UInt8(ascii: "0") ? 8 : 10
        var number: UInt64 = 0
        for byte in part.dropFirst(isHexadecimal ? 2 : 0) {
            guard let digit = byte.hexadecimalDigit, digit < radix else { return nil }
            number = number * radix + UInt64(digit)
            guard number <= UInt32.max else { return nil }
        }
        return UInt32(number)
    }
}
