import PacketEngine

/// An engine that runs on one Ethernet link and ends with a summary.
public protocol LinkEngine: Engine, ~Copyable, SendableMetatype {
    associatedtype Configuration: Sendable
    associatedtype Summary: LinkSummary

    init(_ configuration: Configuration)

    /// The result so far.
    var summary: Summary { get }
}

/// The result of a run on one link.
public protocol LinkSummary: Sendable {
    /// The reason why a frame could not be sent, which ended the run; nil for none.
    var failure: TransmissionFailure? { get }
    /// Whether the run found what it was for.
    var isFound: Bool { get }
    /// Whether the absence of replies is a result.
    var isConclusive: Bool { get }
}

extension LinkSummary {
    public var isConclusive: Bool { true }
}
