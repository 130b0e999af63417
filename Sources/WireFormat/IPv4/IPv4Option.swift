/// An option of an IPv4 header (RFC 791, section 3.1; RFC 2113).
public enum IPv4Option: HeaderOption {
    /// Type 0.
    case endOfOptionList
    /// Type 1.
    case noOperation
    /// Type 7: every router records its address in the next slot.
    case recordRoute(IPv4RouteData)
    /// Type 131: the datagram visits these addresses, with any routers between them.
    case looseSourceRoute(IPv4RouteData)
    /// Type 137: the datagram visits these addresses and no others.
    case strictSourceRoute(IPv4RouteData)
    /// Type 68: every router records its time and, depending on `flag`, its address.
    case timestamp(IPv4TimestampData)
    /// Type 130 (RFC 791; RFC 1108): classification level and protection authorities, as opaque data.
    case security([UInt8])
    /// Type 136: a SATNET stream identifier, obsolete (RFC 6814).
    case streamIdentifier(UInt16)
    /// Type 148 (RFC 2113): routers examine the datagram; the value is 0.
    case routerAlert(value: UInt16)
    /// An unknown option, or one whose data is invalid for its type.
    case unknown(type: UInt8, data: [UInt8])

    /// The option type: copied flag, class and number.
    public var type: UInt8 {
        switch self {
        case .endOfOptionList: 0
        case .noOperation: 1
        case .recordRoute: 7
        case .timestamp: 68
        case .security: 130
        case .looseSourceRoute: 131
        case .streamIdentifier: 136
        case .strictSourceRoute: 137
        case .routerAlert: 148
        case .unknown(let type, _): type
        }
    }

    /// The copied flag, the highest bit of the type: whether all fragments contain the option.
    public var isCopied: Bool { type & 0x80 != 0 }

    /// The length of the option, in bytes: 1, or type, length and data.
    public var byteCount: Int {
        switch self {
        case .endOfOptionList, .noOperation: 1
        case .recordRoute(let route), .looseSourceRoute(let route), .strictSourceRoute(let route):
            3 + 4 * route.slots.count
        case .timestamp(let data): data.byteCount
        case .routerAlert, .streamIdentifier: 4
        case .security(let data), .unknown(_, let data): 2 + data.count
        }
    }

    public var endsList: Bool { self == .endOfOptionList }

    public static func parse(_ bytes: RawSpan) -> (option: IPv4Option, length: Int)? {
        let type = bytes.byte(at: 0)
        if type == 0 { return (.endOfOptionList, 1) }
        if type == 1 { return (.noOperation, 1) }
        guard bytes.byteCount >= 2 else { return nil }
        let length = Int(bytes.byte(at: 1))
        guard length >= 2, length <= bytes.byteCount else { return nil }
        let option = bytes.prefix(length)
        let parsed: IPv4Option? =
            switch type {
            case 7: IPv4RouteData(option).map { .recordRoute($0) }
            case 131: IPv4RouteData(option).map { .looseSourceRoute($0) }
            case 137: IPv4RouteData(option).map { .strictSourceRoute($0) }
            case 68: IPv4TimestampData(option).map { .timestamp($0) }
            case 130: .security(option.dropping(2).copied())
            case 136: length == 4 ? .streamIdentifier(option.bigEndian16(at: 2)) : nil
            case 148: length == 4 ? .routerAlert(value: option.bigEndian16(at: 2)) : nil
            default: nil
            }
        return (parsed ?? .unknown(type: type, data: option.dropping(2).copied()), length)
    }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.setByte(type, at: offset)
        guard byteCount > 1 else { return }
        bytes.setByte(UInt8(truncatingIfNeeded: byteCount), at: offset + 1)
        switch self {
        case .endOfOptionList, .noOperation: break
        case .recordRoute(let route), .looseSourceRoute(let route), .strictSourceRoute(let route):
            bytes.setByte(route.pointer, at: offset + 2)
            for (index, address) in route.slots.enumerated() {
                bytes.setIPv4Address(address, at: offset + 3 + 4 * index)
            }
        case .timestamp(let data): data.write(into: &bytes, at: offset)
        case .routerAlert(let value), .streamIdentifier(let value): bytes.setBigEndian16(value, at: offset + 2)
        case .security(let data), .unknown(_, let data): bytes.copy(data, at: offset + 2)
        }
    }
}

/// The data of a record-route or source-route option (RFC 791, section 3.1).
public struct IPv4RouteData: Hashable, Sendable {
    /// The offset of the next slot from the start of the option, counted from 1: 4 if no slot is used.
    public var pointer: UInt8
    /// All slots, used or not.
    public var slots: [IPv4Address]

    /// The maximum number of slots in a header: 37 bytes of data.
    public static let maximumSlots = 9
    /// The maximum number of gateways of a source route: its last slot is the destination.
    public static let maximumGateways = maximumSlots - 1

    /// Creates route data.
    public init(pointer: UInt8 = 4, slots: [IPv4Address]) {
        self.pointer = pointer
        self.slots = slots
    }

    /// Creates route data with empty slots.
    public init(emptySlots count: Int) {
        self.init(slots: Array(repeating: .unspecified, count: count))
    }

    init?(_ option: RawSpan) {
        guard option.byteCount >= 3, (option.byteCount - 3) % 4 == 0 else { return nil }
        pointer = option.byte(at: 2)
        slots = []
        for offset in stride(from: 3, to: option.byteCount, by: 4) { slots.append(option.ipv4Address(at: offset)) }
    }

    /// The slots before the pointer: recorded or visited addresses.
    public var used: ArraySlice<IPv4Address> {
        slots.prefix(max(0, (Int(pointer) - 4) / 4))
    }
}

/// The data of a timestamp option (RFC 791, section 3.1).
public struct IPv4TimestampData: Hashable, Sendable {
    /// The format of the entries.
    public enum Flag: Hashable, Sendable {
        /// 0: timestamps alone.
        case timestampsOnly
        /// 1: each preceded by the address of the host that recorded it.
        case withAddresses
        /// 3: the addresses are given, and only those hosts record a timestamp.
        case prespecified
        case unknown(UInt8)

        public init(rawValue: UInt8) {
            self =
                switch rawValue {
                case 0: .timestampsOnly
                case 1: .withAddresses
                case 3: .prespecified
                default: .unknown(rawValue)
                }
        }

        public var rawValue: UInt8 {
            switch self {
            case .timestampsOnly: 0
            case .withAddresses: 1
            case .prespecified: 3
            case .unknown(let value): value
            }
        }
    }

    /// A timestamp, with its address if the flag requires one.
    public struct Entry: Hashable, Sendable {
        /// The address of the recording host; nil with `.timestampsOnly`.
        public var address: IPv4Address?
        /// The time in milliseconds since midnight UT, or in another unit if the highest bit is set.
        public var timestamp: UInt32

        /// Creates an entry.
        public init(address: IPv4Address?, timestamp: UInt32) {
            self.address = address
            self.timestamp = timestamp
        }
    }

    /// The offset of the next entry from the start of the option, counted from 1: 5 if no entry is used.
    public var pointer: UInt8
    /// The number of hosts that could not record a timestamp, 0 to 15.
    public var overflow: UInt8
    /// The format of the entries.
    public var flag: Flag
    /// All entries, used or not.
    public var entries: [Entry]

    /// Creates timestamp data.
    public init(pointer: UInt8 = 5, overflow: UInt8 = 0, flag: Flag, entries: [Entry]) {
        self.pointer = pointer
        self.overflow = overflow
        self.flag = flag
        self.entries = entries
    }

    /// Creates the empty entries that a header has room for: 9, or 4 with addresses.
    public init(emptyEntries flag: Flag) {
        let address: IPv4Address? = flag == .timestampsOnly ? nil : .unspecified
        let count = flag == .timestampsOnly ? 9 : Self.maximumAddresses
        self.init(flag: flag, entries: Array(repeating: Entry(address: address, timestamp: 0), count: count))
    }

    /// Creates entries that only these hosts fill in; nil for more than 4 hosts, or none.
    public init?(prespecified hosts: [IPv4Address]) {
        guard (1...Self.maximumAddresses).contains(hosts.count) else { return nil }
        self.init(flag: .prespecified, entries: hosts.map { Entry(address: $0, timestamp: 0) })
    }

    /// The maximum number of entries with addresses in a header.
    public static let maximumAddresses = 4

    private var entryLength: Int { flag == .timestampsOnly ? 4 : 8 }

    var byteCount: Int { 4 + entries.count * entryLength }

    init?(_ option: RawSpan) {
        guard option.byteCount >= 4 else { return nil }
        pointer = option.byte(at: 2)
        overflow = option.byte(at: 3) >> 4
        flag = Flag(rawValue: option.byte(at: 3) & 0xF)
        entries = []
        if case .unknown = flag { return nil }
        let length = flag == .timestampsOnly ? 4 : 8
        guard (option.byteCount - 4) % length == 0 else { return nil }
        for offset in stride(from: 4, to: option.byteCount, by: length) {
            entries.append(
                Entry(
                    address: length == 8 ? option.ipv4Address(at: offset) : nil,
                    timestamp: option.bigEndian32(at: offset + length - 4)))
        }
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.setByte(pointer, at: offset + 2)
        bytes.setByte(overflow << 4 | flag.rawValue & 0xF, at: offset + 3)
        var position = offset + 4
        for entry in entries {
            if entryLength == 8 {
                bytes.setIPv4Address(entry.address ?? .unspecified, at: position)
                position += 4
            }
            bytes.setBigEndian32(entry.timestamp, at: position)
            position += 4
        }
    }

    /// The entries before the pointer: recorded timestamps.
    public var used: ArraySlice<Entry> {
        entries.prefix(max(0, (Int(pointer) - 5) / entryLength))
    }
}

/// The options of an IPv4 header (RFC 791, section 3.1).
public typealias IPv4Options = OptionList<IPv4Option>

extension OptionList where Option == IPv4Option {
    /// The options that all fragments contain: those with the copied flag (RFC 791, section 3.1).
    public var copiedIntoFragments: IPv4Options { IPv4Options(list.filter(\.isCopied)) }

    /// A record-route option with every slot that a header has room for. A no-operation option before it aligns the
    /// slots to 4 bytes.
    public static var recordRoute: IPv4Options {
        IPv4Options([.noOperation, .recordRoute(IPv4RouteData(emptySlots: IPv4RouteData.maximumSlots))])
    }
}
