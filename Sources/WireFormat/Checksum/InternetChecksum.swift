/// The Internet checksum (RFC 1071): the one's complement of the one's
/// complement sum of 16-bit words; an odd last byte is padded with zero.
///
/// Used for every protocol of this library. Add the parts
/// in any order (each but the last must have an even length), then read
/// `value`.
public struct InternetChecksum: Sendable {
    /// The sum of the words in memory order, not yet folded. The sum does not depend on
    /// byte order (RFC 1071, section 2(B)), so it is swapped once, at the end.
    @usableFromInline var sum: UInt64 = 0

    /// Creates an empty sum.
    @inlinable public init() {}

    /// Adds bytes; a part of odd length is padded with a zero byte.
    @inlinable
    public mutating func add(_ bytes: RawSpan) {
        addFolded(checksumKernel(bytes))
    }

    /// Adds a 16-bit word in network byte order (a length, a protocol number).
    @inlinable
    public mutating func add(_ word: UInt16) {
        sum &+= UInt64(word.bigEndian)
    }

    /// Adds a 32-bit integer in network byte order.
    @inlinable
    public mutating func add(_ word: UInt32) {
        sum &+= UInt64(word.bigEndian)
    }

    /// Adds a 64-bit integer in network byte order.
    @inlinable
    public mutating func add(_ word: UInt64) {
        add(UInt32(truncatingIfNeeded: word >> 32))
        add(UInt32(truncatingIfNeeded: word))
    }

    /// Adds the pseudo-header of UDP and TCP over IPv4 (RFC 768; RFC 9293, section 3.1).
    @inlinable
    public mutating func addPseudoHeader(
        source: IPv4Address, destination: IPv4Address, protocol: IPProtocol, length: Int
    ) {
        add(source.rawValue)
        add(destination.rawValue)
        add(UInt16(`protocol`.rawValue))
        add(UInt16(truncatingIfNeeded: length))
    }

    /// Adds the pseudo-header of IPv6 (RFC 8200, section 8.1).
    @inlinable
    public mutating func addPseudoHeader(
        source: IPv6Address, destination: IPv6Address, protocol: IPProtocol, length: Int
    ) {
        add(source.high)
        add(source.low)
        add(destination.high)
        add(destination.low)
        add(UInt32(truncatingIfNeeded: length))
        add(UInt32(`protocol`.rawValue))
    }

    /// Adds the pseudo-header of either family; returns false and adds nothing if the families differ.
    @inlinable
    public mutating func addPseudoHeader(
        source: IPAddress, destination: IPAddress, protocol: IPProtocol, length: Int
    ) -> Bool {
        switch (source, destination) {
        case (.v4(let source), .v4(let destination)):
            addPseudoHeader(source: source, destination: destination, protocol: `protocol`, length: length)
            return true
        case (.v6(let source), .v6(let destination)):
            addPseudoHeader(source: source, destination: destination, protocol: `protocol`, length: length)
            return true
        default: return false
        }
    }

    @inlinable
    mutating func addFolded(_ partial: UInt64) {
        let (result, overflow) = sum.addingReportingOverflow(partial)
        sum = overflow ? result &+ 1 : result
    }

    /// The checksum as written into the field. Over bytes with a
    /// correct checksum it is 0.
    @inlinable
    public var value: UInt16 {
        ~UInt16(bigEndian: foldChecksum(sum))
    }

    /// The partial sum in the field for checksum offload: not complemented.
    @inlinable var partial: UInt16 { ~value }

    /// The checksum of `bytes`.
    @inlinable
    public static func of(_ bytes: RawSpan) -> UInt16 {
        var checksum = InternetChecksum()
        checksum.add(bytes)
        return checksum.value
    }

    /// Returns the checksum after a change of one 16-bit word (RFC 1624, equation 3).
    @inlinable
    public static func updated(_ checksum: UInt16, replacing old: UInt16, with new: UInt16) -> UInt16 {
        let sum = UInt32(~checksum) &+ UInt32(~old) &+ UInt32(new)
        let once = (sum & 0xFFFF) &+ (sum >> 16)
        return ~UInt16(truncatingIfNeeded: (once & 0xFFFF) &+ (once >> 16))
    }

    /// Returns the checksum after a change of one 64-bit word at an even offset (RFC 1624, equation 3).
    @inlinable
    public static func updated(_ checksum: UInt16, replacing old: UInt64, with new: UInt64) -> UInt16 {
        var sum = UInt64(~checksum)
        sum &+= (~old >> 32) &+ (~old & 0xFFFF_FFFF)
        sum &+= (new >> 32) &+ (new & 0xFFFF_FFFF)
        return ~foldChecksum(sum)
    }
}

/// The result of verifying a checksum.
public enum ChecksumState: String, Sendable {
    case correct, incorrect
    /// The sender left the checksum to the network card: the field contains the sum of the pseudo-header alone. Used
    /// for captured packets and by `PacketLayers.verifyChecksums`; the views, with which hosts check what they receive,
    /// report such a checksum as `incorrect`.
    case offloaded
    /// Bytes that the checksum covers are missing.
    case unchecked
}

extension ChecksumState: CustomStringConvertible {
    /// The text after the field's value in packet descriptions.
    public var description: String { self == .offloaded ? "not filled in (offload)" : rawValue }
}

/// Folds a one's complement sum of 64 bits to 16.
@inlinable
func foldChecksum(_ sum: UInt64) -> UInt16 {
    let a = (sum & 0xFFFF_FFFF) &+ (sum >> 32)
    let b = (a & 0xFFFF) &+ (a >> 16 & 0xFFFF) &+ (a >> 32)
    let c = (b & 0xFFFF) &+ (b >> 16)
    return UInt16(truncatingIfNeeded: (c & 0xFFFF) &+ (c >> 16))
}
