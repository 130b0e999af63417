import CLinux

/// The kernel's random bytes (getrandom(2)), for keys and identifiers.
public struct SystemRandomness: RandomNumberGenerator, Sendable {
    public init() {}

    public mutating func next() -> UInt64 {
        var value: UInt64 = 0
        while getrandom(&value, MemoryLayout<UInt64>.size, 0) != MemoryLayout<UInt64>.size {}
        return value
    }
}
