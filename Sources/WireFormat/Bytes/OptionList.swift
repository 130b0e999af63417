/// One option of a header: a single byte, or type, length and data.
public protocol HeaderOption: Hashable, Sendable {
    /// Bytes of the option as it is written.
    var byteCount: Int { get }
    /// Whether nothing but padding comes after it.
    var endsList: Bool { get }

    /// The option at the start of `bytes`, which are not empty, and its length; nil when the length cannot be right.
    static func parse(_ bytes: RawSpan) -> (option: Self, length: Int)?

    /// Writes the option at `offset`, where there must be room for it.
    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int)
}

/// The options of an IPv4 or TCP header (RFC 791, section 3.1; RFC 9293, section 3.2), in their order.
///
/// Bytes that are no option - after the end of the list, or from a broken
/// length on - are kept in `trailing`, so that parse then write gives the same bytes.
public struct OptionList<Option: HeaderOption>: Hashable, Sendable, WireEncodable {
    /// The options, in their order.
    public var list: [Option]
    /// Bytes after the end-of-list option, or from the first malformed option on.
    public var trailing: [UInt8]
    /// Whether `trailing` begins with an option whose length cannot be right.
    public var isMalformed: Bool

    /// The most that a header has room for: 60 bytes less the fixed 20.
    public static var maximumByteCount: Int { 40 }

    /// A list of these options.
    public init(_ list: [Option] = []) {
        self.list = list
        trailing = []
        isMalformed = false
    }

    /// Reads every option up to the end of the list; never fails.
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

    /// Whether there are neither options nor bytes after them.
    public var isEmpty: Bool { list.isEmpty && trailing.isEmpty }

    /// Bytes of the options without padding.
    var unpaddedByteCount: Int {
        var count = trailing.count
        for index in list.indices { count += list[index].byteCount }
        return count
    }

    /// Bytes of the options in a header: a multiple of 4.
    public var paddedByteCount: Int { (unpaddedByteCount + 3) & ~3 }

    public var byteCount: Int { paddedByteCount }

    /// Writes the options, then zeros (end of option list) up to a multiple of 4.
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
