/// A header field as received, with order, case and spaces (RFC 9112, section 5).
public struct HTTPField: Hashable, Sendable {
    /// The lines of the field; more than one if it was folded (RFC 9112, section 5.2). Never empty.
    public private(set) var lines: [HTTPLine]

    /// Whether a name or a value can be sent in one line: no CR, LF or NUL (RFC 9110, section 5.5).
    public static func isSendable(_ text: String) -> Bool {
        !text.utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 }
    }

    /// Creates a valid field `name: value`.
    public init(_ name: String, _ value: String) { self.init(HTTPLine(Array("\(name): \(value)".utf8))) }

    /// Creates a field of one line with any contents.
    public init(_ line: HTTPLine) {
        lines = [line]
        colon = line.bytes.firstIndex(of: UInt8(ascii: ":"))
        let name = line.bytes[..<(colon ?? line.bytes.count)].trimmingBlanks
        nameBounds = name.startIndex..<name.endIndex
    }

    /// Creates a field from any name and value, which HTTP/2 sends apart; the name may contain colons.
    public init(name: [UInt8], value: [UInt8]) { self.init(line: name + [0x3A, 0x20] + value, nameCount: name.count) }

    /// Creates a field from a line `name: value`.
    /// - Parameter nameCount: the length of the name, at most that of the line.
    public init(line: [UInt8], nameCount: Int) {
        lines = [HTTPLine(line)]
        colon = nameCount
        nameBounds = 0..<nameCount
    }

    mutating func fold(_ line: HTTPLine) { lines.append(line) }

    /// The index of the first colon in the first line.
    private let colon: Int?
    /// The range of the name in the first line, without surrounding spaces.
    private let nameBounds: Range<Int>

    /// The bytes before the first colon, including a space before it; the whole line if there is no colon.
    public var rawName: [UInt8] { Array(lines[0].bytes[..<(colon ?? lines[0].bytes.count)]) }

    /// The name without surrounding spaces, in its original case.
    public var name: String { String(decoding: lines[0].bytes[nameBounds], as: UTF8.self) }

    /// The bytes after the first colon, without spaces at both ends; each fold is one space. Empty if there is no
    /// colon.
    public var valueBytes: [UInt8] {
        guard let colon else { return [] }
        var value = Array(lines[0].bytes[(colon + 1)...].trimmingBlanks)
        for line in lines.dropFirst() {
            if !value.isEmpty { value.append(0x20) }
            value += line.bytes.trimmingBlanks
        }
        return value
    }

    /// The value as text: `valueBytes` decoded as UTF-8; invalid bytes are replaced.
    public var value: String { String(decoding: valueBytes, as: UTF8.self) }

    /// Whether there is a colon; without one the line is not a field.
    public var hasColon: Bool { colon != nil }

    /// Whether the field has this name, ignoring case.
    public func isNamed(_ name: String) -> Bool {
        // Most names have another length.
        guard nameBounds.count == name.utf8.count else { return false }
        return lines[0].bytes[nameBounds].equalsIgnoringCase(name.utf8)
    }

    var byteCount: Int { lines.reduce(0) { $0 + $1.byteCount } }

    /// Returns the violations of the standard.
    /// - Parameter line: the number of the line in the message, from 1.
    public func problems(line: Int) -> [HTTPProblem] {
        guard hasColon else { return [.missingColon(line: line)] }
        var problems: [HTTPProblem] = []
        let trimmed = lines[0].bytes[nameBounds]
        if trimmed.isEmpty {
            problems.append(.emptyFieldName(line: line))
        } else if !trimmed.allSatisfy(\.isToken) {
            problems.append(.invalidFieldName(name: name))
        }
        if !trimmed.isEmpty, nameBounds.upperBound != colon { problems.append(.whitespaceBeforeColon(name: name)) }
        if lines.count > 1 { problems.append(.obsoleteFolding(name: name)) }
        if lines.contains(where: { $0.bytes.contains(13) }) { problems.append(.bareCarriageReturn) }
        if lines.contains(where: { $0.bytes.contains { $0.isForbiddenInValue && $0 != 13 } }) {
            problems.append(.controlCharacter)
        }
        return problems
    }
}
