import Diagnostics
import LinuxNet
import WireFormat

/// The autonomous systems of the hosts on a path, queried in the background: from the route objects of an Internet
/// routing registry (RFC 2622), or from text records in DNS.
package final class RouteOrigins {
    private let queries: RegistryQueries

    init(_ queries: RegistryQueries) { self.queries = queries }

    /// Whether the reply is pending; the first call sends the query.
    package func isPending(_ address: IPAddress) -> Bool { queries.text(of: address) == .pending }

    /// Returns the autonomous systems; empty if there are none or there was no reply.
    package func origins(of address: IPAddress) -> [String] {
        guard case .known(let text?) = queries.text(of: address) else { return [] }
        return switch queries.source {
        case .whois: RouteObjects.origins(in: text)
        case .dns: OriginRecords.origins(in: text, of: address)
        }
    }
}
