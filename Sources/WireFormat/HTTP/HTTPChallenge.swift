/// An authentication challenge of a server or proxy (RFC 9110, section 11.6.1).
public struct HTTPChallenge: Hashable, Sendable {
    /// The authentication scheme, in its original case.
    public var scheme: String
    /// The parameters, with names in lowercase and values without quotes; of a repeated name the first value.
    public var parameters: [String: String] = [:]

    /// Returns the challenges in the fields of a name, such as Proxy-Authenticate, in order.
    public static func list(_ name: String, in head: HTTPHead) -> [HTTPChallenge] {
        var challenges: [HTTPChallenge] = []
        for field in head.fields where field.isNamed(name) {
            // A parameter belongs to the last scheme before it in the same field.
            let first = challenges.count
            for member in HTTPList.members(field.valueBytes) {
                var rest = member
                let word = rest.prefix(while: \.isToken)
                rest = rest.dropFirst(word.count).trimmingBlanks
                if rest.first != UInt8(ascii: "=") {
                    guard !word.isEmpty else { continue }
                    challenges.append(HTTPChallenge(scheme: String(decoding: word, as: UTF8.self)))
                    let name = rest.prefix(while: \.isToken)
                    let value = rest.dropFirst(name.count).trimmingBlanks
                    // Anything else, such as `abc==`, is a token68, which no supported scheme has in a challenge.
                    let isParameter = value.first == UInt8(ascii: "=") && value.contains { $0 != UInt8(ascii: "=") }
                    if isParameter { challenges[challenges.count - 1].add(name, value.dropFirst()) }
                } else if challenges.count > first {
                    challenges[challenges.count - 1].add(word, rest.dropFirst())
                }
            }
        }
        return challenges
    }

    private mutating func add(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        let name = String(decoding: name.map(\.lowercased), as: UTF8.self)
        if parameters[name] == nil { parameters[name] = Self.unquoted(value.trimmingBlanks) }
    }

    /// Returns the content of a quoted string; other text is unchanged (RFC 9110, section 5.6.4).
    private static func unquoted(_ value: ArraySlice<UInt8>) -> String {
        guard value.first == UInt8(ascii: "\"") else { return String(decoding: value, as: UTF8.self) }
        var text: [UInt8] = []
        var isEscaped = false
        for byte in value.dropFirst() {
            if isEscaped || byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "\"") {
                text.append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                break
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
