import Testing

/// Runs the cases of a test beside each other: for tests that wait most of their time, each in a lab of its own.
/// - Parameter limit: cases at a time.
func together<Case: Sendable>(
    _ cases: [Case], atMost limit: Int = 4, _ body: @escaping @Sendable (Case) async throws -> Void
) async {
    await withTaskGroup(of: Void.self) { group in
        for (index, item) in cases.enumerated() {
            if index >= limit { await group.next() }
            group.addTask {
                do { try await body(item) } catch { Issue.record("\(item): \(error)") }
            }
        }
    }
}
