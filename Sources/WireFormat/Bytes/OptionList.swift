/// A header option: a single byte, or type, length and data.
public protocol HeaderOption: Hashable, Sendable {
    /// The encoded length of the option, in bytes.
    var byteCount: Int { get }
    /// Whether only padding may follow.
    var endsList: Bool { get }

    /// Parses the option at the start of `bytes`, which must not be empty; returns nil if its length is invalid.
    static func parse(_ bytes: RawSpan) -> (option: Self, length: Int)?

    /// Writes the option at `offset`; there must be room for it.
    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int)
}

/// The options of an IPv4 or TCP header (RFC 791, section 3.1; RFC 9293, section 3.2), in order.
///
/// Bytes after the end-of-list option or from an invalid length on
/// are kept in `trailing`, so that parsing and writing gives the same bytes.
public struct OptionList<Option: HeaderOption>: Hashable, Sendable, WireEncodable {
    /// The options, in order.
    public var list: [Option]
    /// Bytes after the end-of-list option, or from the first malformed option on.
    public var trailing: [UInt8]
    /// Whether `trailing` begins with an option of invalid length.
    public var isMalformed: Bool

    /// The maximum length of the options: 60 bytes minus the fixed 20.
    public static var maximumByteCount: Int { 40 }

    /// Creates a list of options.
    public init(_ list: [Option] = []) {
        self.list = list
        trailing = []
        isMalformed = false
    }

    /// Parses all options up to the end of the list; never fails.
    public init(_ bytes: RawSpan) {
        self.init()
        var offset = 0
        while offset < bytes.byteCount {
            guard let (option, length) = Option.parse(bytes.dropping(offset)) else {
                isMalformed = true
                break
            }
            list.append(option)
            offset += length
            if option.endsList { break }
        }
        if offset < bytes.byteCount { trailing = bytes.dropping(offset).copied() }
    }

    /// Whether there are neither options nor trailing bytes.
    public var isEmpty: Bool { list.isEmpty && trailing.isEmpty }

    /// The length of the options without padding, in bytes.
    var unpaddedByteCount: Int {
        var count = trailing.count
        for index in list.indices { count += list[index].byteCount }
        return count
    }

    /// The length of the options in a header: a multiple of 4 bytes.
    public var paddedByteCount: Int { (unpaddedByteCount + 3) & ~3 }

    public var byteCount: Int { paddedByteCount }

    /// Writes the options, then zeros (end of option list) up to a multiple of 4 bytes.
    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        var position = offset
        for option in list {
            option.write(into: &bytes, at: position)
            position += option.byteCount
        }
        bytes.copy(trailing, at: position)
        for padding in (position + trailing.count)..<(offset + paddedByteCount) { bytes.setByte(0, at: padding) }
    }
}

/// Reads the options of an IPv4 or TCP header one by one, without an array.
public struct OptionReader: ~Escapable {
    @usableFromInline let bytes: RawSpan
    @usableFromInline var offset = 0

    /// Creates a reader of the option bytes after a fixed header.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Returns the kind of the next option and the range of its data, or nil
    /// at the end or if a length is invalid. An end-of-list option is
    /// returned once.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func next() -> (kind: UInt8, data: Range<Int>)? {
        guard offset < bytes.byteCount else { return nil }
        let begin = offset
        let kind = bytes.byte(at: begin)
        if kind <= 1 {
            offset = kind == 0 ? bytes.byteCount : begin &+ 1
            return (kind, begin &+ 1..<begin &+ 1)
        }
        guard begin &+ 2 <= bytes.byteCount else { return nil }
        let length = Int(bytes.byte(at: begin &+ 1))
        guard length >= 2, begin &+ length <= bytes.byteCount else { return nil }
        offset = begin &+ length
        return (kind, begin &+ 2..<offset)
    }

    /// Whether bytes remain that are not a valid option.
    public var isMalformed: Bool { offset < bytes.byteCount }
}
