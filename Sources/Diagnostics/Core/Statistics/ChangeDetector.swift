import PacketEngine

import func Glibc.log

/// Detects when something begins to happen more often than usual, and when it ends: a cumulative sum of log-likelihood
/// ratios (E. S. Page, "Continuous Inspection Schemes", Biometrika 41, 1954).
///
/// The sum is the evidence for a change, and falls to 0 while there is none; a change is reported when the evidence is
/// strong, with the time at which the sum began to rise. So a report may come late, but says when it was.
public struct ChangeDetector: Sendable {
    /// A change.
    public enum Change: Hashable, Sendable {
        /// It happens more often, from this observation on.
        case began(Instant)
        /// It happens as often as usual again, from this observation on.
        case ended(Instant)
    }

    /// The share of observations in which it usually happens: more than 0, less than `raised`.
    public let usual: Double
    /// The least share that counts as a change: less than 1.
    public let raised: Double
    /// The evidence that is required: a natural logarithm. A false report is about `exp(threshold)` times less probable
    /// than a single unusual observation.
    public let threshold: Double

    /// Whether it happens more often than usual.
    public private(set) var isRaised = false
    private var evidence = 0.0
    /// The first observation of the evidence.
    private var since: Instant?
    /// The observations since the change, until the evidence for its end, and how many of them are events.
    private var certain = Count()
    /// The observations of the evidence.
    private var uncertain = Count()

    private struct Count {
        var events = 0.0
        var all = 0.0
    }

    public init(usual: Double, raised: Double, threshold: Double) {
        self.usual = usual
        self.raised = raised
        self.threshold = threshold
    }

    /// The rate since the change, at least `raised`: the end of a high rate is found sooner.
    private var rate: Double { min(max(certain.events / max(certain.all, 1), raised), 0.99) }

    /// Adds an observation; they are in the order of time.
    public mutating func add(_ happened: Bool, at instant: Instant) -> Change? {
        let other = isRaised ? rate : raised
        let ratio = happened ? log(other / usual) : log((1 - other) / (1 - usual))
        uncertain.all += 1
        if happened { uncertain.events += 1 }
        evidence = max(evidence + (isRaised ? -ratio : ratio), 0)
        guard evidence > 0 else {
            since = nil
            if isRaised {
                certain.events += uncertain.events
                certain.all += uncertain.all
            }
            uncertain = Count()
            return nil
        }
        let start = since ?? instant
        since = start
        guard evidence >= threshold else { return nil }
        isRaised.toggle()
        evidence = 0
        since = nil
        certain = uncertain
        uncertain = Count()
        return isRaised ? .began(start) : .ended(start)
    }
}
