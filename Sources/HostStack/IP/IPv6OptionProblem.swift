import WireFormat

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
