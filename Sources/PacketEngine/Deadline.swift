/// When an engine wants to be asked again what to send.
public enum Deadline: Equatable, Sendable {
    /// At this instant, or when a packet has arrived.
    case at(Instant)
    /// Only when a packet has arrived or the world outside has spoken.
    case never
    /// Never again: everything is sent, answered or given up, and reported.
    case finished

    /// The earlier of two deadlines; `.finished` counts as `.never`.
    @inlinable
    public static func earliest(_ left: Deadline, _ right: Deadline) -> Deadline {
        switch (left, right) {
        case (.at(let left), .at(let right)): .at(min(left, right))
        case (.at, _): left
        case (_, .at): right
        default: .never
        }
    }
}
