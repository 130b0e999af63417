import WireFormat

/// Why a host does not take a datagram for its options.
enum IPv4OptionProblem: Hashable, Sendable {
    /// A length cannot be right; at this byte of the options.
    case unreadable(offset: Int)
    /// It is to go on, by the source's route.
    case sourceRoute

    /// Nil when there is none.
    init?(_ options: RawSpan) {
        var reader = OptionReader(options)
        var end = 0
        while let (kind, data) = reader.next() {
            end = data.upperBound
            // Of loose and strict routes: the place of the next slot, from 4 on (RFC 791, section 3.1).
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
