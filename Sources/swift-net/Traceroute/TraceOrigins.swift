import Diagnostics
import LinuxNet
import PacketEngine
import WireFormat

/// The autonomous systems of the hosts on the way (traceroute's -A).
final class TraceOrigins {
    private let queries: RegistryQueries
    /// Lines wait for answers, which were asked for, but all together no longer than this.
    private var deadline: Instant?
    private static let patience = Nanoseconds.seconds(5)

    /// The server is that of RA_SERVER, the port that of RA_SERVICE, as traceroute has it.
    init() throws {
        let service = CurrentProcess.environment("RA_SERVICE") ?? "nicname"
        guard let port = service == "nicname" ? 43 : UInt16(service) else {
            throw UsageError("RA_SERVICE: '\(service)' is no port")
        }
        queries = try RegistryQueries(
            server: CurrentProcess.environment("RA_SERVER") ?? "whois.radb.net", port: port)
    }

    func prepare(_ address: IPAddress) { queries.prepare(address) }

    /// None when the registry knows none, or does not answer.
    func origins(of address: IPAddress) -> [String] {
        let until = deadline ?? SystemClock.now + Self.patience
        deadline = until
        return queries.text(of: address, until: until).map(RouteObjects.origins) ?? []
    }
}
