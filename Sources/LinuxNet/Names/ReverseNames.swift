import WireFormat

/// Names of addresses, looked up in the background, each once.
public final class ReverseNames {
    /// The state of a reverse lookup.
    public enum Entry: Sendable, Equatable {
        /// The lookup is running.
        case pending
        case known(String)
        case nameless
    }

    private let resolver: Resolver
    private let zone: UInt32
    private var entries: [IPAddress: Entry] = [:]
    /// The maximum number of addresses to look up, because senders are untrusted.
    private static let mostEntries = 65_536

    /// - Parameter zone: the interface index of link-local addresses.
    public init(resolver: Resolver, zone: UInt32 = 0) {
        self.resolver = resolver
        self.zone = zone
    }

    /// Returns what is known about an address; the first call for an address starts its lookup.
    public func name(of address: IPAddress) -> Entry {
        if let entry = entries[address] { return entry }
        guard entries.count < Self.mostEntries else { return .nameless }
        entries[address] = .pending
        resolver.lookUpName(of: address, zone: address.needsZone ? zone : 0) { [weak self] name in
            self?.entries[address] = name.map { .known($0) } ?? .nameless
        }
        return entries[address] ?? .nameless
    }
}
