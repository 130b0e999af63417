/// A domain name: labels of up to 63 arbitrary bytes, 255 bytes in total (RFC 1035, section 3.1).
public struct DNSName: Sendable {
    /// The labels, without the root label.
    public let labels: [[UInt8]]

    /// Returns nil if a label or the name is too long, or a label is empty.
    public init?(labels: [[UInt8]]) {
        guard labels.allSatisfy({ (1...63).contains($0.count) }),
            labels.reduce(1, { $0 + 1 + $1.count }) <= 255
        else { return nil }
        self.labels = labels
    }

    /// Parses the dotted form, with or without the trailing dot, and without escapes.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        guard !bytes.isEmpty else {
            self.init(labels: [])
            return
        }
        self.init(labels: bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init))
    }

    /// The length of the uncompressed name, in bytes.
    public var byteCount: Int { labels.reduce(1) { $0 + 1 + $1.count } }

    /// Parses the name at `offset`, following compression pointers (section 4.1.4).
    /// - Returns: the name and the offset after it; nil if it is truncated, too long, or a pointer does not point
    ///   backward.
    static func parse(_ bytes: RawSpan, at offset: Int) -> (name: DNSName, end: Int)? {
        var labels: [[UInt8]] = []
        var position = offset
        // The end of the name in the message: after the first pointer.
        var end: Int?
        // Every pointer must point before the previous one, so that there is no loop.
        var limit = offset
        var pointerCount = 0
        while position < bytes.byteCount {
            let length = Int(bytes.byte(at: position))
            switch length >> 6 {
            case 0:
                guard length > 0 else { return DNSName(labels: labels).map { ($0, end ?? position + 1) } }
                guard position + 1 + length <= bytes.byteCount, labels.count < 127 else { return nil }
                labels.append(bytes.extracting(position + 1..<position + 1 + length).copied())
                position += 1 + length
            case 3:
                guard position + 2 <= bytes.byteCount else { return nil }
                let target = Int(bytes.bigEndian16(at: position) & 0x3FFF)
                // A name without more labels than it can have needs no more pointers either.
                pointerCount += 1
                guard target < limit, pointerCount <= 127 else { return nil }
                if end == nil { end = position + 2 }
                limit = target
                position = target
            default: return nil
            }
        }
        return nil
    }

    /// Writes the labels with their lengths, and the root label.
    func write(into bytes: inout [UInt8]) {
        for label in labels {
            bytes.append(UInt8(label.count))
            bytes += label
        }
        bytes.append(0)
    }
}

/// Names are compared without regard to case (RFC 4343).
extension DNSName: Hashable {
    /// Whether the labels are equal, ignoring case.
    public static func == (left: DNSName, right: DNSName) -> Bool {
        left.labels.count == right.labels.count
            && zip(left.labels, right.labels).allSatisfy { left, right in
                left.count == right.count && zip(left, right).allSatisfy { lowercased($0) == lowercased($1) }
            }
    }

    /// Hashes the labels in lowercase.
    public func hash(into hasher: inout Hasher) { for label in labels { hasher.combine(label.map(Self.lowercased)) } }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

extension DNSName: CustomStringConvertible {
    /// The dotted form without the trailing dot; bytes that are not printable, dots in labels and backslashes are
    /// escaped (RFC 1035, section 5.1). The root is `.`.
    public var description: String {
        var text: [UInt8] = []
        for label in labels {
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            for byte in label {
                switch byte {
                case UInt8(ascii: "."), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
                case 0x21...0x7E: text.append(byte)
                default:
                    text.append(UInt8(ascii: "\\"))
                    for divisor in [100, 10, 1] { text.append(UInt8(ascii: "0") + UInt8(Int(byte) / divisor % 10)) }
                }
            }
        }
        return text.isEmpty ? "." : String(decoding: text, as: UTF8.self)
    }
}
