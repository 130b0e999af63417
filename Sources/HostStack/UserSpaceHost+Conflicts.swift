import PacketEngine
import WireFormat

// Conflicts over an address in use (RFC 5227, section 2.4). For IPv6, whose standards leave the reaction open (RFC 4862,
// section 5.4.4), an unsolicited advertisement takes the place of the announcement.

extension UserSpaceHost {
    func isOwn(_ mac: MACAddress) -> Bool { links.contains { $0.configuration.mac == mac } }

    /// Processes a claim to one of a link's addresses: the address is announced, unless it was announced within the
    /// last 10 s; then it is given up or, if the configuration says so, kept.
    mutating func hearConflict(over address: IPAddress, by mac: MACAddress, on link: Int, at now: Instant) {
        guard !isOwn(mac), links[link].isOwn(address) else { return }
        if let announcement = links[link].defend(address, at: now) {
            enqueue(announcement, on: link)
            events.append(.defended(address, mac))
        } else if !configuration.keepsAddresses {
            relinquish(address, on: link, at: now)
            events.append(.relinquished(address, mac))
        }
    }

    private mutating func relinquish(_ address: IPAddress, on link: Int, at now: Instant) {
        // Existing connections are reset first.
        for reset in tcp.abandon(address, at: now) { send(reset, at: now) }
        links[link].remove(address)
        let left = links[link].configuration.addresses
        routes.disable { route in
            route.interface == link
                && !left.contains {
                    route.gateway == nil
                        ? IPNetwork($0.address, prefixLength: $0.prefixLength) == route.network
                        : $0.address.family == route.gateway?.family
                }
        }
    }

    /// The addresses that the host still has.
    public var addresses: [IPAddress] { links.flatMap { $0.configuration.addresses.map(\.address) } }
}

extension TCPModule {
    /// Ends the connections of an address that the host gives up.
    /// - Returns: the resets for their peers (RFC 5227, section 2.4).
    fileprivate mutating func abandon(_ address: IPAddress, at now: Instant) -> [Stray] {
        var resets: [Stray] = []
        for index in blocks.indices where blocks[index].isUsed && blocks[index].pair.local.address == address {
            blocks[index].connection.abort()
            if let sequence = blocks[index].connection.reset {
                resets.append(
                    Stray(pair: blocks[index].pair, sequence: sequence, acknowledgment: SequenceNumber(0), flags: .rst))
            }
            blocks[index].connection.reset = nil
            settle(index, at: now)
        }
        return resets
    }
}
