/// Probes whose SYN met a half-open connection of another, to be sent once more, one at a time.
struct HalfOpenQueue: Sendable {
    /// How often one is sent at the most, before it counts as unanswered.
    private static let attempts = 4

    private var places: [Int] = []
    /// Times that the first has been sent.
    private var count = 0
    private var isUnderWay = false

    /// What is to be sent now.
    var next: Int? { isUnderWay ? nil : places.first }

    func contains(_ place: Int) -> Bool { places.contains(place) }

    mutating func append(_ place: Int) { places.append(place) }

    /// The first was sent.
    mutating func begin() {
        isUnderWay = true
        count += 1
    }

    /// Whether a probe that got no answer is to be sent again.
    mutating func retries(_ place: Int) -> Bool {
        guard places.first == place, isUnderWay, count < Self.attempts else { return false }
        isUnderWay = false
        return true
    }

    /// A probe is done with.
    mutating func end(_ place: Int) {
        guard let index = places.firstIndex(of: place) else { return }
        places.remove(at: index)
        guard index == 0 else { return }
        count = 0
        isUnderWay = false
    }
}
