/// Probes whose SYN met the target's half-open connection of another probe, to be retried one at a time.
struct HalfOpenQueue: Sendable {
    /// The maximum number of retries per probe before it counts as unanswered.
    private static let attempts = 4

    private var indices: [Int] = []
    /// The number of times that the first probe was sent.
    private var count = 0
    private var isUnderWay = false

    /// The probe to send now.
    var next: Int? { isUnderWay ? nil : indices.first }

    func contains(_ index: Int) -> Bool { indices.contains(index) }

    mutating func append(_ index: Int) { indices.append(index) }

    /// Notes that the first probe was sent.
    mutating func begin() {
        isUnderWay = true
        count += 1
    }

    /// Whether an unanswered probe must be sent again.
    mutating func retries(_ index: Int) -> Bool {
        guard indices.first == index, isUnderWay, count < Self.attempts else { return false }
        isUnderWay = false
        return true
    }

    /// Removes a finished probe.
    mutating func end(_ index: Int) {
        guard let position = indices.firstIndex(of: index) else { return }
        indices.remove(at: position)
        guard position == 0 else { return }
        count = 0
        isUnderWay = false
    }
}
