/// SipHash-2-4 of one or two 64-bit words with a 128-bit key (Aumasson and
/// Bernstein, "SipHash: a fast short-input PRF", 2012): a cookie that cannot be
/// guessed without the key.
public struct SipHash: Sendable {
    public let key0: UInt64
    public let key1: UInt64

    public init(key0: UInt64, key1: UInt64) {
        self.key0 = key0
        self.key1 = key1
    }

    /// Creates a key from a generator.
    public init(using generator: inout some RandomNumberGenerator) {
        self.init(key0: generator.next(), key1: generator.next())
    }

    /// Returns the hash of the 8 bytes of `word`, little-endian.
    @inlinable
    public func callAsFunction(_ word: UInt64) -> UInt64 {
        var state = State(key0, key1)
        state.absorb(word)
        return state.finish(length: 8)
    }

    /// Returns the hash of the 16 bytes of two words, little-endian.
    @inlinable
    public func callAsFunction(_ first: UInt64, _ second: UInt64) -> UInt64 {
        var state = State(key0, key1)
        state.absorb(first)
        state.absorb(second)
        return state.finish(length: 16)
    }

    @usableFromInline
    struct State {
        @usableFromInline var v0, v1, v2, v3: UInt64

        @inlinable
        init(_ key0: UInt64, _ key1: UInt64) {
            v0 = key0 ^ 0x736f_6d65_7073_6575
            v1 = key1 ^ 0x646f_7261_6e64_6f6d
            v2 = key0 ^ 0x6c79_6765_6e65_7261
            v3 = key1 ^ 0x7465_6462_7974_6573
        }

        @inlinable @inline(__always)
        mutating func round() {
            v0 &+= v1
            v1 = v1 &<< 13 | v1 &>> 51
            v1 ^= v0
            v0 = v0 &<< 32 | v0 &>> 32
            v2 &+= v3
            v3 = v3 &<< 16 | v3 &>> 48
            v3 ^= v2
            v0 &+= v3
            v3 = v3 &<< 21 | v3 &>> 43
            v3 ^= v0
            v2 &+= v1
            v1 = v1 &<< 17 | v1 &>> 47
            v1 ^= v2
            v2 = v2 &<< 32 | v2 &>> 32
        }

        @inlinable @inline(__always)
        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        @inlinable @inline(__always)
        mutating func finish(length: UInt64) -> UInt64 {
            absorb(length << 56)
            v2 ^= 0xFF
            for _ in 0..<4 { round() }
            return v0 ^ v1 ^ v2 ^ v3
        }
    }
}
