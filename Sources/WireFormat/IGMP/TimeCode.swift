/// An 8-bit time of IGMPv3 and MLDv2: plain below 128, floating
/// point above (RFC 3376, sections 4.1.1 and 4.1.7; RFC 3810, section 5.1.9).
public struct TimeCode8: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Creates the code of the largest representable time that does not exceed `value`: 0 to 31,744.
    public init(atMost value: Int) {
        rawValue = UInt8(truncatingIfNeeded: floatingCode(atMost: value, mantissaBits: 4))
    }

    /// The time, in the unit of its field: tenths of a second, or seconds.
    public var value: Int { floatingValue(Int(rawValue), mantissaBits: 4) }
}

/// A 16-bit time of MLDv2: plain below 32,768, floating point above (RFC 3810, section 5.1.3).
public struct TimeCode16: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Creates the code of the largest representable time that does not exceed `value`: 0 to 8,387,584.
    public init(atMost value: Int) {
        rawValue = UInt16(truncatingIfNeeded: floatingCode(atMost: value, mantissaBits: 12))
    }

    /// The time in milliseconds.
    public var value: Int { floatingValue(Int(rawValue), mantissaBits: 12) }
}

/// Decodes 1 bit set, 3 bits of exponent, and the mantissa with an implicit leading 1.
private func floatingValue(_ code: Int, mantissaBits: Int) -> Int {
    guard code >> (mantissaBits + 3) & 1 == 1 else { return code }
    let exponent = code >> mantissaBits & 7
    return (code & ((1 << mantissaBits) - 1) | 1 << mantissaBits) << (exponent + 3)
}

private func floatingCode(atMost value: Int, mantissaBits: Int) -> Int {
    let plainEnd = 1 << (mantissaBits + 3)
    guard value >= plainEnd else { return max(value, 0) }
    for exponent in 0...7 where value >> (exponent + 3) < 1 << (mantissaBits + 1) {
        return plainEnd | exponent << mantissaBits | value >> (exponent + 3) & ((1 << mantissaBits) - 1)
    }
    return 2 * plainEnd - 1
}
