/// Where the fields of a described packet go. Every format is described once,
/// in its file of this folder; a sink makes of that an object of JSON
/// (`PacketJSON`) or a table for people (`Explanation`).
///
/// Names are the RFC's in snake_case. `at` is the offset from the packet's
/// first byte. What is appended in the closures is this library's own text;
/// a stranger's bytes go through `strange` and `bytes`.
protocol FieldSink: ~Copyable {
    /// Where the bytes end that are there, in a header whose end is missing: fields beyond it are left out.
    var limit: Int { get set }

    /// Begins a layer; `isQuoted` within the datagram that an ICMP error quotes.
    mutating func begin(_ layer: Layer, isQuoted: Bool)
    mutating func end()

    /// A number; its meaning where the number alone does not say it.
    mutating func number(
        _ name: StaticString, _ value: UInt64, at offset: Int, _ length: Int, meaning: (inout TextBuffer) -> Void)

    /// A word or an address, and a longer meaning for people.
    mutating func text(
        _ name: StaticString, at offset: Int, _ length: Int, value: (inout TextBuffer) -> Void,
        meaning: (inout TextBuffer) -> Void)

    mutating func flag(_ name: StaticString, _ value: Bool, at offset: Int, _ length: Int)

    /// The state of a checksum, and the number that stands there.
    mutating func checksum(_ name: StaticString, _ state: ChecksumState, _ value: UInt64, at offset: Int, _ length: Int)

    /// Begins a list of items under one name.
    mutating func beginList(_ name: StaticString)
    mutating func item(at offset: Int, _ length: Int, value: (inout TextBuffer) -> Void)
    /// An item with a stranger's text in it.
    mutating func strangeItem(_ bytes: RawSpan, at offset: Int, _ length: Int)
    mutating func endList()

    /// Bytes that no format of this library explains.
    mutating func bytes(_ name: StaticString, _ bytes: RawSpan, at offset: Int)

    /// Text that a stranger wrote.
    mutating func strange(_ name: StaticString, _ bytes: RawSpan, at offset: Int)

    /// What keeps the packet, or a part of it, from being read.
    mutating func problem(_ text: String)
}

extension FieldSink where Self: ~Copyable {
    /// Whether a field is there.
    func contains(_ offset: Int, _ length: Int) -> Bool { offset + length <= limit }

    /// Whether a header is described whose end is missing.
    var isCut: Bool { limit != .max }

    /// Describes a header whose end is missing: `body` reads it with zeros in place of what is not there, and of its
    /// fields those are shown that are. The reason why it cannot be read is reported before.
    /// - Parameters:
    ///   - length: bytes that the header needs to be read.
    ///   - fix: makes the zeros a header, where its own length is among them.
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

    /// A number with its unit: the word is for people.
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
                text.append(", everybody on the link")
            } else if value.isMulticast {
                text.append(", a group")
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
