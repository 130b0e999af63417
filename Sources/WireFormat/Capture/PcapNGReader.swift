/// Parses the blocks of a pcapng file (IETF draft-ietf-opsawg-pcapng).
struct PcapNGReader: Sendable {
    static let sectionHeaderType: UInt32 = 0x0A0D_0D0A
    private static let byteOrderMagic: UInt32 = 0x1A2B_3C4D
    /// The minimum length of a block: its type, and its length at the start and end.
    private static let minimumLength = 12
    /// The maximum number of interfaces, because all are kept in memory.
    private static let maximumInterfaces = 1 << 16

    struct Interface: Sendable {
        var linkType: LinkType
        /// The maximum number of bytes kept per packet; 0 is no limit.
        var snapLength: UInt32
        /// The number of timestamp units per second.
        var resolution: UInt64 = 1_000_000
        /// The length of a timestamp unit in nanoseconds, if it is a whole number.
        var unit: Int64? = 1_000
        /// The offset of timestamps, in seconds.
        var offset: Int64 = 0
        var frameCheckSequenceLength = 0
    }

    private(set) var interfaces: [Interface] = []
    private var order = ByteOrder.littleEndian

    mutating func next(_ window: RawSpan, offset: UInt64) throws(CaptureError) -> CaptureReader.Step {
        guard window.byteCount >= Self.minimumLength else { return .needs(Self.minimumLength) }
        if window.bigEndian32(at: 0) == Self.sectionHeaderType { return try section(window, offset: offset) }
        let type = order.read32(window, at: 0)
        let length = try blockLength(window, offset: offset)
        guard window.byteCount >= length else { return .needs(length) }
        guard Int(order.read32(window, at: length &- 4)) == length else {
            throw CaptureError(
                .invalidLength(UInt64(order.read32(window, at: length - 4))), offset: offset + UInt64(length) - 4)
        }
        switch type {
        case 1: try describeInterface(window.extracting(8..<length &- 4), offset: offset)
        case 6: return try enhancedPacket(window, length, offset: offset)
        case 3: return try simplePacket(window, length, offset: offset)
        case 2: return try oldPacket(window, length, offset: offset)
        default: break
        }
        return .consumed(length)
    }

    private func blockLength(_ window: RawSpan, offset: UInt64) throws(CaptureError) -> Int {
        let length = Int(order.read32(window, at: 4))
        guard length >= Self.minimumLength, length % 4 == 0, length <= CaptureReader.maximumLength else {
            throw CaptureError(.invalidLength(UInt64(length)), offset: offset + 4)
        }
        return length
    }

    private mutating func section(_ window: RawSpan, offset: UInt64) throws(CaptureError) -> CaptureReader.Step {
        switch window.bigEndian32(at: 8) {
        case Self.byteOrderMagic: order = .bigEndian
        case Self.byteOrderMagic.byteSwapped: order = .littleEndian
        case let other: throw CaptureError(.notACapture(magic: other), offset: offset + 8)
        }
        let length = try blockLength(window, offset: offset)
        guard length >= 28 else { throw CaptureError(.invalidLength(UInt64(length)), offset: offset + 4) }
        guard window.byteCount >= length else { return .needs(length) }
        let major = order.read16(window, at: 12)
        guard major == 1 else {
            throw CaptureError(
                .unsupportedVersion(major: major, minor: order.read16(window, at: 14)), offset: offset + 12)
        }
        // Interfaces are numbered anew in every section.
        interfaces.removeAll(keepingCapacity: true)
        return .consumed(length)
    }

    private mutating func describeInterface(_ body: RawSpan, offset: UInt64) throws(CaptureError) {
        guard body.byteCount >= 8, interfaces.count < Self.maximumInterfaces else {
            throw CaptureError(.invalidLength(UInt64(body.byteCount + 12)), offset: offset + 4)
        }
        var interface = Interface(
            linkType: .inFile(order.read16(body, at: 0)), snapLength: order.read32(body, at: 4))
        var options = body.dropping(8)
        while options.byteCount >= 4 {
            let code = order.read16(options, at: 0)
            let length = Int(order.read16(options, at: 2))
            guard code != 0, options.byteCount >= 4 + length else { break }
            let value = options.extracting(4..<4 + length)
            switch (code, length) {
            case (9, 1): setResolution(value.byte(at: 0), of: &interface)
            case (13, 1): interface.frameCheckSequenceLength = Int(value.byte(at: 0))
            case (14, 8): interface.offset = Int64(bitPattern: order.read64(value, at: 0))
            default: break
            }
            options = options.dropping(4 + (length + 3) & ~3)
        }
        interfaces.append(interface)
    }

    /// The highest bit selects powers of two instead of ten; the other bits are the negative exponent.
    private func setResolution(_ value: UInt8, of interface: inout Interface) {
        let exponent = Int(value & 0x7F)
        if value & 0x80 != 0 {
            guard exponent < 64 else { return }
            interface.resolution = 1 << UInt64(exponent)
        } else {
            guard exponent <= 19 else { return }
            interface.resolution = (0..<exponent).reduce(1) { power, _ in power * 10 }
        }
        let resolution = interface.resolution
        interface.unit =
            resolution <= 1_000_000_000 && 1_000_000_000 % resolution == 0 ? Int64(1_000_000_000 / resolution) : nil
    }

    private func interface(_ number: UInt32, offset: UInt64) throws(CaptureError) -> Interface {
        guard let index = Int(exactly: number), index < interfaces.count else {
            throw CaptureError(.unknownInterface(number), offset: offset)
        }
        return interfaces[index]
    }

    /// Converts a timestamp to nanoseconds since 1970; wraps around if out of range.
    private func nanoseconds(_ stamp: UInt64, of interface: Interface) -> Int64 {
        let since: Int64
        if let unit = interface.unit {
            since = Int64(truncatingIfNeeded: stamp) &* unit
        } else {
            let (seconds, rest) = stamp.quotientAndRemainder(dividingBy: interface.resolution)
            let wide = rest.multipliedFullWidth(by: 1_000_000_000)
            let fraction = interface.resolution.dividingFullWidth(wide).quotient
            since = Int64(truncatingIfNeeded: seconds) &* 1_000_000_000 &+ Int64(truncatingIfNeeded: fraction)
        }
        return since &+ interface.offset &* 1_000_000_000
    }

    private func enhancedPacket(
        _ window: RawSpan, _ length: Int, offset: UInt64
    ) throws(CaptureError) -> CaptureReader.Step {
        guard length >= 32 else { throw CaptureError(.invalidLength(UInt64(length)), offset: offset + 4) }
        let number = order.read32(window, at: 8)
        let interface = try interface(number, offset: offset)
        let captured = Int(order.read32(window, at: 20))
        guard captured <= length &- 32 else {
            throw CaptureError(.invalidLength(UInt64(captured)), offset: offset + 20)
        }
        let stamp = UInt64(order.read32(window, at: 12)) << 32 | UInt64(order.read32(window, at: 16))
        let optionsStart = 28 &+ (captured &+ 3) & ~3
        return .packet(
            CapturedPacket(
                nanoseconds: nanoseconds(stamp, of: interface), originalLength: Int(order.read32(window, at: 24)),
                linkType: interface.linkType, interface: number,
                frameCheckSequenceLength: interface.frameCheckSequenceLength,
                direction: direction(window, optionsStart..<length &- 4), range: 28..<28 &+ captured),
            consumed: length)
    }

    /// Returns the direction in a packet's options.
    private func direction(_ window: RawSpan, _ options: Range<Int>) -> PcapNG.Direction? {
        var position = options.lowerBound
        while position &+ 8 <= options.upperBound {
            let code = order.read16(window, at: position)
            let length = Int(order.read16(window, at: position &+ 2))
            if code == 0 { return nil }
            if code == 2, length == 4 { return PcapNG.Direction(rawValue: order.read32(window, at: position &+ 4) & 3) }
            position &+= 4 &+ (length &+ 3) & ~3
        }
        return nil
    }

    /// Parses a simple packet block: no timestamp, first interface.
    private func simplePacket(
        _ window: RawSpan, _ length: Int, offset: UInt64
    ) throws(CaptureError) -> CaptureReader.Step {
        guard length >= 16 else { throw CaptureError(.invalidLength(UInt64(length)), offset: offset + 4) }
        let interface = try interface(0, offset: offset)
        let original = Int(order.read32(window, at: 8))
        let limit = interface.snapLength == 0 ? original : min(original, Int(interface.snapLength))
        let captured = min(limit, length - 16)
        return .packet(
            CapturedPacket(
                nanoseconds: nil, originalLength: original, linkType: interface.linkType, interface: 0,
                frameCheckSequenceLength: interface.frameCheckSequenceLength, direction: nil,
                range: 12..<12 + captured),
            consumed: length)
    }

    /// Parses an obsolete packet block: a 16-bit interface and a drop count instead of a 32-bit interface.
    private func oldPacket(
        _ window: RawSpan, _ length: Int, offset: UInt64
    ) throws(CaptureError) -> CaptureReader.Step {
        guard length >= 32 else { throw CaptureError(.invalidLength(UInt64(length)), offset: offset + 4) }
        let number = UInt32(order.read16(window, at: 8))
        let interface = try interface(number, offset: offset)
        let captured = Int(order.read32(window, at: 20))
        guard captured <= length - 32 else { throw CaptureError(.invalidLength(UInt64(captured)), offset: offset + 20) }
        let stamp = UInt64(order.read32(window, at: 12)) << 32 | UInt64(order.read32(window, at: 16))
        return .packet(
            CapturedPacket(
                nanoseconds: nanoseconds(stamp, of: interface), originalLength: Int(order.read32(window, at: 24)),
                linkType: interface.linkType, interface: number,
                frameCheckSequenceLength: interface.frameCheckSequenceLength, direction: nil, range: 28..<28 + captured),
            consumed: length)
    }
}
