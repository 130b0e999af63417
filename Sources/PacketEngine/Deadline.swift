/// When an engine is to be called again.
public enum Deadline: Equatable, Sendable {
    /// At this instant, or earlier if a packet arrives.
    case at(Instant)
    /// When a packet or another event arrives.
    case never
    /// Never: every packet was sent, and every result reported.
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
