/// A mistake in the command line, exit status 2.
struct UsageError: Error {
    var message: String
    init(_ message: String) { self.message = message }
}

/// The run cannot begin; with lines that help.
struct CannotRun: Error {
    var message: String
    var hints: [String] = []
}

/// Errors in words.
enum ErrorText {
    /// Why something failed, for people: never Swift's name of an error.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as UsageError: error.message
        case let error as CannotRun: error.message
        case let error as any CustomStringConvertible: error.description
        default: "it failed for a reason that has no description"
        }
    }
}
