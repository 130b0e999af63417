import PacketEngine
import WireFormat

/// The HTTPS records of an origin (RFC 9460): the endpoints and protocols that its operator publishes in DNS.
public struct HTTPSRecordsFinding: Hashable, Sendable {
    /// The queried name: the host, or a port of it (`_8443._https.host`).
    public var name: String
    /// The targets of the alias records that were followed, in order.
    public var aliases: [DNSName] = []
    /// The name that owns the endpoints: the last alias target, or that to which its CNAME records lead.
    public var owner: String
    /// The endpoints by priority; those that clients must not use too (`ServiceBinding.obstacle`).
    public var endpoints: [ServiceBinding] = []
    /// Why there is no result: the failure of the lookup, or what is wrong with the records.
    public var problem: String?
    /// The host of the URL, and its port for https.
    fileprivate let host: String
    fileprivate let port: UInt16

    /// An endpoint that offers HTTP/3.
    public struct HTTP3Endpoint: Hashable, Sendable {
        /// The host; nil for that of the URL.
        public var host: String?
        /// The UDP port.
        public var port: UInt16
    }

    /// The usable endpoints that offer HTTP/3, each host and port once.
    public var http3Endpoints: [HTTP3Endpoint] {
        var found: [HTTP3Endpoint] = []
        for endpoint in endpoints where endpoint.offersHTTP3 {
            // The root stands for the owner (RFC 9460, section 2.5.2).
            let target = endpoint.target.labels.isEmpty ? owner : "\(endpoint.target)"
            let offer = HTTP3Endpoint(
                host: target.lowercased() == host ? nil : target, port: endpoint.port ?? port)
            if !found.contains(offer) { found.append(offer) }
        }
        return found
    }
}

/// Queries the HTTPS records of an origin, and follows aliases (RFC 9460, section 3).
struct HTTPSRecordsExamination {
    private(set) var finding: HTTPSRecordsFinding
    /// The name to query next.
    private var name: String
    private let deadline: Instant

    /// The maximum number of aliases to follow.
    static let mostAliases = 8

    /// - Returns: nil if the host needs no lookup: it is an address, a socket, or resolved by a proxy.
    init?(of outcome: HTTPOutcome, _ url: HTTPURL, _ configuration: HTTPProbeConfiguration, at now: Instant) {
        guard case .name(let host) = url.host, configuration.overrides.localSocket == nil,
            outcome.fetch.origin.proxy == nil
        else { return nil }
        // The records of an http URL are those of the https URL, where port 80 becomes 443 (section 9.5).
        let port = url.port == HTTPURL.Scheme.http.defaultPort && url.scheme == .http ? 443 : url.port
        // Queries for another port have its number in the name (section 9.1).
        let absolute = host.hasSuffix(".") ? String(host.dropLast()) : host
        name = port == 443 ? host : "_\(port)._https.\(host)"
        finding = HTTPSRecordsFinding(
            name: port == 443 ? absolute : "_\(port)._https.\(absolute)", owner: absolute,
            host: absolute.lowercased(), port: port)
        deadline = now + configuration.timeout
    }

    mutating func next(after result: HTTPResult) -> HTTPStep {
        guard case .queried(let answer) = result else { return .query(name, until: deadline) }
        let bindings: [ServiceBinding]
        switch answer {
        case .failure(let failure):
            finding.problem = "lookup failed: \(failure)"
            return .finished
        case .success(let records):
            finding.owner = records.owner
            do throws(ParseError) {
                bindings = try Self.bindings(records)
            } catch {
                // One malformed record makes all of them unusable (section 2.2).
                finding.problem = "malformed: \(error)"
                return .finished
            }
        }
        // Beside an alias, endpoints are ignored (section 2.4.1). Of several aliases, any one may be used.
        guard let alias = bindings.first(where: \.isAlias)?.target else {
            finding.endpoints = bindings.sorted { $0.priority < $1.priority }
            return .finished
        }
        let isLoop = finding.aliases.contains(alias) || "\(alias)".lowercased() == finding.name.lowercased()
        finding.aliases.append(alias)
        // The root as the target: the service does not exist (section 2.5.1).
        guard !alias.labels.isEmpty else { return .finished }
        if isLoop {
            finding.problem = "alias loop"
        } else if finding.aliases.count > Self.mostAliases {
            finding.problem = "more than \(Self.mostAliases) aliases"
        } else if !alias.isQueryable {
            finding.problem = "the alias target is not a host name"
        } else {
            // A target is complete: the search domains do not apply.
            name = "\(alias)."
            return .query(name, until: deadline)
        }
        return .finished
    }

    private static func bindings(_ records: ServiceRecords) throws(ParseError) -> [ServiceBinding] {
        var bindings: [ServiceBinding] = []
        for data in records.data { bindings.append(try ServiceBinding(data.rawBytes)) }
        return bindings
    }
}

extension DNSName {
    /// Whether the dotted form needs no escapes, so that it can be resolved as a host name.
    fileprivate var isQueryable: Bool {
        labels.allSatisfy { label in
            label.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "\\") }
        }
    }
}
