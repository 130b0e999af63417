/// A packet as JSON: an array with an object for each layer, and an array of problems.
public struct PacketJSON: ~Copyable {
    /// The text so far; the caller adds what precedes and follows the layers.
    public var text: TextBuffer
    private var isFirstLayer = true
    private var isFirstItem = true
    /// A list whose key is written with its first item: in a truncated header it may have none.
    private var delayedList: StaticString?
    var limit = Int.max
    private var problems: [String] = []
    /// Whether bytes of an unknown format are included.
    private let showsBytes: Bool

    /// Creates an empty text; with `showsBytes`, bytes of an unknown format are included in hexadecimal.
    public init(showsBytes: Bool = false) {
        text = TextBuffer(capacity: 1 << 16)
        self.showsBytes = showsBytes
    }

    /// Appends `"layers":[...],"problems":[...]`.
    public mutating func append(
        _ bytes: RawSpan, _ layers: PacketLayers, frameCheckSequenceLength: Int = 0
    ) {
        isFirstLayer = true
        text.append("\"layers\":[")
        describe(bytes, layers, frameCheckSequenceLength: frameCheckSequenceLength)
        text.append("],\"problems\":[")
        for (index, problem) in problems.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text.append(UInt8(ascii: "\""))
            text.append(jsonEscaped: unsafe problem.utf8.span.bytes)
            text.append(UInt8(ascii: "\""))
        }
        text.append("]")
        if !problems.isEmpty { problems.removeAll() }
    }

    private mutating func key(_ name: StaticString) {
        text.append(jsonKey: name)
    }
}

extension PacketJSON: FieldSink {
    mutating func begin(_ layer: Layer, isQuoted: Bool) {
        text.append(isFirstLayer ? "{\"layer\":\"" : ",{\"layer\":\"")
        isFirstLayer = false
        text.append(layer.name)
        text.append(isQuoted ? "\",\"quoted\":true" : "\"")
    }

    mutating func end() { text.append(UInt8(ascii: "}")) }

    mutating func number(
        _ name: StaticString, _ value: UInt64, at offset: Int, _ length: Int, meaning: (inout TextBuffer) -> Void
    ) {
        guard contains(offset, length) else { return }
        key(name)
        text.append(decimal: value)
    }

    mutating func text(
        _ name: StaticString, at offset: Int, _ length: Int, value: (inout TextBuffer) -> Void,
        meaning: (inout TextBuffer) -> Void
    ) {
        guard contains(offset, length) else { return }
        key(name)
        text.append(UInt8(ascii: "\""))
        value(&text)
        text.append(UInt8(ascii: "\""))
    }

    mutating func flag(_ name: StaticString, _ value: Bool, at offset: Int, _ length: Int) {
        guard contains(offset, length) else { return }
        key(name)
        text.append(value ? "true" : "false")
    }

    mutating func checksum(
        _ name: StaticString, _ state: ChecksumState, _ value: UInt64, at offset: Int, _ length: Int
    ) {
        guard contains(offset, length) else { return }
        key(name)
        switch state {
        case .correct: text.append("\"correct\"")
        case .incorrect: text.append("\"incorrect\"")
        case .offloaded: text.append("\"offloaded\"")
        case .unchecked: text.append("\"unchecked\"")
        }
        text.append(",\"")
        text.append(name)
        text.append("_value\":\"0x")
        text.append(hexadecimal: value, digits: 2 * length)
        text.append(UInt8(ascii: "\""))
    }

    mutating func beginList(_ name: StaticString) {
        isFirstItem = true
        if isCut {
            delayedList = name
            return
        }
        key(name)
        text.append(UInt8(ascii: "["))
    }

    private mutating func beginDelayedList() {
        guard let name = delayedList else { return }
        delayedList = nil
        key(name)
        text.append(UInt8(ascii: "["))
    }

    mutating func item(at offset: Int, _ length: Int, value: (inout TextBuffer) -> Void) {
        guard contains(offset, length) else { return }
        beginDelayedList()
        text.append(isFirstItem ? "\"" : ",\"")
        isFirstItem = false
        value(&text)
        text.append(UInt8(ascii: "\""))
    }

    mutating func strangeItem(_ bytes: RawSpan, at offset: Int, _ length: Int) {
        guard contains(offset, length) else { return }
        beginDelayedList()
        text.append(isFirstItem ? "\"" : ",\"")
        isFirstItem = false
        text.append(jsonEscaped: bytes)
        text.append(UInt8(ascii: "\""))
    }

    mutating func endList() {
        if delayedList == nil { text.append(UInt8(ascii: "]")) }
        delayedList = nil
    }

    mutating func bytes(_ name: StaticString, _ bytes: RawSpan, at offset: Int) {
        let bytes = isCut ? bytes.prefix(max(limit - offset, 0)) : bytes
        if isCut, bytes.byteCount == 0 { return }
        text.append(",\"")
        text.append(name)
        text.append("_length\":")
        text.append(decimal: bytes.byteCount)
        guard showsBytes else { return }
        key(name)
        text.append(UInt8(ascii: "\""))
        text.append(hexadecimal: bytes)
        text.append(UInt8(ascii: "\""))
    }

    mutating func strange(_ name: StaticString, _ bytes: RawSpan, at offset: Int) {
        key(name)
        text.append(UInt8(ascii: "\""))
        text.append(jsonEscaped: bytes)
        text.append(UInt8(ascii: "\""))
    }

    mutating func problem(_ text: String) {
        // In a truncated header the truncation is the only problem.
        if !isCut { problems.append(text) }
    }
}
