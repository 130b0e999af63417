import SwiftNet

/// The HTTPS records of the host of a URL.
struct HTTPSRecordRow: Encodable {
    /// The queried name.
    var name: String
    var aliases: [String]
    private var records: [Endpoint]
    private var http3: [HTTP3]
    @Null var message: String?

    /// A record; its target is `.` for the owner of the record.
    private struct Endpoint: Encodable {
        var priority: UInt16
        var target: String
        var alpn: [String]
        var noDefaultAlpn: Bool
        @Null var port: UInt16?
        var ipv4hint: [String]
        var ipv6hint: [String]
        /// The ECHConfigList in Base64.
        @Null var ech: String?
        var mandatory: [String]
        /// Other parameters, by the names of their keys.
        var other: OrderedMembers<String>?
        var usable: Bool
        var obstacle: String?

        init(_ binding: ServiceBinding) {
            priority = binding.priority
            target = "\(binding.target)"
            alpn = binding.applicationProtocols.map { ServiceBinding.escaped($0) }
            noDefaultAlpn = !binding.hasDefaultApplicationProtocol
            port = binding.port
            ech = binding.encryptedClientHello.map(Base64.encoded)
            mandatory = binding.mandatoryKeys.map(\.description)
            ipv4hint = []
            ipv6hint = []
            var others: [(String, String)] = []
            for parameter in binding.parameters {
                switch parameter {
                case .ipv4Hints(let addresses): ipv4hint = addresses.map(\.description)
                case .ipv6Hints(let addresses): ipv6hint = addresses.map(\.description)
                case .other(let key, _): others.append((key.description, parameter.valueText))
                default: break
                }
            }
            if !others.isEmpty { other = OrderedMembers(others) }
            usable = binding.obstacle == nil
            obstacle = binding.obstacle?.description
        }
    }

    /// An endpoint that offers HTTP/3; its host is null for that of the URL.
    private struct HTTP3: Encodable {
        @Null var host: String?
        var port: UInt16
    }

    init(_ finding: HTTPSRecordsFinding) {
        name = finding.name
        aliases = finding.aliases.map(\.description)
        records = finding.endpoints.map(Endpoint.init)
        http3 = finding.http3Endpoints.map { HTTP3(host: $0.host, port: $0.port) }
        message = finding.problem
    }
}
