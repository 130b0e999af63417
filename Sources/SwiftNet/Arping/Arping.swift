import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Finds the host that has an IPv4 address (RFC 826), checks whether an address is free or announces it (RFC 5227), or
/// pings a MAC address by ICMP echo (RFC 792).
///
///     let summary = try Arping.run("192.0.2.254", .init(count: 3)) { event in
///         if case .reply(let reply) = event { print(reply.mac) }
///     }
///     print("received", summary.received)
///
/// It needs CAP_NET_RAW.
public enum Arping: Tool {
    /// Replies and timeouts.
    public typealias Event = ArpingEvent
    public typealias Summary = ArpingSummary

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter target: a name, an IPv4 address or a MAC address.
    public static func prepare(
        _ target: String, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping {
            let parsed = try ArpingTarget(target)
            try configuration.check(parsed)
            try EthernetLink.checkName(configuration.interface)
            let (session, sockets) = try Session.openLink(
                options, for: "arping", sockets: configuration.checksUnownedSource ? 2 : 1)
            let found = try parsed.find(configuration, session)
            if !found.ownsSource {
                try session.checkIsUnused(found.source, on: found.link, tag: configuration.tag, sockets)
            }
            let port = try session.linkPort(
                sockets, on: found.link.index,
                hearing: found.station == nil ? .etherTypes([.arp]) : .protocols([.icmp]),
                vlan: configuration.vlan)
            return LinkRun(
                session, on: found.link, port,
                configuration.engine(found, deadline: session.remaining(of: configuration.deadline)))
        }
    }

    /// A run with a resolved target and link.
    public typealias Prepared = LinkRun<ArpingEngine>
}

extension Arping.Configuration {
    /// - Parameter deadline: the time left after the lookups.
    fileprivate func engine(_ found: ArpingTarget.Found, deadline: Nanoseconds?) -> ArpingConfiguration {
        var engine = ArpingConfiguration(mac: found.link.mac, source: found.source, target: found.address)
        engine.mode = mode
        engine.count = count
        engine.interval = interval
        engine.deadline = deadline
        engine.enough = enough
        engine.endsAtFirstAnswer = endsAtFirstAnswer
        engine.staysBroadcast = staysBroadcast
        engine.expectsAnswers = expectsAnswers
        engine.targetMAC = targetMAC
        engine.tag = tag
        engine.reportsIgnored = reportsIgnored
        engine.station = found.station.map {
            ArpingStation(mac: $0, address: found.address, identifier: .random(in: 1...UInt16.max))
        }
        if usesProbeTimes {
            var random = SystemRandomNumberGenerator()
            engine.checkAddress(count: count, using: &random)
        }
        return engine
    }
}
