/// The answer of a run.
public enum RunOutcome: Sendable {
    /// The run found what it was for.
    case found
    /// The run was complete and did not find it.
    case notFound
    /// The run was incomplete and did not find it, or it failed.
    case unknown
}
