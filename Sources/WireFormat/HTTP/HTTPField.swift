/// A header field as it was written: order, case and spaces kept (RFC 9112, section 5).
public struct HTTPField: Hashable, Sendable {
    /// The field's lines; more than one where it was folded (RFC 9112, section 5.2). Never empty.
    public private(set) var lines: [HTTPLine]

    /// `name: value`, the way it should be written.
    public init(_ name: String, _ value: String) { self.init(HTTPLine(Array("\(name): \(value)".utf8))) }

    /// A field of one line, whatever stands in it.
    public init(_ line: HTTPLine) {
        lines = [line]
        colon = line.bytes.firstIndex(of: UInt8(ascii: ":"))
        let name = line.bytes[..<(colon ?? line.bytes.count)].trimmingBlanks
        nameBounds = name.startIndex..<name.endIndex
    }

    mutating func fold(_ line: HTTPLine) { lines.append(line) }

    /// Where the first colon of the first line is.
    private let colon: Int?
    /// Where the name is in the first line, without spaces around it.
    private let nameBounds: Range<Int>

    /// Everything before the first colon, a space before it too; the whole line when there is none.
    public var rawName: [UInt8] { Array(lines[0].bytes[..<(colon ?? lines[0].bytes.count)]) }

    /// The name without spaces around it, in the case in which it was written.
    public var name: String { String(decoding: lines[0].bytes[nameBounds], as: UTF8.self) }

    /// Everything after the first colon, without spaces at its ends; each fold one space. Empty when there is no colon.
    public var valueBytes: [UInt8] {
        guard let colon else { return [] }
        var value = Array(lines[0].bytes[(colon + 1)...].trimmingBlanks)
        for line in lines.dropFirst() {
            if !value.isEmpty { value.append(0x20) }
            value += line.bytes.trimmingBlanks
        }
        return value
    }

    /// The value as text: `valueBytes` as UTF-8, replaced where it is none.
    public var value: String { String(decoding: valueBytes, as: UTF8.self) }

    /// Whether there is a colon: without one the line is no field.
    public var hasColon: Bool { colon != nil }

    /// Whether the field has this name, in any case.
    public func isNamed(_ name: String) -> Bool {
        // Most names are of another length.
        guard nameBounds.count == name.utf8.count else { return false }
        return lines[0].bytes[nameBounds].equalsIgnoringCase(name.utf8)
    }

    var byteCount: Int { lines.reduce(0) { $0 + $1.byteCount } }

    /// What the standard thinks of the field.
    /// - Parameter line: its number in the message, from 1.
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
