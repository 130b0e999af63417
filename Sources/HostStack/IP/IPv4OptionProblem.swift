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
