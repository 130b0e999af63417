// The character classes of HTTP's grammar (RFC 9110, section 5.6; RFC 5234, appendix B.1).

extension UInt8 {
    /// `tchar`: the characters of methods, field names and directives (RFC 9110, section 5.6.2).
    var isToken: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Space or tab.
    var isBlank: Bool { self == 0x20 || self == 0x09 }

    /// Whether this is a control character other than tab, which field values must not contain.
    var isForbiddenInValue: Bool { self < 0x20 && self != 0x09 || self == 0x7F }

    /// The letter in lowercase; other bytes are unchanged.
    var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}

extension Collection<UInt8> {
    /// Whether this is the ASCII text, ignoring case.
    func equalsIgnoringCase(_ text: some Collection<UInt8>) -> Bool {
        guard count == text.count else { return false }
        var other = text.makeIterator()
        for byte in self where byte.lowercased != other.next()?.lowercased { return false }
        return true
    }

    func equalsIgnoringCase(_ text: String) -> Bool { equalsIgnoringCase(text.utf8) }

    /// The decimal number, if there are only digits; nil if there is none or it exceeds Int.max.
    var decimalNumber: Int? {
        guard !isEmpty else { return nil }
        var value = 0
        for byte in self {
            guard let digit = byte.decimalDigit else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(digit))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}

extension BidirectionalCollection<UInt8> where SubSequence: BidirectionalCollection<UInt8> {
    /// The bytes without spaces and tabs at both ends.
    var trimmingBlanks: SubSequence {
        let front = drop { $0.isBlank }
        guard let last = front.lastIndex(where: { !$0.isBlank }) else { return front.prefix(0) }
        return front[front.startIndex...last]
    }
}
