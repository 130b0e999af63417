/// A packet taken apart: every field of every layer with its place and its meaning.
public struct Explanation: Sendable {
    /// One field.
    public struct Field: Hashable, Sendable {
        /// Where the field begins, in bytes from the start of the packet.
        public var offset: Int
        /// Bytes of the field; fields of a few bits share theirs.
        public var length: Int
        /// The RFC's name.
        public var name: String
        /// The value as it is written, and what it means where that is not the same.
        public var meaning: String
    }

    /// One layer and its fields, in the order of their bytes.
    public struct Section: Hashable, Sendable {
        public var layer: Layer
        public var fields: [Field]
    }

    public private(set) var sections: [Section] = []
    /// What keeps the packet, or a part of it, from being read.
    public private(set) var problem: ParseError?

    /// What the bytes begin with.
    public enum Start: Sendable {
        case ethernet
        /// An IPv4 or IPv6 header.
        case datagram
        case icmp
        case icmpv6
    }

    /// Takes `bytes` apart as far as they can be read.
    public init(_ bytes: RawSpan, startingAt start: Start) {
        do {
            switch start {
            case .ethernet: try addEthernet(bytes)
            case .datagram: try addDatagram(bytes, at: 0)
            case .icmp: try addICMP(bytes, at: 0)
            case .icmpv6: try addICMPv6(bytes, at: 0, checksum: nil)
            }
        } catch {
            problem = error
        }
    }

    private mutating func add(_ layer: Layer, _ fields: [Field]) {
        sections.append(Section(layer: layer, fields: fields))
    }

    private mutating func addEthernet(_ bytes: RawSpan) throws(ParseError) {
        let view = try EthernetView(bytes)
        add(
            .ethernet,
            [
                Field(offset: 0, length: 6, name: "destination", meaning: Self.words(view.destination)),
                Field(offset: 6, length: 6, name: "source", meaning: Self.words(view.source)),
                Field(offset: 12, length: 2, name: "type", meaning: "\(view.etherType)"),
            ])
        guard view.etherType == .ipv4 || view.etherType == .ipv6 else { return }
        try addDatagram(view.payload, at: EthernetView.headerLength)
    }

    private mutating func addDatagram(_ bytes: RawSpan, at base: Int) throws(ParseError) {
        guard bytes.byteCount > 0, bytes.byte(at: 0) >> 4 == 6 else { return try addIPv4(bytes, at: base) }
        try addIPv6(bytes, at: base)
    }

    private mutating func addIPv4(_ bytes: RawSpan, at base: Int) throws(ParseError) {
        let view = try IPv4View(bytes)
        let flags = [
            (view.reservedFlag, "reserved"), (view.dontFragment, "don't fragment"),
            (view.moreFragments, "more fragments"),
        ]
        let set = flags.filter(\.0).map(\.1).joined(separator: ", ")
        var fields = [
            Field(offset: base, length: 1, name: "version", meaning: "4"),
            Field(offset: base, length: 1, name: "header length", meaning: "\(view.headerLength) bytes"),
            Field(
                offset: base + 1, length: 1, name: "type of service",
                meaning: Self.words(trafficClass: view.typeOfService)),
            Field(
                offset: base + 2, length: 2, name: "total length",
                meaning: "\(view.totalLength) bytes" + (view.isTruncated ? ", more than is here" : "")),
            Field(offset: base + 4, length: 2, name: "identification", meaning: "\(view.identification)"),
            Field(offset: base + 6, length: 2, name: "flags", meaning: set.isEmpty ? "none" : set),
            Field(
                offset: base + 6, length: 2, name: "fragment offset", meaning: "\(Int(view.fragmentOffset) * 8) bytes"),
            Field(offset: base + 8, length: 1, name: "time to live", meaning: "\(view.timeToLive) hops"),
            Field(offset: base + 9, length: 1, name: "protocol", meaning: "\(view.protocol)"),
            Field(offset: base + 10, length: 2, name: "header checksum", meaning: view.checksumState.rawValue),
            Field(offset: base + 12, length: 4, name: "source", meaning: "\(view.source)"),
            Field(offset: base + 16, length: 4, name: "destination", meaning: "\(view.destination)"),
        ]
        var offset = base + IPv4View.minimumHeaderLength
        for option in IPv4Options(view.options).list {
            fields.append(Field(offset: offset, length: option.byteCount, name: "option", meaning: Self.words(option)))
            offset += option.byteCount
        }
        add(.ipv4, fields)
        guard view.fragmentOffset == 0, view.protocol == .icmp else { return }
        try addICMP(view.payload, at: base + view.headerLength)
    }

    private mutating func addIPv6(_ bytes: RawSpan, at base: Int) throws(ParseError) {
        let view = try IPv6View(bytes)
        add(
            .ipv6,
            [
                Field(offset: base, length: 1, name: "version", meaning: "6"),
                Field(
                    offset: base, length: 2, name: "traffic class", meaning: Self.words(trafficClass: view.trafficClass)
                ),
                Field(
                    offset: base + 1, length: 3, name: "flow label", meaning: "0x" + String(view.flowLabel, radix: 16)),
                Field(
                    offset: base + 4, length: 2, name: "payload length",
                    meaning: "\(view.payloadLength) bytes" + (view.isTruncated ? ", more than is here" : "")),
                Field(offset: base + 6, length: 1, name: "next header", meaning: "\(view.nextHeader)"),
                Field(offset: base + 7, length: 1, name: "hop limit", meaning: "\(view.hopLimit) hops"),
                Field(offset: base + 8, length: 16, name: "source", meaning: "\(view.source)"),
                Field(offset: base + 24, length: 16, name: "destination", meaning: "\(view.destination)"),
            ])
        let chain = try IPv6ExtensionChain(first: view.nextHeader, payload: view.payload)
        guard chain.upperLayer == .icmpv6, let message = try? ICMPv6View(view.payload.dropping(chain.byteCount)) else {
            return
        }
        let checksum =
            view.isTruncated ? .unchecked : message.checksumState(source: view.source, destination: view.destination)
        try addICMPv6(message.bytes, at: base + IPv6View.headerLength + chain.byteCount, checksum: checksum)
    }

    // MARK: ICMP

    private mutating func addICMP(_ bytes: RawSpan, at base: Int) throws(ParseError) {
        let view = try ICMPv4View(bytes)
        var fields = [
            Field(
                offset: base, length: 1, name: "type",
                meaning: "\(view.type.rawValue), \(view.type.meaning(code: view.code, information: view.restOfHeader))"),
            Field(offset: base + 1, length: 1, name: "code", meaning: "\(view.code)"),
            Field(offset: base + 2, length: 2, name: "checksum", meaning: view.checksumState.rawValue),
        ]
        switch ICMPv4Message(view).body {
        case .echoReply, .echoRequest, .informationRequest, .informationReply:
            fields += Self.identified(view.identifier, view.sequenceNumber, at: base)
            fields += Self.data(view.payload, at: base + 8)
        case .timestampRequest(let times), .timestampReply(let times):
            fields += Self.identified(view.identifier, view.sequenceNumber, at: base)
            for (index, (name, value)) in [
                ("originate", times.originate), ("receive", times.receive), ("transmit", times.transmit),
            ].enumerated() {
                fields.append(
                    Field(
                        offset: base + 8 + 4 * index, length: 4, name: "\(name) timestamp",
                        meaning: "\(value) ms since midnight UT"))
            }
        case .addressMaskRequest(let mask), .addressMaskReply(let mask):
            fields += Self.identified(view.identifier, view.sequenceNumber, at: base)
            fields.append(Field(offset: base + 8, length: 4, name: "address mask", meaning: "\(mask.mask)"))
        case .destinationUnreachable(.fragmentationNeeded, let body):
            fields.append(Field(offset: base + 6, length: 2, name: "next-hop MTU", meaning: "\(body.nextHopMTU) bytes"))
            fields += Self.quote(view.payload, at: base + 8)
        case .redirect(_, let body):
            fields.append(Field(offset: base + 4, length: 4, name: "gateway", meaning: "\(body.gateway)"))
            fields += Self.quote(view.payload, at: base + 8)
        case .destinationUnreachable, .sourceQuench, .timeExceeded, .parameterProblem:
            fields += Self.quote(view.payload, at: base + 8)
        case .routerAdvertisement(let advertisement):
            fields.append(Field(offset: base + 6, length: 2, name: "lifetime", meaning: "\(advertisement.lifetime) s"))
            for (index, router) in advertisement.routers.enumerated() {
                fields.append(
                    Field(
                        offset: base + 8 + 8 * index, length: 8, name: "router",
                        meaning: "\(router.address), preference \(router.preference)"))
            }
        case .routerSolicitation, .unknown:
            fields += Self.data(view.payload, at: base + 8)
        }
        add(.icmp, fields)
        if view.type.isError { try addDatagram(view.payload, at: base + 8) }
    }

    private mutating func addICMPv6(_ bytes: RawSpan, at base: Int, checksum: ChecksumState?) throws(ParseError) {
        let view = try ICMPv6View(bytes)
        var fields = [
            Field(
                offset: base, length: 1, name: "type",
                meaning: "\(view.type.rawValue), \(view.type.meaning(code: view.code, information: view.restOfHeader))"),
            Field(offset: base + 1, length: 1, name: "code", meaning: "\(view.code)"),
            Field(offset: base + 2, length: 2, name: "checksum", meaning: (checksum ?? .unchecked).rawValue),
        ]
        if view.type == .echoRequest || view.type == .echoReply {
            fields += Self.identified(view.identifier, view.sequenceNumber, at: base)
            fields += Self.data(view.payload, at: base + 8)
        } else if view.type.isError {
            fields += Self.quote(view.payload, at: base + 8)
        } else {
            fields += Self.data(view.payload, at: base + 8)
        }
        add(.icmpv6, fields)
        if view.type.isError { try addDatagram(view.payload, at: base + 8) }
    }

    // MARK: Words

    private static func identified(_ identifier: UInt16, _ sequence: UInt16, at base: Int) -> [Field] {
        [
            Field(offset: base + 4, length: 2, name: "identifier", meaning: "\(identifier)"),
            Field(offset: base + 6, length: 2, name: "sequence number", meaning: "\(sequence)"),
        ]
    }

    private static func data(_ bytes: RawSpan, at offset: Int) -> [Field] {
        bytes.byteCount == 0
            ? [] : [Field(offset: offset, length: bytes.byteCount, name: "data", meaning: "\(bytes.byteCount) bytes")]
    }

    private static func quote(_ bytes: RawSpan, at offset: Int) -> [Field] {
        [
            Field(
                offset: offset, length: bytes.byteCount, name: "original datagram",
                meaning: "\(bytes.byteCount) bytes, explained below")
        ]
    }

    private static func words(_ address: MACAddress) -> String {
        if address.isBroadcast { return "\(address), everybody on the link" }
        if address.isMulticast { return "\(address), a group" }
        return "\(address)" + (address.isLocallyAdministered ? ", locally administered" : "")
    }

    private static func words(trafficClass: UInt8) -> String {
        let notification = ["not ECN-capable", "ECN-capable (1)", "ECN-capable (0)", "congestion experienced"][
            Int(trafficClass & 3)]
        return "DSCP \(trafficClass >> 2), \(notification)"
    }

    private static func words(_ option: IPv4Option) -> String {
        func list(_ route: IPv4RouteData) -> String {
            route.used.isEmpty ? "empty" : route.used.map(\.description).joined(separator: ", ")
        }
        return switch option {
        case .endOfOptionList: "end of option list"
        case .noOperation: "no operation"
        case .recordRoute(let route): "record route: \(list(route))"
        case .looseSourceRoute(let route): "loose source route: \(list(route))"
        case .strictSourceRoute(let route): "strict source route: \(list(route))"
        case .timestamp(let data): "timestamps: \(data.used.count) of \(data.entries.count) written"
        case .routerAlert(let value): "router alert, value \(value)"
        case .unknown(let type, let data): "type \(type), \(data.count) bytes"
        }
    }
}
