import WireFormat

/// The syntax of target lists: one or more entries per line, comments after `#`.
package enum TargetList {
    /// Returns the targets of a line, separated by white space or commas.
    ///
    /// A part after a comma that has only digits and `-` continues an octet list: `192.0.2.1,5,7-9` is one target.
    package static func targets(ofLine line: String) -> [String] {
        line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).flatMap(targets(ofField:))
    }

    /// Returns the targets of a text without white space, separated by commas.
    package static func targets(ofField field: some StringProtocol) -> [String] {
        var targets: [String] = []
        for part in field.split(separator: ",") {
            if let last = targets.last, part.utf8.allSatisfy({ $0.decimalDigit != nil || $0 == UInt8(ascii: "-") }) {
                targets[targets.count - 1] = "\(last),\(part)"
            } else {
                targets.append(String(part))
            }
        }
        return targets
    }

    /// Returns the URLs of a line, separated by white space. A comment begins at a `#` after white space; elsewhere `#`
    /// is part of the URL.
    package static func urls(ofLine line: String) -> [String] {
        line.split(whereSeparator: \.isWhitespace).prefix { !$0.hasPrefix("#") }.map(String.init)
    }
}
