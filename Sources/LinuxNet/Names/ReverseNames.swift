import WireFormat

/// Names of addresses, looked up beside everything else, each once.
public final class ReverseNames {
    /// What is known about the name of an address.
    public enum Entry: Sendable, Equatable {
        /// The lookup is under way.
        case pending
        case known(String)
        case nameless
    }

    private let resolver: Resolver
    private let zone: UInt32
    private var entries: [IPAddress: Entry] = [:]
    /// Senders are untrusted: more addresses than this get no names.
    private static let mostEntries = 65_536

    /// - Parameter zone: the interface index that belongs to link-local addresses.
    public init(resolver: Resolver, zone: UInt32 = 0) {
        self.resolver = resolver
        self.zone = zone
    }

    /// What is known now; the first call for an address starts its lookup.
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
