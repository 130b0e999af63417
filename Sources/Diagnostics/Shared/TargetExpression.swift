import WireFormat

/// A target as somebody wrote it.
public enum TargetExpression: Equatable, Sendable {
    case address(IPAddress, zone: String?)
    /// A block: both ends included.
    case range(IPAddress, IPAddress)
    case name(String)

    /// Why a text is no target.
    public enum Problem: Error, Equatable, Sendable, CustomStringConvertible {
        case empty
        case invalidNetwork(String)
        case invalidRange(String)
        /// Digits and dots alone, and yet no IPv4 address; or colons, and yet no IPv6 address.
        case invalidAddress(String)

        /// The problem as it is reported, after the text that it is about.
        public var description: String {
            switch self {
            case .empty: "a target is empty"
            case .invalidNetwork: "not a network (ADDRESS/LENGTH)"
            case .invalidRange: "not a range (FIRST-LAST)"
            case .invalidAddress: "not an address"
            }
        }
    }

    /// An address with an optional zone (`fe80::1%eth0`), a network
    /// (`192.0.2.0/24`), a range (`192.0.2.1-192.0.2.20`, `192.0.2.1-20`), or a name.
    public init(_ text: String) throws(Problem) {
        guard !text.isEmpty else { throw .empty }
        if let address = IPAddress(text) {
            self = .address(address, zone: nil)
        } else if let percent = text.firstIndex(of: "%"), let address = IPv6Address(text[..<percent]) {
            let zone = text[text.index(after: percent)...]
            guard !zone.isEmpty else { throw .invalidAddress(text) }
            self = .address(.v6(address), zone: String(zone))
        } else if text.contains("/") {
            guard let range = Self.network(text) else { throw .invalidNetwork(text) }
            self = .range(range.0, range.1)
        } else if let dash = text.firstIndex(of: "-"), let first = IPAddress(text[..<dash]) {
            guard let last = Self.end(of: first, text[text.index(after: dash)...]), first <= last else {
                throw .invalidRange(text)
            }
            self = .range(first, last)
        } else if text.contains(":") || text.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || (48...57).contains($0) }) {
            throw .invalidAddress(text)
        } else {
            self = .name(text)
        }
    }

    private static func network(_ text: String) -> (IPAddress, IPAddress)? {
        if let network = IPv4Network(text) { return (.v4(network.address), .v4(network.lastAddress)) }
        if let network = IPv6Network(text) { return (.v6(network.address), .v6(network.lastAddress)) }
        return nil
    }

    /// The upper end of a range: a whole address, or the last octet of one.
    private static func end(of first: IPAddress, _ text: Substring) -> IPAddress? {
        if let address = IPAddress(text) { return address.family == first.family ? address : nil }
        guard case .v4(let start) = first, (1...3).contains(text.utf8.count), let octet = UInt8(text) else {
            return nil
        }
        return .v4(IPv4Address(rawValue: start.rawValue & 0xFFFF_FF00 | UInt32(octet)))
    }
}
