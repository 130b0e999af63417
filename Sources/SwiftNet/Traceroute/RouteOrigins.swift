import Diagnostics
import LinuxNet
import WireFormat

/// The autonomous systems of the hosts on a path, from the route objects of an Internet routing registry (RFC 2622),
/// queried with the whois protocol (RFC 3912) in the background.
package final class RouteOrigins {
    private let queries: RegistryQueries

    init(_ queries: RegistryQueries) { self.queries = queries }

    /// Whether the registry's reply is pending; the first call sends the query.
    package func isPending(_ address: IPAddress) -> Bool { queries.text(of: address) == .pending }

    /// Returns the autonomous systems; empty if there are none or the registry has not replied.
    package func origins(of address: IPAddress) -> [String] {
        guard case .known(let text?) = queries.text(of: address) else { return [] }
        return RouteObjects.origins(in: text)
    }
}
