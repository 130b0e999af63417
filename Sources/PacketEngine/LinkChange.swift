/// A change of an interface that a run works on.
public struct LinkChange: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// It was set down, whether or not it has a carrier.
        case down
        /// It has lost its carrier, or has come up without one.
        case noCarrier(wasDown: Bool)
        /// Frames pass again.
        case up(wasDown: Bool)
        case renamed(from: String)
        /// It no longer exists.
        case deleted
        /// To another network namespace.
        case moved
        /// Deleted or moved: what the kernel said about it was lost.
        case gone
    }

    /// The interface's index (if_nametoindex(3)).
    public var index: UInt32
    /// The name that it has, or had last.
    public var name: String
    /// What has changed.
    public var kind: Kind

    package init(index: UInt32, name: String, kind: Kind) {
        self.index = index
        self.name = name
        self.kind = kind
    }

    /// The interface is no longer there for this process.
    public var isFinal: Bool { kind == .deleted || kind == .moved || kind == .gone }
}
