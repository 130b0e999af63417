import PacketEngine

/// A permutation of the numbers from 0 to `count` - 1 that a key selects. Both directions are computed per number,
/// without a table.
///
/// A Feistel network over the next power of two. A result of `count` or more is encrypted again until it is below
/// `count` ("cycle walking": Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002, sections 4 and 5); the
/// average is at most 2 passes.
struct KeyedPermutation: Sendable {
    /// The number of permuted values.
    let count: UInt64
    private let rightBits: UInt64
    private let leftMask: UInt64
    private let rightMask: UInt64
    private let keys: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    init(count: UInt64, seed: UInt64) {
        self.count = count
        let bits = max(2, UInt64(UInt64.bitWidth - max(count, 1).advanced(by: -1).leadingZeroBitCount))
        rightBits = (bits + 1) / 2
        rightMask = 1 << rightBits - 1
        leftMask = 1 << (bits - rightBits) - 1
        var generator = SeededGenerator(seed: seed)
        keys = (
            generator.next(), generator.next(), generator.next(), generator.next(), generator.next(), generator.next()
        )
    }

    /// Returns the number at an index below `count`.
    @inline(__always)
    subscript(index: UInt64) -> UInt64 {
        var value = index
        repeat { value = forward(value) } while value >= count
        return value
    }

    /// Returns the index of a number below `count`.
    @inline(__always)
    func index(of number: UInt64) -> UInt64 {
        var value = number
        repeat { value = backward(value) } while value >= count
        return value
    }

    /// The round function: two multiplications spread every bit of the half over the result.
    @inline(__always)
    private func mix(_ half: UInt64, _ key: UInt64) -> UInt64 {
        var value = (half ^ key) &* 0x9E37_79B9_7F4A_7C15
        value ^= value &>> 32
        return (value &* 0xD6E8_FEB8_6659_FD93) &>> 32
    }

    @inline(__always)
    private func forward(_ value: UInt64) -> UInt64 {
        var left = value &>> rightBits
        var right = value & rightMask
        left ^= mix(right, keys.0) & leftMask
        right ^= mix(left, keys.1) & rightMask
        left ^= mix(right, keys.2) & leftMask
        right ^= mix(left, keys.3) & rightMask
        left ^= mix(right, keys.4) & leftMask
        right ^= mix(left, keys.5) & rightMask
        return left &<< rightBits | right
    }

    @inline(__always)
    private func backward(_ value: UInt64) -> UInt64 {
        var left = value &>> rightBits
        var right = value & rightMask
        right ^= mix(left, keys.5) & rightMask
        left ^= mix(right, keys.4) & leftMask
        right ^= mix(left, keys.3) & rightMask
        left ^= mix(right, keys.2) & leftMask
        right ^= mix(left, keys.1) & rightMask
        left ^= mix(right, keys.0) & leftMask
        return left &<< rightBits | right
    }
}
