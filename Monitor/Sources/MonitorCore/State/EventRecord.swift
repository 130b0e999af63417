/// Something that happened to a target, or to the monitor itself.
public struct EventRecord: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// These last: they have an end.
        case down, loss, slow
        /// These have none.
        case addressChanged = "address-changed"
        case certificateEnds = "certificate-ends"
        case asleep = "monitor-asleep"
        case overloaded = "monitor-overloaded"
        case started

        public var lasts: Bool { self == .down || self == .loss || self == .slow }
    }

    /// Numbers are not used twice.
    public var id: Int64
    /// The target; nil for the monitor itself.
    public var target: Int64?
    public var kind: Kind
    public var start: WallTime
    /// Nil while it lasts.
    public var end: WallTime?
    public var reason: String?

    public init(
        id: Int64, target: Int64?, kind: Kind, start: WallTime, end: WallTime? = nil, reason: String? = nil
    ) {
        self.id = id
        self.target = target
        self.kind = kind
        self.start = start
        self.end = end
        self.reason = reason
    }
}
