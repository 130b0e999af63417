/// A change of a watched interface.
public struct LinkChange: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// The interface was set down, with or without carrier.
        case down
        /// The interface lost its carrier, or came up without one.
        case noCarrier(wasDown: Bool)
        /// The interface is up and has carrier.
        case up(wasDown: Bool)
        case renamed(from: String)
        /// The MTU, in bytes, was changed; reported only to those that ask for it.
        case mtu(Int, from: Int)
        /// The interface was deleted.
        case deleted
        /// The interface was moved to another network namespace.
        case moved
        /// The interface was deleted or moved; the notification was lost.
        case gone
    }

    /// The interface's index (if_nametoindex(3)).
    public var index: UInt32
    /// The current or last name.
    public var name: String
    /// The kind of change.
    public var kind: Kind

    package init(index: UInt32, name: String, kind: Kind) {
        self.index = index
        self.name = name
        self.kind = kind
    }

    /// Whether the interface no longer exists in this network namespace.
    public var isFinal: Bool { kind == .deleted || kind == .moved || kind == .gone }
}
