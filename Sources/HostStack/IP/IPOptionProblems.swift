import WireFormat

/// The reason for which a host rejects a datagram because of its options.
enum IPv4OptionProblem: Hashable, Sendable {
    /// The byte at this offset into the options is invalid: a length, a pointer, or the flags of a timestamp option.
    case unreadable(offset: Int)
    /// An incomplete source route: this host is not the final destination.
    case sourceRoute

    /// Returns nil if there is no problem.
    init?(_ options: RawSpan) {
        var reader = OptionReader(options)
        var end = 0
        while let (kind, data) = reader.next() {
            end = data.upperBound
            if let offset = Self.invalidByte(kind, data, in: options) {
                self = .unreadable(offset: offset)
                return
            }
            // Loose and strict source route: the pointer to the next slot starts at 4 (RFC 791, section 3.1).
            guard kind == 131 || kind == 137 else { continue }
            if Int(options.byte(at: data.lowerBound)) <= data.count + 2 {
                self = .sourceRoute
                return
            }
        }
        guard reader.isMalformed else { return nil }
        self = .unreadable(offset: end)
    }

    /// Returns the offset of the first invalid byte of a route or timestamp option: the pointer must be beyond the fixed
    /// fields, and not leave room for only a part of an entry (RFC 791, section 3.1).
    private static func invalidByte(_ kind: UInt8, _ data: Range<Int>, in options: RawSpan) -> Int? {
        let isTimestamp = kind == 68
        guard isTimestamp || [7, 131, 137].contains(kind) else { return nil }
        let fixed = isTimestamp ? 4 : 3
        guard data.count + 2 >= fixed else { return data.lowerBound - 1 }
        let pointer = Int(options.byte(at: data.lowerBound))
        let room = data.count + 2 - (pointer - 1)
        let flags = isTimestamp ? options.byte(at: data.lowerBound + 1) : 0
        guard [0, 1, 3].contains(flags & 0xF) else { return data.lowerBound + 1 }
        guard pointer > fixed, room <= 0 || room >= (flags & 0xF == 0 ? 4 : 8) else { return data.lowerBound }
        // The count of hosts without room must not overflow.
        return room <= 0 && flags & 0xF != 3 && flags >= 0xF0 ? data.lowerBound + 1 : nil
    }
}

/// An unrecognized IPv6 option and the action that its type requests (RFC 8200, section 4.2).
struct IPv6OptionProblem: Hashable, Sendable {
    enum Answer: Hashable, Sendable {
        case nothing
        case toOne
        /// Report, even if the destination is a multicast address.
        case always
    }

    /// The offset of the option, from the start of the header, in bytes.
    var offset: Int
    var answer: Answer

    /// Returns nil if every option is recognized or may be skipped.
    /// - Parameter header: a hop-by-hop or destination options header.
    init?(_ header: RawSpan) {
        var position = 2
        while position < header.byteCount {
            let type = header.byte(at: position)
            guard type != 0 else {
                position += 1
                continue
            }
            guard position + 2 <= header.byteCount,
                position + 2 + Int(header.byte(at: position + 1)) <= header.byteCount
            else {
                offset = position
                answer = .toOne
                return
            }
            switch type {
            // Padding, and options for routers only.
            case 1, 5: break
            default:
                offset = position
                switch type >> 6 {
                case 1: answer = .nothing
                case 2: answer = .always
                case 3: answer = .toOne
                default:
                    position += 2 + Int(header.byte(at: position + 1))
                    continue
                }
                return
            }
            position += 2 + Int(header.byte(at: position + 1))
        }
        return nil
    }
}
