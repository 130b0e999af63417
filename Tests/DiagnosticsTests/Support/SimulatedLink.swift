import WireFormat

/// Machines on one link that answer ARP.
struct SimulatedLink {
    struct Host {
        var mac: UInt64
        var addresses: [IPv4Address]
    }

    var hosts: [Host]

    /// What each machine that hears a frame answers.
    func answers(to bytes: [UInt8]) -> [[UInt8]] {
        guard let frame = try? EthernetView(bytes.rawBytes), let view = try? ARPView(frame.payload),
            let packet = try? ARPPacket(view), packet.operation == .request
        else { return [] }
        let destination = frame.destination
        return hosts.compactMap { host in
            let mac = MACAddress(rawValue: host.mac)
            guard destination == .broadcast || destination == mac, host.addresses.contains(packet.targetAddress)
            else { return nil }
            return EthernetHeader(destination: packet.senderMAC, source: mac, etherType: .arp).encoded()
                + packet.reply(from: mac).encoded()
        }
    }
}
