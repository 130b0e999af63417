/// A text buffer to which pieces are appended without a String for each:
/// the output for millions of packets uses one buffer.
public struct TextBuffer: ~Copyable {
    private var storage: [UInt8]
    /// The length of the text in UTF-8, in bytes.
    public private(set) var count = 0

    /// Creates an empty text with an initial capacity in bytes; it grows as needed.
    public init(capacity: Int = 1 << 10) {
        storage = [UInt8](repeating: 0, count: max(capacity, 64))
    }

    /// The text, borrowed.
    public var bytes: RawSpan {
        @_lifetime(borrow self) get { unsafe storage.span.bytes.prefix(count) }
    }

    /// Returns a copy of the text as a string.
    public func text() -> String { String(decoding: storage[..<count], as: UTF8.self) }

    /// Removes the text and keeps the capacity.
    public mutating func removeAll() { count = 0 }

    /// Appends spaces until the text is `length` bytes long.
    public mutating func pad(to length: Int) {
        while count < length { append(UInt8(ascii: " ")) }
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count &+ more > storage.count { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        storage.append(contentsOf: repeatElement(0, count: max(storage.count, more)))
    }

    /// Appends the value as text.
    @inline(__always)
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        storage[count] = byte
        count &+= 1
    }

    /// Appends the value as text.
    @inline(__always)
    public mutating func append(_ text: StaticString) {
        // The bytes of a static string are valid for the lifetime of the process.
        unsafe append(RawSpan(_unsafeStart: text.utf8Start, byteCount: text.utf8CodeUnitCount))
    }

    // Literals use StaticString, which costs less.
    /// Appends the value as text.
    @_disfavoredOverload
    public mutating func append(_ text: String) {
        append(unsafe text.utf8.span.bytes)
    }

    /// Appends UTF-8 bytes.
    public mutating func append(_ text: RawSpan) {
        reserve(text.byteCount)
        let start = count
        var elements = storage.mutableSpan
        var output = unsafe elements.mutableBytes
        output.copy(text, at: start)
        count = start &+ text.byteCount
    }

    /// Appends `,"name":`, which precedes every member of an object but the first.
    mutating func append(jsonKey name: StaticString) {
        let length = name.utf8CodeUnitCount
        reserve(length &+ 4)
        let start = count
        var elements = storage.mutableSpan
        var output = unsafe elements.mutableBytes
        output.setBigEndian16(0x2C22, at: start)
        unsafe output.copy(RawSpan(_unsafeStart: name.utf8Start, byteCount: length), at: start &+ 2)
        output.setBigEndian16(0x223A, at: start &+ 2 &+ length)
        count = start &+ length &+ 4
    }

    /// Appends a number in decimal.
    public mutating func append(decimal value: some FixedWidthInteger & UnsignedInteger) {
        append(decimal: UInt64(truncatingIfNeeded: value), minimumDigits: 1)
    }

    /// Appends a number in decimal with its sign.
    public mutating func append(decimal value: Int) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: UInt64(value.magnitude), minimumDigits: 1)
    }

    /// Appends a number in decimal, padded with zeros to at least `minimumDigits` digits.
    public mutating func append(decimal value: UInt64, minimumDigits: Int) {
        var digits = 1
        var bound: UInt64 = 10
        while digits < 20, value >= bound {
            digits &+= 1
            bound = digits == 20 ? .max : bound &* 10
        }
        digits = max(digits, minimumDigits)
        reserve(digits)
        let start = count
        var elements = storage.mutableSpan
        var output = unsafe elements.mutableBytes
        var rest = value
        var position = start &+ digits
        while position > start {
            position &-= 1
            let quotient = rest / 10
            output.setByte(UInt8(truncatingIfNeeded: rest &- quotient &* 10) &+ 0x30, at: position)
            rest = quotient
        }
        count = start &+ digits
    }

    /// Appends the low `digits` hexadecimal digits of a number, in lowercase.
    public mutating func append(hexadecimal value: UInt64, digits: Int) {
        reserve(digits)
        var shift = 4 &* digits
        while shift > 0 {
            shift &-= 4
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(truncatingIfNeeded: shift)) & 0xF
            storage[count] = digit < 10 ? digit &+ 0x30 : digit &+ 0x57
            count &+= 1
        }
    }

    /// Appends a number in hexadecimal.
    public mutating func append(hexadecimal value: UInt64) {
        append(hexadecimal: value, digits: max(1, (64 - value.leadingZeroBitCount + 3) / 4))
    }

    /// Appends two hexadecimal digits per byte, without separators.
    public mutating func append(hexadecimal bytes: RawSpan) {
        for offset in 0..<bytes.byteCount { append(hexadecimal: UInt64(bytes.byte(at: offset)), digits: 2) }
    }

    /// Appends untrusted bytes for a terminal: printable ASCII unchanged, everything else as `\xNN`.
    public mutating func append(escaped bytes: RawSpan) {
        for offset in 0..<bytes.byteCount {
            let byte = bytes.byte(at: offset)
            if (0x20..<0x7F).contains(byte) {
                append(byte)
            } else {
                append("\\x")
                append(hexadecimal: UInt64(byte), digits: 2)
            }
        }
    }

    /// Appends untrusted bytes within a JSON string (RFC 8259, section 7): each above
    /// 0x7E as the Latin-1 character with that number, so that no byte is lost.
    public mutating func append(jsonEscaped bytes: RawSpan) {
        for offset in 0..<bytes.byteCount {
            let byte = bytes.byte(at: offset)
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0x20..<0x7F: append(byte)
            default:
                append("\\u00")
                append(hexadecimal: UInt64(byte), digits: 2)
            }
        }
    }

    // MARK: Addresses

    /// Appends the dotted-decimal form.
    public mutating func append(_ address: IPv4Address) {
        let value = address.rawValue
        appendOctet(UInt8(truncatingIfNeeded: value >> 24))
        append(UInt8(ascii: "."))
        appendOctet(UInt8(truncatingIfNeeded: value >> 16))
        append(UInt8(ascii: "."))
        appendOctet(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(ascii: "."))
        appendOctet(UInt8(truncatingIfNeeded: value))
    }

    @inline(__always)
    private mutating func appendOctet(_ octet: UInt8) {
        let hundreds = octet / 100
        let tens = octet / 10
        if octet >= 100 { append(hundreds &+ 0x30) }
        if octet >= 10 { append(tens &- hundreds &* 10 &+ 0x30) }
        append(octet &- tens &* 10 &+ 0x30)
    }

    /// Appends the canonical form (RFC 5952).
    public mutating func append(_ address: IPv6Address) {
        if address.isIPv4Mapped {
            append("::ffff:")
            append(IPv4Address(rawValue: UInt32(truncatingIfNeeded: address.low)))
            return
        }
        let gap = address.longestZeroRun
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, !gap.isEmpty {
                append("::")
                index = gap.upperBound
                continue
            }
            if index > 0, index != gap.upperBound || gap.isEmpty { append(UInt8(ascii: ":")) }
            append(hexadecimal: UInt64(address.group(index)))
            index &+= 1
        }
    }

    /// Appends the value as text.
    public mutating func append(_ address: IPAddress) {
        switch address {
        case .v4(let address): append(address)
        case .v6(let address): append(address)
        }
    }

    /// Appends 6 groups of 2 lowercase hexadecimal digits, separated by colons.
    public mutating func append(_ address: MACAddress) {
        var shift: UInt64 = 48
        while shift > 0 {
            shift &-= 8
            append(hexadecimal: address.rawValue >> shift, digits: 2)
            if shift > 0 { append(UInt8(ascii: ":")) }
        }
    }
}
