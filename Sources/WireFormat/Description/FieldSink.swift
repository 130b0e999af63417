/// Receives the fields of a described packet. Every format is described once,
/// in a file of this folder; a sink turns the description into a JSON object
/// (`PacketJSON`) or a table (`Explanation`).
///
/// Names are those of the RFC, in snake_case. `at` is the offset from the start of
/// the packet. Text appended in the closures is this library's own;
/// untrusted bytes are passed to `strange` and `bytes`.
protocol FieldSink: ~Copyable {
    /// The end of the available bytes in a truncated header: fields beyond it are omitted.
    var limit: Int { get set }

    /// Begins a layer; `isQuoted` is true within the datagram that an ICMP error quotes.
    mutating func begin(_ layer: Layer, isQuoted: Bool)
    mutating func end()

    /// Adds a number, and its meaning if it is not obvious.
    mutating func number(
        _ name: StaticString, _ value: UInt64, at offset: Int, _ length: Int, meaning: (inout TextBuffer) -> Void)

    /// Adds a word or address, and a longer explanation for people.
    mutating func text(
        _ name: StaticString, at offset: Int, _ length: Int, value: (inout TextBuffer) -> Void,
        meaning: (inout TextBuffer) -> Void)

    mutating func flag(_ name: StaticString, _ value: Bool, at offset: Int, _ length: Int)

    /// Adds a checksum field: its state and its value.
    mutating func checksum(_ name: StaticString, _ state: ChecksumState, _ value: UInt64, at offset: Int, _ length: Int)

    /// Begins a list of items under one name.
    mutating func beginList(_ name: StaticString)
    mutating func item(at offset: Int, _ length: Int, value: (inout TextBuffer) -> Void)
    /// Adds an item that contains untrusted text.
    mutating func strangeItem(_ bytes: RawSpan, at offset: Int, _ length: Int)
    mutating func endList()

    /// Adds bytes of an unknown format.
    mutating func bytes(_ name: StaticString, _ bytes: RawSpan, at offset: Int)

    /// Adds untrusted text.
    mutating func strange(_ name: StaticString, _ bytes: RawSpan, at offset: Int)

    /// Adds the reason for which the packet or a part of it cannot be parsed.
    mutating func problem(_ text: String)
}

extension FieldSink where Self: ~Copyable {
    /// Whether a field is available.
    func contains(_ offset: Int, _ length: Int) -> Bool { offset + length <= limit }

    /// Whether the described header is truncated.
    var isCut: Bool { limit != .max }

    /// Describes a truncated header: missing bytes are replaced with zeros so that `body` can parse it, and only the
    /// available fields are shown. The caller has reported the reason.
    /// - Parameters:
    ///   - length: the length that the header needs to be parsed.
    ///   - fix: corrects the padded header if the missing bytes include its length.
    mutating func describeCut(
        _ bytes: RawSpan, at base: Int, paddedTo length: Int, fix: (inout [UInt8]) -> Void = { _ in },
        _ body: (inout Self, RawSpan) -> Void
    ) {
        guard bytes.byteCount > 0 else { return }
        var padded = bytes.copied()
        if padded.count < length { padded += [UInt8](repeating: 0, count: length - padded.count) }
        fix(&padded)
        let outer = limit
        limit = min(outer, base + bytes.byteCount)
        body(&self, padded.rawBytes)
        limit = outer
    }

    mutating func begin(_ layer: Layer) { begin(layer, isQuoted: false) }

    mutating func number(_ name: StaticString, _ value: some BinaryInteger, at offset: Int, _ length: Int) {
        number(name, UInt64(truncatingIfNeeded: value), at: offset, length) { _ in }
    }

    /// Adds a number with its unit; the unit is for people.
    mutating func number(
        _ name: StaticString, _ value: some BinaryInteger, _ unit: StaticString, at offset: Int, _ length: Int
    ) {
        let wide = UInt64(truncatingIfNeeded: value)
        number(name, wide, at: offset, length) { text in
            text.append(decimal: wide)
            text.append(UInt8(ascii: " "))
            text.append(unit)
        }
    }

    mutating func text(_ name: StaticString, at offset: Int, _ length: Int, value: (inout TextBuffer) -> Void) {
        text(name, at: offset, length, value: value) { _ in }
    }

    mutating func address(_ name: StaticString, _ value: MACAddress, at offset: Int) {
        text(name, at: offset, 6) {
            $0.append(value)
        } meaning: { text in
            text.append(value)
            if value.isBroadcast {
                text.append(", broadcast")
            } else if value.isMulticast {
                text.append(", multicast")
            } else if value.isLocallyAdministered {
                text.append(", locally administered")
            }
        }
    }

    mutating func address(_ name: StaticString, _ value: IPv4Address, at offset: Int) {
        text(name, at: offset, 4) { $0.append(value) }
    }

    mutating func address(_ name: StaticString, _ value: IPv6Address, at offset: Int) {
        text(name, at: offset, 16) { $0.append(value) }
    }

    mutating func address<Address: WireAddress>(_ name: StaticString, _ value: Address, at offset: Int) {
        text(name, at: offset, Address.byteCount) { $0.append(value.description) }
    }
}
