import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// What `--stack user` needs: a host of our own on an interface.
struct UserStack {
    private let link: EthernetLink
    private let configuration: HostConfiguration

    /// - Parameters:
    ///   - source: the host's address, with the length of the prefix where it is in none of the interface's networks.
    init(interface: String?, source: String?, gateway: String?, skipsCheck: Bool) throws {
        guard let source else { throw UsageError("--stack user: --source says which address it is to have") }
        let words = source.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = IPAddress(words[0]), words.count <= 2 else {
            throw UsageError("--source: '\(source)' is no address")
        }
        let links = try interface.map { [try EthernetLink.find($0)] } ?? EthernetLink.all()
        func length(on link: EthernetLink) -> Int? {
            link.interface.addresses.first {
                IPNetwork($0.address, prefixLength: $0.prefixLength)?.contains(address) ?? false
            }?.prefixLength
        }
        guard let link = links.first(where: { length(on: $0) != nil }) ?? (links.count == 1 ? links.first : nil) else {
            throw UsageError("-I: through which interface? \(address) is in no network of one")
        }
        guard let given = words.count == 2 ? Int(words[1]) : length(on: link) else {
            throw UsageError("--source: '\(source)' needs the length of its prefix, ADDR/LEN")
        }
        try OwnHost.check((address, given), on: links, "--source")
        var random = SystemRandomness()
        var host = HostConfiguration(
            [
                HostConfiguration.Interface(
                    index: link.interface.index, mac: nil, mtu: link.interface.mtu, addresses: [(address, given)])
            ], seed: (random.next(), random.next()))
        host.checksAddresses = !skipsCheck
        host.gateways = try OwnHost.gateways(gateway.map { [$0] } ?? [], of: [(address, given)])
        self.link = link
        configuration = host
    }

    /// It is asked whether somebody has the address, which takes a while.
    var checksAddresses: Bool { configuration.checksAddresses }

    /// The host's streams, opened with the capability that is given up afterwards.
    func open(
        family: IPAddress.Family?, resolver: Resolver, capture: FrameCapture?,
        explainer: Explainer?
    ) throws -> HostStreams<LinkPort, BackgroundNames> {
        let port = try OwnHost.port(
            of: configuration, on: [link], for: "--stack user", reactor: resolver.reactor,
            capture: capture,
            explainer: explainer)
        return HostStreams(configuration, on: port, names: BackgroundNames(family: family, resolver: resolver))
    }
}

/// Names by the system's resolver.
struct BackgroundNames: NameSource {
    private let names: ForwardNames

    init(family: IPAddress.Family?, resolver: Resolver) {
        names = ForwardNames(family: family, resolver: resolver, isOrdered: false)
    }

    func ask(_ name: String) { names.ask(name) }

    func take() -> [(name: String, answer: Result<[ResolvedAddress], NameFailure>)] {
        names.take().results.map { ($0.name, $0.answer.addresses) }
    }
}
