import LinuxProcess
import SwiftNet

/// Encodes rows as JSON, one object on a line: `{"type":"reply",...the row...,"time":"..."}` (RFC 8259).
///
/// Properties become members in the order of their declaration; see `JSONRow`. All lines go through one buffer.
final class JSONWriter: Encoder, SingleValueEncodingContainer {
    fileprivate(set) var text = TextBuffer()
    /// The closing bracket of the current object or array; nil before it is opened.
    fileprivate var closing: UInt8?
    /// Whether the next member or element is the first of its object or array.
    fileprivate var isFirst = true

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Writes a line to `stream`.
    /// - Parameters:
    ///   - wall: The time of the event, in nanoseconds since 1970-01-01 00:00 UTC; nil if unknown.
    ///   - digits: The number of digits of its fraction: 6, or 9 for nanoseconds.
    func write(_ type: String, _ row: some JSONRow, wall: Int64?, digits: Int = 6, to stream: BufferedOutput) {
        encode(type, row, wall: wall, digits: digits)
        stream.write(text)
    }

    /// Encodes a line into `text`, with the line feed at its end.
    func encode(_ type: String, _ row: some JSONRow, wall: Int64?, digits: Int = 6) {
        text.removeAll()
        text.append("{\"type\":")
        text.append(jsonString: type)
        // The members of the row continue the object.
        closing = UInt8(ascii: "}")
        isFirst = false
        do {
            try row.encode(to: self)
        } catch {
            // Rows do not throw: each of their values can be encoded.
            text.removeAll()
            return
        }
        guard let wall else { return text.append(",\"time\":null}\n") }
        text.append(",\"time\":\"")
        text.append(rfc3339: wall, digits: digits)
        text.append("\"}\n")
    }

    // MARK: Encoder

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if closing == nil { open(UInt8(ascii: "{"), closing: UInt8(ascii: "}")) }
        return KeyedEncodingContainer(JSONMembers(writer: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if closing == nil { open(UInt8(ascii: "["), closing: UInt8(ascii: "]")) }
        return JSONElements(writer: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    private func open(_ opening: UInt8, closing: UInt8) {
        text.append(opening)
        self.closing = closing
        isFirst = true
    }

    // MARK: Values

    /// Writes the separator before a member or an element.
    fileprivate func separate() {
        if isFirst { isFirst = false } else { text.append(UInt8(ascii: ",")) }
    }

    /// Encodes the value of a member or an element.
    fileprivate func encodeNested(_ value: some Encodable) throws {
        let outer = closing
        closing = nil
        try value.encode(to: self)
        if let closing { text.append(closing) }
        closing = outer
        isFirst = false
    }

    func append(_ value: some JSONScalar) { value.write(to: &text) }
    func encodeNil() { text.append("null") }
    func encode(_ value: Bool) { if value { text.append("true") } else { text.append("false") } }
    func encode(_ value: String) { text.append(jsonString: value) }
    func encode(_ value: Float) { encode(Double(value)) }
    /// Encodes a number; a number that is not finite becomes `null`, because JSON cannot represent it.
    func encode(_ value: Double) { if value.isFinite { text.append(value.description) } else { encodeNil() } }
    func encode(_ value: Int) { text.append(decimal: value) }
    func encode(_ value: Int8) { encode(Int(value)) }
    func encode(_ value: Int16) { encode(Int(value)) }
    func encode(_ value: Int32) { encode(Int(value)) }
    func encode(_ value: Int64) { encode(Int(value)) }
    func encode(_ value: UInt) { encode(UInt64(value)) }
    func encode(_ value: UInt8) { encode(UInt64(value)) }
    func encode(_ value: UInt16) { encode(UInt64(value)) }
    func encode(_ value: UInt32) { encode(UInt64(value)) }
    func encode(_ value: UInt64) { text.append(decimal: value, minimumDigits: 1) }
    func encode(_ value: some Encodable) throws { try value.encode(to: self) }
}

/// The members of an object. Nested containers, which synthesized code does not request, write to the same object.
private struct JSONMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    var codingPath: [any CodingKey] { [] }

    private func begin(_ key: Key) {
        writer.separate()
        writer.text.append(jsonName: key.stringValue)
    }

    func encodeNil(forKey key: Key) {
        begin(key)
        writer.encodeNil()
    }

    func encode(_ value: Bool, forKey key: Key) {
        begin(key)
        writer.encode(value)
    }

    func encode(_ value: String, forKey key: Key) {
        begin(key)
        writer.encode(value)
    }

    func encode(_ value: Int, forKey key: Key) {
        begin(key)
        writer.encode(value)
    }

    func encode(_ value: UInt64, forKey key: Key) {
        begin(key)
        writer.encode(value)
    }

    func encode(_ value: UInt16, forKey key: Key) { encode(UInt64(value), forKey: key) }
    func encode(_ value: UInt8, forKey key: Key) { encode(UInt64(value), forKey: key) }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        begin(key)
        try writer.encodeNested(value)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        writer.container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { writer.unkeyedContainer() }

    /// The same object, for `Inlined`.
    func superEncoder() -> any Encoder { writer }
    func superEncoder(forKey key: Key) -> any Encoder { writer }
}

/// The elements of an array.
private struct JSONElements: UnkeyedEncodingContainer {
    let writer: JSONWriter
    var codingPath: [any CodingKey] { [] }
    private(set) var count = 0

    init(writer: JSONWriter) { self.writer = writer }

    mutating func encodeNil() {
        count += 1
        writer.separate()
        writer.encodeNil()
    }

    mutating func encode(_ value: some Encodable) throws {
        count += 1
        writer.separate()
        try writer.encodeNested(value)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        writer.container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
    func superEncoder() -> any Encoder { writer }
}
