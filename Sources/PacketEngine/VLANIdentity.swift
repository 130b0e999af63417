/// The network on a link that a frame belongs to by its outer tag (IEEE 802.1Q, clause 9).
public struct VLANIdentity: Hashable, Sendable {
    /// The VLAN identifier; 0 for untagged frames and for tags that have only a priority.
    public var identifier: UInt16
    /// Whether the tag is a service tag (EtherType 88a8, formerly IEEE 802.1ad) rather than a customer tag (8100).
    public var isService: Bool

    /// A VLAN whose identifier the kernel has removed.
    public static let unknown = VLANIdentity(0xFFF)

    /// A service tag without an identifier has only a priority too.
    public init(_ identifier: UInt16, isService: Bool = false) {
        self.identifier = identifier
        self.isService = isService && identifier != 0
    }
}

extension VLANIdentity: Comparable {
    public static func < (left: VLANIdentity, right: VLANIdentity) -> Bool {
        (left.isService ? 1 : 0, left.identifier) < (right.isService ? 1 : 0, right.identifier)
    }
}

extension VLANIdentity: CustomStringConvertible {
    /// `untagged`, `of VLAN 7`, `of service VLAN 7`, `of another VLAN`.
    public var description: String {
        if self == .unknown { return "of another VLAN" }
        return identifier == 0 ? "untagged" : "of \(isService ? "service " : "")VLAN \(identifier)"
    }
}
