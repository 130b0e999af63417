import WireFormat

/// Records a host in the record route and timestamp options of a datagram (RFC 791, section 3.1).
struct IPv4OptionRecorder {
    /// The address to record.
    var address: IPv4Address
    /// The time in milliseconds since midnight UT, or another time with the highest bit set.
    var timestamp: UInt32
    var isOwn: (IPv4Address) -> Bool

    /// Records the host in options that have no `IPv4OptionProblem`.
    func record(in options: inout [UInt8]) {
        for (kind, option) in Self.options(of: options) {
            options.withMutableBytes { bytes in
                switch kind {
                case 7: recordRoute(option, in: &bytes)
                case 68: recordTime(option, in: &bytes)
                default: break
                }
            }
        }
    }

    /// Returns the record route and timestamp options, with this host recorded, for an echo reply (RFC 1122, section
    /// 3.2.2.6).
    func echoed(_ options: RawSpan) -> IPv4Options {
        let all = options.copied()
        var echoed: [UInt8] = []
        for (kind, option) in Self.options(of: all) where kind == 7 || kind == 68 { echoed += all[option] }
        record(in: &echoed)
        return IPv4Options(echoed.rawBytes)
    }

    /// Returns the types of the options, and their ranges with type and length.
    private static func options(of bytes: [UInt8]) -> [(kind: UInt8, range: Range<Int>)] {
        var reader = OptionReader(bytes.rawBytes)
        var options: [(kind: UInt8, range: Range<Int>)] = []
        while let (kind, data) = reader.next() {
            guard kind > 1 else { continue }
            options.append((kind, data.lowerBound - 2..<data.upperBound))
        }
        return options
    }

    /// A full list remains as it is.
    @_lifetime(bytes: copy bytes)
    private func recordRoute(_ option: Range<Int>, in bytes: inout MutableRawSpan) {
        let pointer = Int(bytes.bytes.byte(at: option.lowerBound + 2))
        let slot = option.lowerBound + pointer - 1
        guard slot + 4 <= option.upperBound else { return }
        bytes.setIPv4Address(address, at: slot)
        bytes.setByte(UInt8(pointer + 4), at: option.lowerBound + 2)
    }

    /// In a full list, the host is counted as one that could not record its time.
    @_lifetime(bytes: copy bytes)
    private func recordTime(_ option: Range<Int>, in bytes: inout MutableRawSpan) {
        let pointer = Int(bytes.bytes.byte(at: option.lowerBound + 2))
        let last = bytes.bytes.byte(at: option.lowerBound + 3)
        let flag = IPv4TimestampData.Flag(rawValue: last & 0xF)
        var slot = option.lowerBound + pointer - 1
        guard slot < option.upperBound else {
            if flag != .prespecified, last < 0xF0 { bytes.setByte(last + 0x10, at: option.lowerBound + 3) }
            return
        }
        let length = flag == .timestampsOnly ? 4 : 8
        guard slot + length <= option.upperBound else { return }
        switch flag {
        case .withAddresses: bytes.setIPv4Address(address, at: slot)
        case .prespecified: guard isOwn(bytes.bytes.ipv4Address(at: slot)) else { return }
        default: break
        }
        slot += length - 4
        bytes.setBigEndian32(timestamp, at: slot)
        bytes.setByte(UInt8(pointer + length), at: option.lowerBound + 2)
    }
}
