import HostStack
import PacketEngine
import WireFormat

/// The probabilities of faults of a simulated link, 0 to 1.
public struct WireFaults: Sendable {
    public var loss = 0.0
    /// A frame is delayed more than the following ones.
    public var reordering = 0.0
    public var duplication = 0.0
    /// One bit is inverted.
    public var corruption = 0.0

    public init(loss: Double = 0, reordering: Double = 0, duplication: Double = 0, corruption: Double = 0) {
        self.loss = loss
        self.reordering = reordering
        self.duplication = duplication
        self.corruption = corruption
    }
}

/// Hosts and routers on one or more simulated Ethernets, with a clock that advances to the next event.
///
/// The index of an interface is the number of its link: interface 1 of every host is on the first link.
public final class SimulatedWire {
    /// A host and its application.
    public final class Station {
        public var host: UserSpaceHost
        /// Is called with every event of the host.
        public var application: (inout UserSpaceHost, HostEvent, Instant) -> Void = { _, _, _ in }
        var batch: PacketBatch

        init(_ configuration: HostConfiguration) {
            host = UserSpaceHost(configuration)
            batch = PacketBatch(capacity: 64, slotLength: configuration.frameLength)
        }
    }

    private struct Flight: Comparable {
        var at: Instant
        var number: Int
        var frame: [UInt8]
        var from: Int
        var wire: UInt32

        static func < (left: Flight, right: Flight) -> Bool { (left.at, left.number) < (right.at, right.number) }
        static func == (left: Flight, right: Flight) -> Bool { left.number == right.number }
    }

    public private(set) var now: Instant
    public private(set) var stations: [Station] = []
    public var faults = WireFaults()
    /// The one-way delay.
    public var delay = Nanoseconds.microseconds(500)
    /// Whether all frames are dropped.
    public var isCut = false
    /// The MTU of a path that drops longer packets without an ICMP error.
    public var silentMTU = Int.max
    /// The only link with that MTU; nil for all.
    public var silentWire: UInt32?
    /// Is called with every frame that is sent.
    public var watch: (Instant, Int, RawSpan) -> Void = { _, _, _ in }
    /// Is called with every frame that arrives at a station, and its link.
    public var delivered: (Instant, UInt32, [UInt8]) -> Void = { _, _, _ in }
    public private(set) var sentCount = 0
    private var flights: [Flight] = []
    private var counter = 0
    private var random: SeededGenerator

    public init(seed: UInt64, start: Instant = Instant(nanoseconds: 1_000_000_000)) {
        random = SeededGenerator(seed: seed)
        now = start
    }

    /// Adds a host to the first link, at 198.51.100.N or 2001:db8:100::N.
    @discardableResult
    public func add(
        _ number: UInt8, family: IPAddress.Family = .v4, tcp: TCPConfiguration = TCPConfiguration(),
        checksAddresses: Bool = false
    ) -> Station {
        add([Self.interface(number, family: family)]) { configuration in
            configuration.tcp = tcp
            configuration.checksAddresses = checksAddresses
        }
    }

    /// Adds a host to several links; its addresses are used at once unless `configure` changes that.
    @discardableResult
    public func add(
        _ interfaces: [HostConfiguration.Interface], _ configure: (inout HostConfiguration) -> Void = { _ in }
    ) -> Station {
        var configuration = HostConfiguration(interfaces, seed: (random.next(), random.next()))
        configuration.checksAddresses = false
        configure(&configuration)
        let station = Station(configuration)
        stations.append(station)
        return station
    }

    /// Returns the interface of host N on a link: 198.51.99+WIRE.N/24 or 2001:db8:99+WIRE::N/64.
    public static func interface(
        _ number: UInt8, on wire: UInt32 = 1, family: IPAddress.Family = .v4, mtu: Int = 1_500
    ) -> HostConfiguration.Interface {
        HostConfiguration.Interface(
            index: wire, mac: mac(number, on: wire), mtu: mtu,
            addresses: [
                family == .v4 ? (.v4(address(number, on: wire)), 24) : (.v6(address6(number, on: wire)), 64)
            ])
    }

    public static func mac(_ number: UInt8, on wire: UInt32 = 1) -> MACAddress {
        MACAddress(rawValue: 0x0200_0000_0000 | UInt64(wire - 1) << 8 | UInt64(number))
    }

    public static func address(_ number: UInt8, on wire: UInt32 = 1) -> IPv4Address {
        IPv4Address(198, 51, UInt8(truncatingIfNeeded: 99 + wire), number)
    }

    public static func address6(_ number: UInt8, on wire: UInt32 = 1) -> IPv6Address {
        IPv6Address(high: 0x2001_0DB8_0099_0000 + UInt64(wire) << 16, low: UInt64(number))
    }

    /// Runs until `isDone` returns true, or for a maximum time.
    /// - Returns: whether `isDone` returned true.
    @discardableResult
    public func run(for time: Nanoseconds, until isDone: () -> Bool = { false }) -> Bool {
        let end = now + time
        while true {
            for (number, station) in stations.enumerated() { settle(station, number) }
            if isDone() { return true }
            var next = end
            if let flight = flights.first { next = min(next, flight.at) }
            for station in stations {
                if let deadline = station.host.deadline { next = min(next, max(deadline, now)) }
            }
            guard next < end else {
                now = end
                return isDone()
            }
            now = max(now, next)
            while let flight = flights.first, flight.at <= now {
                removeFirst()
                if flight.from >= 0 { delivered(now, flight.wire, flight.frame) }
                for (number, station) in stations.enumerated() where number != flight.from {
                    station.host.receive(flight.frame.rawBytes, on: flight.wire, at: now)
                }
            }
            for station in stations { station.host.advance(at: now) }
        }
    }

    /// Makes a host process everything that is due.
    private func settle(_ station: Station, _ number: Int) {
        var isBusy = true
        while isBusy {
            var events: [HostEvent] = []
            station.host.drain { events.append($0) }
            for event in events { station.application(&station.host, event, now) }
            station.batch.removeAll()
            isBusy = station.host.transmit(into: &station.batch, at: now) || !events.isEmpty
            for entry in station.batch.entries {
                send(station.batch.bytes(of: entry), from: number, on: entry.interfaceIndex)
            }
        }
    }

    /// Sends a frame from one of the stations, or from no station (-1).
    public func send(_ frame: [UInt8], from number: Int, on wire: UInt32 = 1) {
        watch(now, number, frame.rawBytes)
        sentCount += 1
        let isTooLong = frame.count - EthernetView.headerLength > silentMTU && silentWire.map { $0 == wire } ?? true
        guard !isCut, !isTooLong, !happens(faults.loss) else { return }
        var frame = frame
        if happens(faults.corruption) {
            let bit = Int(random.next() % UInt64(frame.count * 8))
            frame[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        let extra = happens(faults.reordering) ? Nanoseconds(Int64(random.next() % 4) * delay.count + 1) : .zero
        insert(frame, at: now + delay + extra, from: number, on: wire)
        if happens(faults.duplication) { insert(frame, at: now + delay + extra + delay, from: number, on: wire) }
    }

    private func happens(_ chance: Double) -> Bool {
        chance > 0 && Double(random.next() >> 11) / Double(1 << 53) < chance
    }

    // Binary insertion into a sorted array: a heap is not needed for the usual few frames.
    private func insert(_ frame: [UInt8], at: Instant, from number: Int, on wire: UInt32) {
        counter += 1
        flights.append(Flight(at: at, number: counter, frame: frame, from: number, wire: wire))
        var index = flights.count - 1
        while index > 0, flights[index] < flights[(index - 1) / 2] {
            flights.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private func removeFirst() {
        flights.swapAt(0, flights.count - 1)
        flights.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < flights.count && flights[child] < flights[least] {
                least = child
            }
            guard least != index else { return }
            flights.swapAt(index, least)
            index = least
        }
    }
}
