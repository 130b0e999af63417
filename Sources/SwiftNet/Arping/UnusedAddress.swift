import Diagnostics
import LinuxNet
import LinuxProcess
import WireFormat

extension Session {
    /// Throws if a host on the link has the address. The sender address of an ARP request enters the caches of the hosts
    /// that receive it, so that one of another host would divert its traffic to this host.
    ///
    /// The address is not going to be used for longer than a run: the probes are those of RFC 5227, section 2.1.1, with
    /// shorter pauses.
    func checkIsUnused(
        _ address: IPv4Address, on link: EthernetLink, tag: VLANTag?, _ sockets: SocketReserve
    ) throws {
        var port = try PacketSocketPort(
            sockets.packetSocket(), interface: link.index, hearing: .filtered(.etherTypes([.arp])),
            vlan: tag?.identifier, reactor: reactor)
        var configuration = ArpingConfiguration(mac: link.mac, source: .unspecified, target: address)
        configuration.mode = .detectDuplicates
        configuration.count = 3
        configuration.interval = .milliseconds(200)
        configuration.endsAtFirstAnswer = true
        configuration.tag = tag
        var engine = ArpingEngine(configuration)
        try run(&engine, on: &port, observer: SessionObserver<ArpingEngine>(onEvent: { _ in }))
        if let owner = engine.summary.stations.first {
            throw SwiftNetError(
                .addressInUse, "-S", "\(address) is in use by \(owner), and would be redirected to this host")
        }
        guard engine.summary.isComplete else {
            throw SwiftNetError(.addressInUse, "-S", "stopped before the check of \(address) was complete")
        }
    }
}
