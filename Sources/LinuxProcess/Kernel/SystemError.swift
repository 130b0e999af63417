import CLinux

/// A failed system call.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The error number (errno).
    public var code: Int32
    /// The failed operation: the system call, or the C name of the socket option.
    public var operation: String
    /// The reason of a failure that is not a system error.
    private var reason: String?

    public init(code: Int32, operation: String, reason: String? = nil) {
        self.code = code
        self.operation = operation
        self.reason = reason
    }

    /// Returns the error of the calling thread's last system call.
    package static func last(_ operation: String) -> SystemError {
        SystemError(code: clinux_errno(), operation: operation)
    }

    /// The system's message for the error, or the reason.
    public var message: String { reason ?? Self.message(code) }

    /// Returns the system's message for an error number.
    public static func message(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard let text = strerror_r(code, &buffer, buffer.count) else { return "error \(code)" }
        return String(cString: text)
    }

    public var description: String { "\(operation): \(message)" }

    /// Whether it is ENOENT.
    public var isMissingFile: Bool { code == ENOENT }

    /// EAFNOSUPPORT.
    public static let familyNotSupported = CLinux.EAFNOSUPPORT
    /// EAI_ADDRFAMILY, as the message of gai_strerror(3).
    public static let addressFamilyNotFound = "Address family for hostname not supported"
    /// EADDRNOTAVAIL.
    public static let addressNotAvailable = CLinux.EADDRNOTAVAIL

    /// ENETDOWN: the interface of a packet socket is down or no longer exists.
    public var isInterfaceDown: Bool { code == ENETDOWN }

    /// ENOENT: the file does not exist.
    public var isMissing: Bool { code == ENOENT }

    /// Whether the process lacks a privilege for the call.
    public var isPermission: Bool { code == EPERM || code == EACCES }
}
