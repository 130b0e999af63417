import WireFormat

extension TracerouteConfiguration {
    /// Whether a packet is a probe of such a trace or may be a reply to one: the filter for a capture of the run.
    /// - Parameter bytes: the packet from its IP header on.
    public func isOwn(_ bytes: RawSpan) -> Bool {
        guard let packet = try? DatagramView(bytes), packet.family == destination.family else { return false }
        if packet.source == source, isOnTheWay(packet.destination) { return isProbe(packet) }
        guard packet.destination == source else { return false }
        let family = destination.family
        // A later fragment of a long reply from the target.
        if packet.isLaterFragment, packet.source == destination { return isTransport(packet.protocol) }
        if packet.protocol == (family == .v4 ? .icmp : .icmpv6), let icmp = packet.icmp {
            let isError =
                family == .v4 ? ICMPv4Type(rawValue: icmp.type).isError : ICMPv6Type(rawValue: icmp.type).isError
            guard isError else { return method == .icmp && icmp.identifier == identifier }
            guard let quote = DatagramView(quoted: packet.payload.dropping(8)) else { return false }
            return isOnTheWay(quote.destination) && isProbe(quote)
        }
        return method == .tcp && packet.source == destination && packet.protocol == .tcp
            && packet.sourcePort == destinationPort
    }

    /// The possible destination of a probe; with a source route it changes from hop to hop.
    func isOnTheWay(_ address: IPAddress) -> Bool {
        if address == destination { return true }
        guard case .v4(let gateway) = address else { return false }
        return gateways.contains(gateway)
    }

    private func isTransport(_ number: IPProtocol) -> Bool { number == method.protocol(destination.family) }

    private func isProbe(_ packet: borrowing DatagramView) -> Bool {
        // Later fragments have no ports.
        if packet.isLaterFragment { return isTransport(packet.protocol) }
        return switch method {
        case .udp: packet.protocol == .udp && (!isOneFlow || packet.destinationPort == destinationPort)
        case .icmp: packet.icmp?.identifier == identifier
        case .tcp: packet.protocol == .tcp && packet.destinationPort == destinationPort
        }
    }
}
