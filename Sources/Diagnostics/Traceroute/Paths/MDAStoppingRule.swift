/// How many flows through one router are enough to know where it sends them.
///
/// The rule of the multipath detection algorithm (Augustin, Friedman and
/// Teixeira, "Measuring load-balanced paths in the Internet", 2007; Veitch et
/// al., "Failure control in multipath route tracing", 2009): having seen k
/// successors, go on until k + 1 equally likely ones would hardly have shown
/// only k. With n flows one of K is missed with a probability of at most
/// K (1 - 1/K)^n, which is to stay below a router's share of what may go wrong.
public struct MDAStoppingRule: Sendable {
    /// Routers that spread load, among which the whole chance of an error is shared.
    private static let branchings = 6.0

    private let failure: Double

    /// - Parameter confidence: that everything is found, above 0 and below 1.
    public init(confidence: Double) {
        failure = (1 - confidence) / Self.branchings
    }

    /// Flows that are enough when `successors` have been seen: at 95 % 8, 15, 22, 29 ...
    func flows(_ successors: Int) -> Int {
        let alternatives = Double(max(successors, 1) + 1)
        return Int((naturalLogarithm(failure / alternatives) / naturalLogarithm(1 - 1 / alternatives)).rounded(.up))
    }
}
