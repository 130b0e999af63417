import WireFormat

/// The reason for which a host rejects a datagram because of its options.
enum IPv4OptionProblem: Hashable, Sendable {
    /// An option length at this offset into the options is invalid.
    case unreadable(offset: Int)
    /// An incomplete source route: this host is not the final destination.
    case sourceRoute

    /// Returns nil if there is no problem.
    init?(_ options: RawSpan) {
        var reader = OptionReader(options)
        var end = 0
        while let (kind, data) = reader.next() {
            end = data.upperBound
            // Loose and strict source route: the pointer to the next slot starts at 4 (RFC 791, section 3.1).
            guard kind == 131 || kind == 137 else { continue }
            guard !data.isEmpty else {
                self = .unreadable(offset: data.lowerBound)
                return
            }
            if Int(options.byte(at: data.lowerBound)) <= data.count + 2 {
                self = .sourceRoute
                return
            }
        }
        guard reader.isMalformed else { return nil }
        self = .unreadable(offset: end)
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
