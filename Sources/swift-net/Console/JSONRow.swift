/// The contents of a line of JSON, as a plain structure.
///
///     struct ReplyRow: JSONRow {
///         var target: String
///         var addr: IPAddress
///         var seq: UInt16
///         var ttl: UInt8?                 // left out if nil
///         var rttMs: Nanoseconds          // "rtt_ms":0.042
///         @Null var vendor: String?       // "vendor":null if nil
///         @IfTrue var late = false          // left out if false
///         @Inlined var probe: ProbeRow    // its members, in this object
///         var routers: [RouterRow]        // an array of objects
///     }
///     console.write("reply", ReplyRow(...), at: reply.arrival)
///
/// The members are in the order of the properties, after `"type"` and before `"time"`, which every line has. Their
/// names are those of the properties in snake_case (`rttMs` is `rtt_ms`), unless coding keys are declared. Types with a
/// special representation are `JSONScalar`: an interval (`Nanoseconds`) is a number of milliseconds, an `Instant` a
/// date.
protocol JSONRow: Encodable {}

/// A member that is `true`, or left out if the value is false.
@propertyWrapper
struct IfTrue: Encodable {
    var wrappedValue: Bool

    func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

/// A member that is always present, and `null` if it has no value.
@propertyWrapper
struct Null<Value: Encodable>: Encodable {
    var wrappedValue: Value?

    // Without a default value, so that memberwise initializers take the value itself.
    init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

/// The members of a nested row as members of the object around it; none if the row is nil.
@propertyWrapper
struct Inlined<Row: Encodable>: Encodable {
    var wrappedValue: Row

    func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

/// Members in a given order whose names are known only at run time.
struct OrderedMembers<Value: Encodable>: Encodable {
    private var members: [(name: String, value: Value)] = []

    init(_ members: [(name: String, value: Value)] = []) { self.members = members }

    var isEmpty: Bool { members.isEmpty }

    mutating func append(_ name: String, _ value: Value) { members.append((name, value)) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        for (name, value) in members { try container.encode(value, forKey: Name(stringValue: name)) }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

// The synthesized `encode(to:)` of this module's types finds these beside the standard library's.
extension KeyedEncodingContainer {
    mutating func encode(_ value: IfTrue, forKey key: Key) throws {
        if value.wrappedValue { try encode(true, forKey: key) }
    }

    mutating func encode<Value>(_ value: Null<Value>, forKey key: Key) throws {
        if let value = value.wrappedValue { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
    }

    mutating func encode<Row>(_ value: Inlined<Row>, forKey key: Key) throws {
        try value.wrappedValue.encode(to: superEncoder())
    }

    mutating func encode<Row>(_ value: Inlined<Row?>, forKey key: Key) throws {
        if let row = value.wrappedValue { try row.encode(to: superEncoder()) }
    }
}
