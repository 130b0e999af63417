/// The results of verifying the checksums of a packet.
public struct PacketChecksums: Hashable, Sendable {
    /// The IPv4 header checksum; nil if there is none.
    public var network: ChecksumState?
    /// The checksum of the transport layer, including ICMP and IGMP; nil if there is none.
    public var transport: ChecksumState?

    @inlinable
    init(network: ChecksumState?, transport: ChecksumState?) {
        self.network = network
        self.transport = transport
    }

    /// Whether any checksum is incorrect.
    @inlinable public var hasIncorrect: Bool { network == .incorrect || transport == .incorrect }
}

extension PacketLayers {
    /// Verifies every checksum of the packet.
    @inlinable
    public func verifyChecksums(_ bytes: RawSpan) -> PacketChecksums {
        let start = networkOffset
        switch network {
        // A header cut short, by the capture or by the length that the frame states (IEEE 802.3).
        case .ipv4 where Int(bytes.byte(at: start) & 0xF) &* 4 &+ start > transportOffset:
            return PacketChecksums(network: .unchecked, transport: nil)
        case .ipv4:
            let header = bytes.extracting(start..<transportOffset)
            let state: ChecksumState = InternetChecksum.of(header) == 0 ? .correct : .incorrect
            guard let layer = readableTransport else { return PacketChecksums(network: state, transport: nil) }
            guard !isFragment, !isTruncated else { return PacketChecksums(network: state, transport: .unchecked) }
            if layer == .icmp || layer == .igmp {
                let sum = InternetChecksum.of(bytes.extracting(transportOffset..<end))
                return PacketChecksums(network: state, transport: sum == 0 ? .correct : .incorrect)
            }
            let destination =
                header.byteCount == IPv4View.minimumHeaderLength
                ? bytes.ipv4Address(at: start &+ 16) : finalDestination4(bytes)
            var sum = InternetChecksum()
            let length = coveredLength(bytes, layer)
            sum.addPseudoHeader(
                source: bytes.ipv4Address(at: start &+ 12), destination: destination,
                protocol: layer == .tcp ? .tcp : .udp, length: length)
            return PacketChecksums(network: state, transport: verify(bytes, layer, sum, length))
        case .ipv6:
            guard let layer = readableTransport else { return PacketChecksums(network: nil, transport: nil) }
            guard !isFragment, !isTruncated else { return PacketChecksums(network: nil, transport: .unchecked) }
            let destination =
                transportOffset == start &+ IPv6View.headerLength
                ? bytes.ipv6Address(at: start &+ 24) : finalDestination6(bytes)
            var sum = InternetChecksum()
            let length = coveredLength(bytes, layer)
            sum.addPseudoHeader(
                source: bytes.ipv6Address(at: start &+ 8), destination: destination,
                protocol: layer == .tcp ? .tcp : layer == .udp ? .udp : .icmpv6, length: length)
            return PacketChecksums(network: nil, transport: verify(bytes, layer, sum, length))
        default: return PacketChecksums(network: nil, transport: nil)
        }
    }

    /// Returns the length of the data that the transport checksum covers; UDP states it itself.
    @inlinable
    func coveredLength(_ bytes: RawSpan, _ layer: Layer) -> Int {
        guard layer == .udp else { return end &- transportOffset }
        let length = Int(bytes.bigEndian16(at: transportOffset &+ 4))
        return length == 0 ? end &- transportOffset : length
    }

    @inlinable
    func verify(_ bytes: RawSpan, _ layer: Layer, _ pseudoHeader: InternetChecksum, _ length: Int) -> ChecksumState {
        if layer == .udp {
            guard length >= UDPView.headerLength, transportOffset &+ length <= end else { return .unchecked }
            if bytes.bigEndian16(at: transportOffset &+ 6) == 0 { return network == .ipv4 ? .unchecked : .incorrect }
        }
        var sum = pseudoHeader
        sum.add(bytes.extracting(transportOffset..<transportOffset &+ length))
        if sum.value == 0 { return .correct }
        guard layer == .tcp || layer == .udp else { return .incorrect }
        let field = bytes.bigEndian16(at: transportOffset &+ (layer == .tcp ? 16 : 6))
        return pseudoHeader.partial == field ? .offloaded : .incorrect
    }

    @usableFromInline
    func finalDestination4(_ bytes: RawSpan) -> IPv4Address {
        (try? IPv4View(bytes.dropping(networkOffset)))?.finalDestination ?? bytes.ipv4Address(at: networkOffset + 16)
    }

    @usableFromInline
    func finalDestination6(_ bytes: RawSpan) -> IPv6Address {
        let payload = bytes.extracting(networkOffset + IPv6View.headerLength..<end)
        var reader = IPv6ChainReader(first: IPProtocol(rawValue: bytes.byte(at: networkOffset + 6)), payload: payload)
        while reader.next() != nil {}
        return reader.finalDestinationOffset.map { payload.ipv6Address(at: $0) }
            ?? bytes.ipv6Address(at: networkOffset + 24)
    }
}
