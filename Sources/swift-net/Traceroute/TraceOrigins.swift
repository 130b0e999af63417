import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// The autonomous systems of the hosts on the way (traceroute's -A).
final class TraceOrigins {
    private let queries: RegistryQueries

    /// The server is that of RA_SERVER, the port that of RA_SERVICE, as traceroute has it.
    init(resolver: Resolver) throws {
        let service = CurrentProcess.environment("RA_SERVICE") ?? "nicname"
        guard let port = service == "nicname" ? 43 : UInt16(service) else {
            throw UsageError("RA_SERVICE: '\(service)' is no port")
        }
        queries = RegistryQueries(
            server: CurrentProcess.environment("RA_SERVER") ?? "whois.radb.net", port: port,
            resolver: resolver)
    }

    /// Whether the registry's answer is still to come; the first call asks.
    func isPending(_ address: IPAddress) -> Bool { queries.text(of: address) == .pending }

    /// None when the registry knows none, or has not answered.
    func origins(of address: IPAddress) -> [String] {
        guard case .known(let text?) = queries.text(of: address) else { return [] }
        return RouteObjects.origins(in: text)
    }
}
