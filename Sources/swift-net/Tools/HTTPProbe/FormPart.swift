import LinuxProcess
import SwiftNet

/// A part of a form, as -F names it.
struct FormPart {
    /// Where the content is.
    enum Source {
        case text(String)
        /// A file that is sent as such, with its name.
        case file(String)
        /// A file whose contents are the value of a plain field.
        case content(String)
    }

    var name: String
    var source: Source
    var contentType: String?
    var fileName: String?

    /// Parses `NAME=TEXT`, `NAME=@FILE` or `NAME=<FILE`, with `;type=` and `;filename=`, by curl's rules: other attributes
    /// are ignored, except behind a type, whose parameters they are.
    init(_ text: String) throws {
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw ValueError(expected: "NAME=TEXT, NAME=@FILE or NAME=<FILE")
        }
        name = String(text[..<mark])
        var value = FormValue(text[text.utf8.index(after: mark)...])
        if value.take("@") {
            value.endsAtComma = true
            source = .file(value.word())
        } else if value.take("<") {
            source = .content(value.word())
        } else {
            source = .text(value.word())
        }
        while value.take(";") {
            if value.take("type=") {
                let type = value.mediaType()
                let parts = type.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, !parts[0].isEmpty, !parts[0].contains(" "), !parts[1].isEmpty,
                    HTTPField.isSendable(type)
                else { throw ValueError(expected: ";type=TYPE/SUBTYPE") }
                contentType = type
            } else if value.take("filename=") {
                fileName = value.word()
            } else if value.hasUnsupportedAttribute {
                throw ValueError(expected: ";type=TYPE or ;filename=NAME after the value")
            } else {
                _ = value.word()
            }
        }
        guard value.isAtEnd else { throw ValueError(expected: "one file per -F; quote a name that has a comma") }
    }

    /// Reads the file, and returns the part.
    func part() throws -> MultipartForm.Part {
        switch source {
        case .text(let text):
            return MultipartForm.Part(
                name: name, fileName: fileName, contentType: contentType, content: Array(text.utf8))
        case .content(let path):
            return MultipartForm.Part(
                name: name, fileName: fileName, contentType: contentType,
                content: try TextInput.bytes(of: path, for: "-F", limit: TextInput.bodyLimit))
        case .file(let path):
            let last = path.split(separator: "/").last.map(String.init) ?? path
            return MultipartForm.Part(
                name: name, fileName: fileName ?? last,
                contentType: contentType ?? MultipartForm.contentType(ofFile: fileName ?? last),
                content: try TextInput.bytes(of: path, for: "-F", limit: TextInput.bodyLimit))
        }
    }
}

/// The value of -F, a list separated by semicolons; spaces around its elements are ignored.
private struct FormValue {
    private var rest: ArraySlice<UInt8>
    /// Whether elements end at commas too.
    var endsAtComma = false

    init(_ text: Substring) { rest = Array(text.utf8).drop(while: Self.isBlank) }

    var isAtEnd: Bool { rest.isEmpty }

    /// Whether an attribute of curl follows that changes the part in a way that is not possible here.
    var hasUnsupportedAttribute: Bool { starts("headers=") || starts("encoder=") }

    /// Removes a prefix, in any case, and the spaces behind it; false if the rest has another one.
    mutating func take(_ prefix: String) -> Bool {
        guard starts(prefix) else { return false }
        rest = rest.dropFirst(prefix.utf8.count).drop(while: Self.isBlank)
        return true
    }

    private func starts(_ prefix: String) -> Bool {
        String(decoding: rest.prefix(prefix.utf8.count), as: UTF8.self).lowercased() == prefix
    }

    /// Removes a word. One in quotes may have semicolons, and `\"` and `\\`; what follows the quote is ignored.
    mutating func word() -> String {
        var bytes: [UInt8] = []
        var inside = rest.dropFirst()
        while rest.first == UInt8(ascii: "\""), let byte = inside.popFirst() {
            if byte == UInt8(ascii: "\"") {
                rest = inside
                _ = plainWord()
                return String(decoding: bytes, as: UTF8.self)
            }
            let isEscape = byte == UInt8(ascii: "\\") && inside.first.map { "\"\\".utf8.contains($0) } == true
            bytes.append(isEscape ? inside.removeFirst() : byte)
        }
        // Without a second quote, the first is an ordinary character.
        return String(decoding: plainWord(), as: UTF8.self)
    }

    /// Removes a media type with its parameters.
    mutating func mediaType() -> String {
        var type = Array(plainWord())
        while rest.first == UInt8(ascii: ";") {
            var next = self
            _ = next.take(";")
            guard !next.starts("filename="), !next.hasUnsupportedAttribute else { break }
            let blanks = rest.dropFirst().prefix(while: Self.isBlank)
            self = next
            type += [UInt8(ascii: ";")] + blanks + plainWord()
        }
        return String(decoding: type, as: UTF8.self)
    }

    private mutating func plainWord() -> ArraySlice<UInt8> {
        var word = rest.prefix { $0 != UInt8(ascii: ";") && !(endsAtComma && $0 == UInt8(ascii: ",")) }
        rest = rest[word.endIndex...]
        while let last = word.last, Self.isBlank(last) { word.removeLast() }
        return word
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
}

extension OptionValue where Value == FormPart {
    static var formPart: Self {
        OptionValue(specification: ValueSpecification(name: "NAME=CONTENT")) { try FormPart($0) }
    }
}
