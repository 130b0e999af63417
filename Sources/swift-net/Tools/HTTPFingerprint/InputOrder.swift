/// Holds items back until all before them have come.
struct InputOrder<Item> {
    private var waiting: [Int: Item] = [:]
    private var next = 0

    /// Takes an item, and returns those whose turn it is.
    mutating func take(_ item: Item, number: Int) -> [Item] {
        waiting[number] = item
        var ready: [Item] = []
        while let item = waiting.removeValue(forKey: next) {
            ready.append(item)
            next += 1
        }
        return ready
    }

    /// Returns those that still wait, in order: one before them never came.
    mutating func rest() -> [Item] {
        defer { waiting = [:] }
        return waiting.sorted { $0.key < $1.key }.map(\.value)
    }
}
