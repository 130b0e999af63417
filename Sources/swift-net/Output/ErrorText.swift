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
