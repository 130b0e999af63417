/// The handling of packets that exceed the path MTU (RFC 1191, RFC 8201; `ping -M`).
public enum PathMTUDiscovery: String, CaseIterable, Sendable {
    /// Never fragment: sets DF, and fails locally if the packet exceeds the path MTU.
    case `do`
    /// Allow fragmentation locally and by routers.
    case dont
    /// Fragment locally if the packet exceeds the path MTU; otherwise set DF.
    case want
    /// Set DF and ignore the known path MTU.
    case probe
}
