/// Probes whose SYN met the target's half-open connection of another probe, to be retried one at a time.
struct HalfOpenQueue: Sendable {
    /// The maximum number of retries per probe before it counts as unanswered.
    private static let attempts = 4

    private var places: [Int] = []
    /// The number of times that the first probe was sent.
    private var count = 0
    private var isUnderWay = false

    /// The probe to send now.
    var next: Int? { isUnderWay ? nil : places.first }

    func contains(_ place: Int) -> Bool { places.contains(place) }

    mutating func append(_ place: Int) { places.append(place) }

    /// Notes that the first probe was sent.
    mutating func begin() {
        isUnderWay = true
        count += 1
    }

    /// Whether an unanswered probe must be sent again.
    mutating func retries(_ place: Int) -> Bool {
        guard places.first == place, isUnderWay, count < Self.attempts else { return false }
        isUnderWay = false
        return true
    }

    /// Removes a finished probe.
    mutating func end(_ place: Int) {
        guard let index = places.firstIndex(of: place) else { return }
        places.remove(at: index)
        guard index == 0 else { return }
        count = 0
        isUnderWay = false
    }
}
