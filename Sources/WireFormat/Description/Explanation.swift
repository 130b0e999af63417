/// A packet decoded for people: every field of every layer with its offset and meaning.
public struct Explanation: Sendable {
    /// One field.
    public struct Field: Hashable, Sendable {
        /// The offset of the field from the start of the packet, in bytes.
        public var offset: Int
        /// The length of the field, in bytes; fields of a few bits share their bytes.
        public var length: Int
        /// The RFC's name of the field.
        public var name: String
        /// The value, and its meaning if it is not obvious.
        public var meaning: String
        /// Whether the field is a checksum that is incorrect.
        public var isWrong = false
    }

    /// A layer and its fields, in the order of their bytes.
    public struct Section: Hashable, Sendable {
        /// The layer's name.
        public var layer: Layer
        /// Whether the layer is part of the datagram that an ICMP error quotes.
        public var isQuoted: Bool
        /// The fields, in the order of their bytes.
        public var fields: [Field]
    }

    /// The layers, outermost first.
    public internal(set) var sections: [Section] = []
    /// The reasons for which the packet or a part of it cannot be parsed.
    public internal(set) var problems: [String] = []
    private var list: String?
    var limit = Int.max

    /// The first header of the bytes.
    public enum Start: Sendable {
        case link(LinkType)
        /// An ICMP message without an IP header, as a datagram socket returns it.
        case icmp
        case icmpv6

        /// An Ethernet header.
        public static let ethernet = Start.link(.ethernet)
        /// An IPv4 or IPv6 header.
        public static let datagram = Start.link(.rawIP)
    }

    /// Decodes `bytes` as far as possible.
    /// - Parameter originalLength: the length of the packet on the wire, in bytes; 0 if unknown.
    public init(
        _ bytes: RawSpan, startingAt start: Start, frameCheckSequenceLength: Int = 0, originalLength: Int = 0
    ) {
        switch start {
        case .link(let type):
            describe(
                bytes, PacketLayers(bytes, linkType: type, originalLength: originalLength),
                frameCheckSequenceLength: frameCheckSequenceLength)
        case .icmp: describeICMP(bytes, at: 0, .alone)
        case .icmpv6: describeICMPv6(bytes, at: 0, .alone)
        }
    }

    private mutating func add(
        _ name: String, at offset: Int, _ length: Int, _ meaning: String, isWrong: Bool = false
    ) {
        guard !sections.isEmpty, contains(offset, length) else { return }
        sections[sections.count - 1].fields.append(
            Field(offset: offset, length: length, name: name, meaning: meaning, isWrong: isWrong))
    }

    /// Returns the field's name with spaces.
    private static func title(_ name: StaticString) -> String {
        let key = name.description
        switch key {
        case "ttl": return "time to live"
        case "sender_addr": return "sender address"
        case "target_addr": return "target address"
        case "sender_mac": return "sender MAC"
        case "target_mac": return "target MAC"
        case "client_mac": return "client MAC"
        default: return String(key.map { $0 == "_" ? " " : $0 })
        }
    }
}

extension Explanation: FieldSink {
    mutating func begin(_ layer: Layer, isQuoted: Bool) {
        sections.append(Section(layer: layer, isQuoted: isQuoted, fields: []))
    }

    mutating func end() {}

    mutating func number(
        _ name: StaticString, _ value: UInt64, at offset: Int, _ length: Int, meaning: (inout TextBuffer) -> Void
    ) {
        var text = TextBuffer()
        meaning(&text)
        if text.count == 0 { text.append(decimal: value) }
        add(Self.title(name), at: offset, length, text.text())
    }

    mutating func text(
        _ name: StaticString, at offset: Int, _ length: Int, value: (inout TextBuffer) -> Void,
        meaning: (inout TextBuffer) -> Void
    ) {
        var text = TextBuffer()
        meaning(&text)
        if text.count == 0 { value(&text) }
        add(Self.title(name), at: offset, length, text.text())
    }

    mutating func flag(_ name: StaticString, _ value: Bool, at offset: Int, _ length: Int) {
        add(Self.title(name), at: offset, length, value ? "yes" : "no")
    }

    mutating func checksum(
        _ name: StaticString, _ state: ChecksumState, _ value: UInt64, at offset: Int, _ length: Int
    ) {
        var text = TextBuffer()
        text.append("0x")
        text.append(hexadecimal: value, digits: 2 * length)
        text.append(", ")
        text.append(state.description)
        add(Self.title(name), at: offset, length, text.text(), isWrong: state == .incorrect)
    }

    mutating func beginList(_ name: StaticString) {
        // Each item is a separate field: "options" is a list of "option".
        let title = Self.title(name)
        list = title.hasSuffix("s") ? String(title.dropLast()) : title
    }

    mutating func item(at offset: Int, _ length: Int, value: (inout TextBuffer) -> Void) {
        var text = TextBuffer()
        value(&text)
        add(list ?? "item", at: offset, length, text.text())
    }

    mutating func strangeItem(_ bytes: RawSpan, at offset: Int, _ length: Int) {
        var text = TextBuffer()
        text.append(escaped: bytes)
        add(list ?? "item", at: offset, length, text.text())
    }

    mutating func endList() { list = nil }

    mutating func bytes(_ name: StaticString, _ bytes: RawSpan, at offset: Int) {
        let count = min(bytes.byteCount, limit - offset)
        guard count > 0 else { return }
        add(Self.title(name), at: offset, count, count == 1 ? "1 byte" : "\(count) bytes")
    }

    mutating func strange(_ name: StaticString, _ bytes: RawSpan, at offset: Int) {
        var text = TextBuffer()
        text.append(escaped: bytes)
        add(Self.title(name), at: offset, bytes.byteCount, text.text())
    }

    mutating func problem(_ text: String) {
        // In a truncated header the truncation is the only problem.
        if !isCut { problems.append(text) }
    }
}
