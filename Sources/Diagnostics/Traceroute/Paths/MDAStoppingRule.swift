/// The number of flows through one router that show all its next hops with a given confidence.
///
/// The stopping rule of the multipath detection algorithm (Augustin, Friedman and Teixeira, "Measuring load-balanced
/// paths in the Internet", 2007; Veitch et al., "Failure control in multipath route tracing", 2009): after k
/// successors, continue until k + 1 equally likely successors would hardly have shown only k. With n flows, one of K
/// successors is missed with a probability of at most K (1 - 1/K)^n, which must be below the router's share of the
/// allowed error.
public struct MDAStoppingRule: Sendable {
    /// The number of load-balancing routers among which the allowed error is shared.
    private static let branchings = 6.0

    private let failure: Double

    /// - Parameter confidence: the probability that every path is found, above 0 and below 1.
    public init(confidence: Double) {
        failure = (1 - confidence) / Self.branchings
    }

    /// Returns the number of flows that suffices after `successors`: at 95 %, 8, 15, 22, 29 ...
    func flows(_ successors: Int) -> Int {
        let alternatives = Double(max(successors, 1) + 1)
        return Int((naturalLogarithm(failure / alternatives) / naturalLogarithm(1 - 1 / alternatives)).rounded(.up))
    }
}
