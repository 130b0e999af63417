import WireFormat

/// Stations on one link that answer ARP, and RARP if they have a table.
struct SimulatedLink {
    struct Host {
        var mac: UInt64
        var addresses: [IPv4Address]
        /// The RARP table.
        var ethers: [MACAddress: IPv4Address] = [:]
    }

    var hosts: [Host] = []
    /// Hosts of other protocols: the frames with which each replies to a frame.
    var responders: [@Sendable ([UInt8]) -> [[UInt8]]] = []

    /// The replies of each station that receives a frame.
    func answers(to bytes: [UInt8]) -> [[UInt8]] {
        if !responders.isEmpty { return responders.flatMap { $0(bytes) } }
        guard let frame = try? EthernetView(bytes.rawBytes), let view = try? ARPView(frame.payload),
            let packet = try? ARPPacket(view)
        else { return [] }
        if packet.operation == .reverseRequest { return reverseAnswers(to: packet) }
        guard packet.operation == .request else { return [] }
        let destination = frame.destination
        return hosts.compactMap { host in
            let mac = MACAddress(rawValue: host.mac)
            guard destination == .broadcast || destination == mac, host.addresses.contains(packet.targetAddress)
            else { return nil }
            return EthernetHeader(destination: packet.senderMAC, source: mac, etherType: .arp).encoded()
                + packet.reply(from: mac).encoded()
        }
    }

    private func reverseAnswers(to request: ARPPacket) -> [[UInt8]] {
        hosts.compactMap { host in
            guard let address = host.ethers[request.targetMAC] else { return nil }
            let mac = MACAddress(rawValue: host.mac)
            return EthernetHeader(destination: request.senderMAC, source: mac, etherType: .reverseARP).encoded()
                + ARPPacket(
                    operation: .reverseReply, senderMAC: mac, senderAddress: host.addresses.first ?? .unspecified,
                    targetMAC: request.targetMAC, targetAddress: address
                ).encoded()
        }
    }
}
