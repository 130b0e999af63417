import PacketEngine
import WireFormat

/// The times of a router's advertisements on one link (RFC 4861, section 6.2), and their contents.
struct RouterAdvertiser: Sendable {
    private var random: SeededGenerator
    /// The number of initial advertisements that are still to be sent.
    private var initialLeft = Self.initialCount
    private var last: Instant?
    /// The time of the next advertisement; immediately at first.
    private(set) var due = Instant(nanoseconds: 0)

    /// MaxRtrAdvInterval and MinRtrAdvInterval, by default.
    private static let interval = Nanoseconds.seconds(600)
    private static let minimumInterval = Nanoseconds.seconds(198)
    /// MAX_INITIAL_RTR_ADVERTISEMENTS and MAX_INITIAL_RTR_ADVERT_INTERVAL.
    private static let initialCount = 3
    private static let initialInterval = Nanoseconds.seconds(16)
    /// MAX_RA_DELAY_TIME and MIN_DELAY_BETWEEN_RAS.
    private static let solicitedDelay = Nanoseconds.milliseconds(500)
    private static let minimumDelay = Nanoseconds.seconds(3)

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private mutating func random(_ most: Nanoseconds) -> Nanoseconds {
        Nanoseconds(Int64(random.next() % UInt64(max(most.count, 1))))
    }

    /// Starts again with the initial advertisements, after a link interruption.
    mutating func restart(at now: Instant) {
        initialLeft = Self.initialCount
        due = now
    }

    /// Schedules the reply to a router solicitation (RFC 4861, section 6.2.6).
    mutating func solicit(at now: Instant) {
        let earliest = last.map { max(now, $0 + Self.minimumDelay) } ?? now
        due = min(due, earliest + random(Self.solicitedDelay))
    }

    /// - Returns: whether an advertisement is due; the next one is then scheduled.
    mutating func take(at now: Instant) -> Bool {
        guard due <= now else { return false }
        last = now
        initialLeft = max(initialLeft - 1, 0)
        let wait = Self.minimumInterval + random(Nanoseconds(Self.interval.count - Self.minimumInterval.count))
        due = now + (initialLeft > 0 ? min(wait, Self.initialInterval) : wait)
        return true
    }

    /// Returns an advertisement to all nodes, or nil without a link-local address.
    /// - Parameters:
    ///   - mtu: the MTU of the link, in bytes.
    ///   - isFinal: whether the host stops being a router: its lifetime is 0 (RFC 4861, section 6.2.5).
    static func frame(_ configuration: NDPConfiguration, mtu: Int, isFinal: Bool = false) -> [UInt8]? {
        guard let own = configuration.addresses.first(where: { $0.address.isLinkLocal })?.address else { return nil }
        var networks: [IPv6Network] = []
        for (address, length) in configuration.addresses where !address.isLinkLocal {
            guard let network = IPv6Network(address, prefixLength: length), !networks.contains(network) else {
                continue
            }
            networks.append(network)
        }
        var options: [NDPOption] = [
            .sourceLinkLayerAddress(configuration.mac), .mtu(reserved: 0, UInt32(clamping: mtu)),
        ]
        for network in networks {
            // On-link; autonomous only for interface identifiers of 64 bits (RFC 4291, section 2.5.1).
            let flags = NDPOption.onLinkFlag | (network.prefixLength == 64 ? NDPOption.autonomousFlag : 0)
            options.append(
                .prefixInformation(
                    prefixLength: UInt8(clamping: network.prefixLength), flags: flags, validLifetime: 2_592_000,
                    preferredLifetime: 604_800, reserved: 0, prefix: network.address))
        }
        let parameters = NDPMessage.RouterAdvertisement(
            currentHopLimit: 64, routerLifetime: isFinal ? 0 : UInt16(clamping: 3 * interval.count / 1_000_000_000))
        return NDPFrame.bytes(
            NDPMessage(.routerAdvertisement(parameters), options: options), from: own, to: .allNodes,
            mac: configuration.mac)
    }
}
