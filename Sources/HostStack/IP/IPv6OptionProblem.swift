import WireFormat

/// What an option that is not known wants done with its packet (RFC 8200, section 4.2).
struct IPv6OptionProblem: Hashable, Sendable {
    enum Answer: Hashable, Sendable {
        case nothing
        case toOne
        /// Groups too.
        case always
    }

    /// Of the option, in the header's bytes.
    var offset: Int
    var answer: Answer

    /// Nil when every option is known or is to be passed over.
    /// - Parameter header: of hop-by-hop or destination options.
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
            // Padding, and what only routers look at.
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
