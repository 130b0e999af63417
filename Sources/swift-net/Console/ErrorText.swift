/// An error in the command line; the exit status is 2.
struct UsageError: Error {
    var message: String
    init(_ message: String) { self.message = message }
}

/// The command cannot run; the exit status is 2.
struct CannotRun: Error {
    var message: String
    /// Lines that explain what to do.
    var hints: [String] = []
}

/// The text of errors.
enum ErrorText {
    /// Returns the description of an error for users, never the Swift name of its type or case.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as UsageError: error.message
        case let error as CannotRun: error.message
        case let error as any CustomStringConvertible: error.description
        default: "unknown error"
        }
    }
}
