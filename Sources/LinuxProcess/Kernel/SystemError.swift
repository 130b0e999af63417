import CLinux

/// A system call that failed.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// errno.
    public var code: Int32
    /// What was tried: the call, or the option by its C name.
    public var operation: String
    /// Why it was refused, where it was not the system that refused it.
    private var reason: String?

    public init(code: Int32, operation: String, reason: String? = nil) {
        self.code = code
        self.operation = operation
        self.reason = reason
    }

    /// The error that the last call of this thread left behind.
    package static func last(_ operation: String) -> SystemError {
        SystemError(code: clinux_errno(), operation: operation)
    }

    /// The system's words for the error, or the reason of a refusal.
    public var message: String { reason ?? Self.message(code) }

    /// The system's words for an error number.
    public static func message(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard let text = strerror_r(code, &buffer, buffer.count) else { return "error \(code)" }
        return String(cString: text)
    }

    public var description: String { "\(operation): \(message)" }

    /// EAFNOSUPPORT.
    public static let familyNotSupported = CLinux.EAFNOSUPPORT
    /// EAI_ADDRFAMILY, in getaddrinfo(3)'s words.
    public static let addressFamilyNotFound = "Address family for hostname not supported"
    /// EADDRNOTAVAIL.
    public static let addressNotAvailable = CLinux.EADDRNOTAVAIL

    /// ENETDOWN: the interface of a packet socket is down or gone.
    public var isInterfaceDown: Bool { code == ENETDOWN }

    /// ENOENT: there is no such file.
    public var isMissing: Bool { code == ENOENT }

    /// The call needs a privilege that the process does not have.
    public var isPermission: Bool { code == EPERM || code == EACCES }
}
