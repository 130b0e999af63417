/// The extension structure at the end of an ICMP error (RFC 4884, section 7).
public struct ICMPExtensions: Hashable, Sendable, WireEncodable {
    /// An object: its Class-Num, C-Type and data.
    public struct Object: Hashable, Sendable {
        /// The class: 1 is an MPLS label stack, 2 interface information (IANA ICMP extension object classes).
        public var classNumber: UInt8
        /// The type within the class.
        public var classType: UInt8
        /// The data after the object's header of 4 bytes.
        public var data: [UInt8]

        /// Creates an object.
        public init(classNumber: UInt8, classType: UInt8, data: [UInt8]) {
            self.classNumber = classNumber
            self.classType = classType
            self.data = data
        }

        /// The label stack of an MPLS object (RFC 4950), class 1, type 1; top label first.
        public var mplsLabelStack: [MPLSLabel]? {
            guard classNumber == 1, classType == 1, data.count % 4 == 0 else { return nil }
            return stride(from: 0, to: data.count, by: 4).map { MPLSLabel(rawValue: data.rawBytes.bigEndian32(at: $0)) }
        }
    }

    /// The objects, in order.
    public var objects: [Object]
    /// The 12 bits after the version, which must be zero.
    public var reserved: UInt16
    /// The checksum to write; nil to compute it. 0 means that no checksum is used.
    public var checksum: UInt16?
    /// Bytes from the first object with an invalid length on.
    public var trailing: [UInt8]

    /// The only version of the structure (RFC 4884, section 7).
    public static let version: UInt8 = 2

    /// Creates extensions; the checksum is computed when they are written.
    public init(_ objects: [Object]) {
        self.objects = objects
        reserved = 0
        checksum = nil
        trailing = []
    }

    /// Returns nil if there is no extension header of version 2 or its checksum
    /// is wrong; with `requireChecksum`, also if no checksum is used.
    public init?(_ bytes: RawSpan, requireChecksum: Bool) {
        guard bytes.byteCount >= 4, bytes.byte(at: 0) >> 4 == Self.version else { return nil }
        let checksum = bytes.bigEndian16(at: 2)
        guard checksum == 0 ? !requireChecksum : InternetChecksum.of(bytes) == 0 else { return nil }
        self.checksum = checksum
        reserved = bytes.bigEndian16(at: 0) & 0xFFF
        objects = []
        var offset = 4
        while offset + 4 <= bytes.byteCount {
            let length = Int(bytes.bigEndian16(at: offset))
            guard length >= 4, offset + length <= bytes.byteCount else { break }
            objects.append(
                Object(
                    classNumber: bytes.byte(at: offset + 2), classType: bytes.byte(at: offset + 3),
                    data: bytes.extracting(offset + 4..<offset + length).copied()))
            offset += length
        }
        trailing = bytes.dropping(offset).copied()
    }

    public var byteCount: Int { objects.reduce(4 + trailing.count) { $0 + 4 + $1.data.count } }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.setBigEndian16(UInt16(Self.version) << 12 | reserved & 0xFFF, at: offset)
        bytes.setBigEndian16(checksum ?? 0, at: offset + 2)
        var position = offset + 4
        for object in objects {
            bytes.setBigEndian16(UInt16(truncatingIfNeeded: 4 + object.data.count), at: position)
            bytes.setByte(object.classNumber, at: position + 2)
            bytes.setByte(object.classType, at: position + 3)
            bytes.copy(object.data, at: position + 4)
            position += 4 + object.data.count
        }
        bytes.copy(trailing, at: position)
        if checksum == nil {
            let computed = InternetChecksum.of(bytes.bytes.extracting(offset..<offset + byteCount))
            bytes.setBigEndian16(computed, at: offset + 2)
        }
    }
}

/// An entry of an MPLS label stack (RFC 3032, section 2.1; RFC 5462).
public struct MPLSLabel: Hashable, Sendable {
    /// The 4 bytes of the entry as a number.
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Creates an entry.
    public init(label: UInt32, trafficClass: UInt8, isBottomOfStack: Bool, timeToLive: UInt8) {
        rawValue = label << 12 | UInt32(trafficClass & 7) << 9 | (isBottomOfStack ? 0x100 : 0) | UInt32(timeToLive)
    }

    /// The label, 20 bits.
    public var label: UInt32 { rawValue >> 12 }
    /// The traffic class, 3 bits, formerly "experimental".
    public var trafficClass: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 9) & 7 }
    public var isBottomOfStack: Bool { rawValue & 0x100 != 0 }
    public var timeToLive: UInt8 { UInt8(truncatingIfNeeded: rawValue) }
}
