import SwiftNet

/// What the probes of a target report.
public enum ProbeEvent: Sendable {
    /// The result of a probe.
    /// - Parameter reason: why there is no reply, as text for users; nil if nothing is known.
    case sample(target: Int64, StoredSample, reason: String?)
    /// A reply to a probe that counts as lost.
    case late(target: Int64)
    /// Probes that were not sent.
    case skipped(target: Int64, count: Int, due: WallTime)
    /// The target's address changed; `from` is nil if it had none.
    case moved(target: Int64, from: String?, to: String, at: WallTime)
    /// What a web server said, beside its sample.
    case http(target: Int64, TargetState.HTTPFacts, at: WallTime)
}

/// An event that began, ended, or happened.
public struct EventChange: Hashable, Sendable {
    public var event: EventRecord
    /// Whether the event was there before, and ends now.
    public var isEnd: Bool
}
