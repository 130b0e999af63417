/// What is done about packets that are too long for the way (RFC 1191, RFC 8201; ping's -M).
public enum PathMTUDiscovery: String, CaseIterable, Sendable {
    /// Never fragment: a packet that is too long fails, here or on the way.
    case `do`
    /// Allow fragments everywhere.
    case dont
    /// Forbid routers to fragment what fits; fragment here what does not.
    case want
    /// Forbid fragments and take no notice of what is known of the path.
    case probe
}
