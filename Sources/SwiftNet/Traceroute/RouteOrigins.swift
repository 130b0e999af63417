import Diagnostics
import LinuxNet
import WireFormat

/// The autonomous systems of the hosts on a route, by the route objects of an Internet routing registry (RFC 2622), which
/// is asked by the whois protocol (RFC 3912) beside the run.
package final class RouteOrigins {
    private let queries: RegistryQueries

    init(_ queries: RegistryQueries) { self.queries = queries }

    /// Whether the registry's answer is still to come; the first call asks.
    package func isPending(_ address: IPAddress) -> Bool { queries.text(of: address) == .pending }

    /// None when the registry knows none, or has not answered.
    package func origins(of address: IPAddress) -> [String] {
        guard case .known(let text?) = queries.text(of: address) else { return [] }
        return RouteObjects.origins(in: text)
    }
}
