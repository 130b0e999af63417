import WireFormat

/// A target as the user wrote it.
public enum TargetExpression: Equatable, Sendable {
    case address(IPAddress, zone: String?)
    /// A network, a range or octet lists: ascending ranges of one family that do not overlap.
    case ranges([ClosedRange<IPAddress>])
    case name(String)

    /// Returns the address families that addresses of the target may have.
    /// - Parameter only: the only family for a name; nil for either.
    public func families(_ only: IPAddress.Family?) -> [IPAddress.Family] {
        switch self {
        case .address(let address, _): [address.family]
        case .ranges(let ranges): ranges.prefix(1).map(\.lowerBound.family)
        case .name: only.map { [$0] } ?? [.v4, .v6]
        }
    }

    /// Whether the target is a name, or its addresses are of a family; nil for either.
    public func isOf(_ family: IPAddress.Family?) -> Bool { family.map(families(family).contains) ?? true }

    /// The reasons why a text is not a target.
    public enum Problem: Error, Equatable, Sendable, CustomStringConvertible {
        case empty
        case invalidNetwork
        case invalidRange
        /// A part of an octet list that is neither an octet nor a range of octets.
        case invalidOctet(String)
        /// A range of octets whose last is below its first.
        case descendingRange(String)
        /// A number of octet lists other than 4.
        case invalidOctetCount(Int)
        /// Octet lists for more than `OctetLists.maximumRangeCount` ranges.
        case tooManyRanges
        /// Digits and dots that are not an IPv4 address, or text with colons or brackets that is not an IPv6 address.
        case invalidAddress
        /// A form of inet_aton(3) where only dotted decimal is accepted.
        case abbreviatedAddress(IPv4Address)
        case invalidZone
        /// A zone where `-I` chooses the interface.
        case zoneNotAllowed(String)
        case invalidName

        /// The message text, to be printed after the quoted input.
        public var description: String {
            switch self {
            case .empty: "empty target"
            case .invalidNetwork: "not a network (ADDRESS/LENGTH)"
            case .invalidRange: "not a range (FIRST-LAST)"
            case .descendingRange(let text): "the range '\(text)' ends below its start"
            case .invalidOctet(let text): "'\(text)' is not an octet or a range of octets (0 to 255)"
            case .invalidOctetCount(let count): "\(count) octets, not 4"
            case .tooManyRanges: "more than \(OctetLists.maximumRangeCount) separate ranges"
            case .invalidAddress: "not an address"
            case .abbreviatedAddress(let address): "an abbreviation of \(address), accepted only for a single target"
            case .invalidZone: "a zone (%INTERFACE) is for an IPv6 address"
            case .zoneNotAllowed(let zone): "use -I \(zone) instead of a zone"
            case .invalidName: "not a host name (',' and '*' are for IPv4 octet lists)"
            }
        }
    }

    /// An address with an optional zone (`fe80::1%eth0`), in brackets too (`[fe80::1%eth0]`), a network (`192.0.2.0/24`), a range
    /// (`192.0.2.1-192.0.2.20`), octet lists (`192.0.2-3.1,5,7-9`, `192.0.2.*`), or a name.
    /// - Parameter isOnlyTarget: whether the address may have any form that inet_aton(3) accepts, such as `127.1`.
    public init(_ text: String, isOnlyTarget: Bool = false) throws(Problem) {
        guard !text.isEmpty else { throw .empty }
        if text.hasPrefix("["), text.hasSuffix("]") {
            // As in URLs (RFC 3986, section 3.2.2), where such addresses are copied from.
            let inside = text.dropFirst().dropLast()
            guard !inside.hasPrefix("["), let target = try? Self(String(inside)),
                case .address(.v6(let address), let zone) = target
            else { throw .invalidAddress }
            self = .address(.v6(address), zone: zone)
            return
        }
        if let address = IPAddress(text) {
            self = .address(address, zone: nil)
        } else if let percent = text.firstIndex(of: "%") {
            guard let address = IPv6Address(text[..<percent]) else { throw .invalidZone }
            let zone = text[text.index(after: percent)...]
            guard !zone.isEmpty else { throw .invalidAddress }
            self = .address(.v6(address), zone: String(zone))
        } else if text.utf8.contains(UInt8(ascii: "/")) {
            guard let range = Self.network(text) else { throw .invalidNetwork }
            self = .ranges([range])
        } else if let range = try Self.range(text) {
            self = .ranges([range])
        } else if IPv4Address.isNumeric(text) {
            guard let address = IPv4Address(inetAton: text) else { throw .invalidAddress }
            guard isOnlyTarget else { throw .abbreviatedAddress(address) }
            self = .address(.v4(address), zone: nil)
        } else if OctetLists.isWritten(as: text) {
            self = .ranges(try OctetLists(text).ranges())
        } else if text.utf8.contains(where: { ":[]".utf8.contains($0) }) {
            throw .invalidAddress
        } else if text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "*") }) {
            throw .invalidName
        } else {
            self = .name(text)
        }
    }

    private static func network(_ text: String) -> ClosedRange<IPAddress>? {
        if let network = IPv4Network(text) { return .v4(network.address) ... .v4(network.lastAddress) }
        if let network = IPv6Network(text) { return .v6(network.address) ... .v6(network.lastAddress) }
        return nil
    }

    /// Returns the range between two full addresses; nil if the first is not an address or the last is a single octet.
    private static func range(_ text: String) throws(Problem) -> ClosedRange<IPAddress>? {
        guard let dash = text.firstIndex(of: "-"), let first = IPAddress(text[..<dash]) else { return nil }
        guard let last = IPAddress(text[text.index(after: dash)...]) else {
            if OctetLists.isWritten(as: text) { return nil }
            throw .invalidRange
        }
        guard first.family == last.family, first <= last else { throw .invalidRange }
        return first...last
    }
}

/// The syntax of target lists: one or more entries per line, comments after `#`.
package enum TargetList {
    /// Returns the targets of a line, separated by white space or commas.
    ///
    /// A part after a comma that has only digits and `-` continues an octet list: `192.0.2.1,5,7-9` is one target.
    package static func targets(ofLine line: String) -> [String] {
        fields(line.prefix { $0 != "#" }).flatMap(targets(ofField:))
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
        fields(line[...]).prefix { !$0.hasPrefix("#") }.map(String.init)
    }

    /// Returns the parts between white space.
    private static func fields(_ line: Substring) -> [Substring] {
        // The properties of characters are looked up in tables; lists of a million lines have ASCII only.
        guard line.utf8.allSatisfy({ $0 < 0x80 }) else { return line.split(whereSeparator: \.isWhitespace) }
        return line.utf8.split { $0 == 0x20 || (9...13).contains($0) }.map(Substring.init)
    }
}
