import WireFormat

/// Names of addresses, looked up beside everything else.
public final class ReverseNames: Sendable {
    /// What is known about the name of an address.
    public enum Entry: Sendable, Equatable {
        /// The resolver has not answered yet.
        case pending
        case known(String)
        case nameless
    }

    private let lookUps: BackgroundLookUps<String>

    public init(bell: Bell, zone: UInt32 = 0) {
        lookUps = BackgroundLookUps(bell: bell) { Resolver.name(of: $0, zone: zone) }
    }

    /// What is known now; the first question about an address starts its look-up.
    public func name(of address: IPAddress) -> Entry {
        switch lookUps[address] {
        case .pending: .pending
        case .known(let name): name.map { .known($0) } ?? .nameless
        }
    }
}
