import LinuxProcess
import WireFormat

/// The names that nss-myhostname(8) assigns to this host, its loopback address and its gateways.
enum OwnNames {
    /// Whether the name is `localhost`, `localhost.localdomain` or a subdomain of them.
    static func isLoopbackName(_ name: String) -> Bool {
        let name = (name.hasSuffix(".") ? String(name.dropLast()) : name).lowercased()
        return ["localhost", "localhost.localdomain"].contains { name == $0 || name.hasSuffix("." + $0) }
    }

    /// Returns the loopback addresses of a family; for both, IPv6 is last if it has no route.
    static func loopback(_ family: IPAddress.Family?) -> [Resolver.Answer] {
        var answers: [Resolver.Answer] = []
        if family != .v4 { answers.append(Resolver.Answer(address: .v6(.loopback))) }
        if family != .v6 { answers.append(Resolver.Answer(address: .v4(.loopback))) }
        return AddressSelection().sorted(answers)
    }

    static func answer(_ question: Lookup.Question) -> Lookup.Outcome {
        switch question {
        case .addresses(let name, let family): return addresses(of: name.lowercased(), family)
        case .name(let address, _):
            let own = (try? Interface.all())?.flatMap(\.addresses).contains { $0.address == address } ?? false
            if address == .v4(.loopback) || address == .v6(.loopback) {
                return .found(Resolver.ResolvedName(answers: [], canonicalName: "localhost"))
            }
            guard own || address == .v4(Self.ownAddress) else { return .notFound }
            return .found(Resolver.ResolvedName(answers: [], canonicalName: CurrentProcess.hostName))
        }
    }

    /// The address of this host's name while the host has only loopback addresses.
    private static let ownAddress = IPv4Address(rawValue: 0x7F00_0002)

    private static func addresses(of name: String, _ family: IPAddress.Family?) -> Lookup.Outcome {
        let interfaces = (try? Interface.all()) ?? []
        var answers: [Resolver.Answer] = []
        switch name {
        case CurrentProcess.hostName.lowercased():
            for interface in interfaces where !interface.isLoopback && interface.isUp {
                for entry in interface.addresses {
                    let zone = entry.address.needsZone ? interface.index : 0
                    answers.append(Resolver.Answer(address: entry.address, zone: zone))
                }
            }
            if answers.isEmpty {
                answers = [Resolver.Answer(address: .v4(ownAddress)), Resolver.Answer(address: .v6(.loopback))]
            }
        case "_gateway":
            let anywhere: [IPAddress] = [
                .v4(IPv4Address(rawValue: 0x0100_0000)), .v6(IPv6Address(high: 0x2000 << 48, low: 0)),
            ]
            for destination in anywhere {
                guard let route = try? RouteTable.route(to: destination), let gateway = route.gateway else { continue }
                answers.append(
                    Resolver.Answer(address: gateway, zone: gateway.needsZone ? route.interfaceIndex : 0))
            }
        default: return .notFound
        }
        let wanted = answers.filter { family == nil || $0.address.family == family }
        guard !wanted.isEmpty else { return answers.isEmpty ? .notFound : .noAddress }
        return .found(Resolver.ResolvedName(answers: wanted, canonicalName: name))
    }
}
