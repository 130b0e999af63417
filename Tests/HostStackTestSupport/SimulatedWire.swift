import HostStack
import PacketEngine
import WireFormat

/// What a wire does to frames, each with its chance: 0 to 1.
public struct WireFaults: Sendable {
    public var loss = 0.0
    /// A frame takes longer than those after it.
    public var reordering = 0.0
    public var duplication = 0.0
    /// One bit is another.
    public var corruption = 0.0

    public init(loss: Double = 0, reordering: Double = 0, duplication: Double = 0, corruption: Double = 0) {
        self.loss = loss
        self.reordering = reordering
        self.duplication = duplication
        self.corruption = corruption
    }
}

/// Hosts on one Ethernet, and a clock that goes as far as the next thing that happens.
public final class SimulatedWire {
    /// A host and what runs on it.
    public final class Station {
        public var host: Host
        public let interface: UInt32
        let mac: MACAddress
        /// Told of everything that comes up at the host.
        public var application: (inout Host, HostEvent, Instant) -> Void = { _, _, _ in }
        var batch: PacketBatch

        init(_ configuration: HostConfiguration) {
            host = Host(configuration)
            interface = configuration.interfaces[0].index
            mac = configuration.interfaces[0].mac
            batch = PacketBatch(capacity: 64, slotLength: 1_518)
        }
    }

    private struct Flight: Comparable {
        var at: Instant
        var number: Int
        var frame: [UInt8]
        var from: Int

        static func < (left: Flight, right: Flight) -> Bool { (left.at, left.number) < (right.at, right.number) }
        static func == (left: Flight, right: Flight) -> Bool { left.number == right.number }
    }

    public private(set) var now = Instant(nanoseconds: 1_000_000_000)
    public private(set) var stations: [Station] = []
    public var faults = WireFaults()
    /// One way.
    public var delay = Nanoseconds.microseconds(500)
    /// Nothing comes through.
    public var isCut = false
    /// Longer packets do not come through, and nobody says so.
    public var silentMTU = Int.max
    /// Sees every frame that is sent.
    public var watch: (Instant, Int, RawSpan) -> Void = { _, _, _ in }
    public private(set) var sentCount = 0
    private var flights: [Flight] = []
    private var counter = 0
    private var random: SeededGenerator

    public init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Puts a host on the wire, at 198.51.100.N.
    @discardableResult
    public func add(
        _ number: UInt8, tcp: TCPConfiguration = TCPConfiguration(), checksAddresses: Bool = false
    ) -> Station {
        var configuration = HostConfiguration(
            [
                HostConfiguration.Interface(
                    index: 1, mac: MACAddress(rawValue: 0x0200_0000_0000 | UInt64(number)),
                    addresses: [(Self.address(number), 24)])
            ], seed: (random.next(), random.next()))
        configuration.tcp = tcp
        configuration.checksAddresses = checksAddresses
        let station = Station(configuration)
        stations.append(station)
        return station
    }

    public static func address(_ number: UInt8) -> IPv4Address { IPv4Address(198, 51, 100, number) }

    /// Runs until `isDone`, or for so long.
    /// - Returns: whether it is done.
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
                for (number, station) in stations.enumerated() where number != flight.from {
                    station.host.receive(flight.frame.rawBytes, on: station.interface, at: now)
                }
            }
            for station in stations { station.host.advance(at: now) }
        }
    }

    /// Has a host do all that it can do now.
    private func settle(_ station: Station, _ number: Int) {
        var isBusy = true
        while isBusy {
            var events: [HostEvent] = []
            station.host.drain { events.append($0) }
            for event in events { station.application(&station.host, event, now) }
            station.batch.removeAll()
            isBusy = station.host.transmit(into: &station.batch, at: now) || !events.isEmpty
            for entry in station.batch.entries { send(station.batch.bytes(of: entry), from: number) }
        }
    }

    /// Puts a frame on the wire, as one of the stations or as nobody (-1).
    public func send(_ frame: [UInt8], from number: Int) {
        watch(now, number, frame.rawBytes)
        sentCount += 1
        guard !isCut, frame.count - EthernetView.headerLength <= silentMTU, !happens(faults.loss) else { return }
        var frame = frame
        if happens(faults.corruption) {
            let bit = Int(random.next() % UInt64(frame.count * 8))
            frame[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        let extra = happens(faults.reordering) ? Nanoseconds(Int64(random.next() % 4) * delay.count + 1) : .zero
        insert(frame, at: now + delay + extra, from: number)
        if happens(faults.duplication) { insert(frame, at: now + delay + extra + delay, from: number) }
    }

    private func happens(_ chance: Double) -> Bool {
        chance > 0 && Double(random.next() >> 11) / Double(1 << 53) < chance
    }

    // A heap would be more than a wire of a few frames needs, but some have thousands: binary, the first on top.
    private func insert(_ frame: [UInt8], at: Instant, from number: Int) {
        counter += 1
        flights.append(Flight(at: at, number: counter, frame: frame, from: number))
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
