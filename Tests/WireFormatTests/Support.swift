import WireFormat

/// Bytes written as hexadecimal digits, with optional white space.
func bytes(_ text: String) -> [UInt8] {
    let digits = text.filter(\.isHexDigit)
    var result: [UInt8] = []
    var rest = digits[...]
    while !rest.isEmpty {
        result.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
    }
    return result
}

/// A generator whose sequence is determined by its seed, which a failing test prints.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func bytes(_ range: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: range, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

extension WireEncodable {
    /// Returns the output of `write` in a buffer with other contents, at an
    /// offset, with guard bytes around it: nil if a guard byte was changed.
    func writtenBetweenGuards() -> [UInt8]? {
        let guardLength = 8
        var buffer = [UInt8](repeating: 0xA5, count: byteCount + 2 * guardLength)
        let length = byteCount
        buffer.withMutableBytes { span in
            try? write(into: &span, at: guardLength)
        }
        let isUntouched =
            buffer.prefix(guardLength).allSatisfy { $0 == 0xA5 } && buffer.suffix(guardLength).allSatisfy { $0 == 0xA5 }
        return isUntouched ? Array(buffer[guardLength..<guardLength + length]) : nil
    }
}
