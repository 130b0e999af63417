import Glibc
import HostStackTestSupport
import WireFormat
import WireFormatTestSupport

/// The consumer of the bytes.
private enum Target {
    /// An entry point of the wire format.
    case wire(FuzzTarget)
    /// A whole host: the bytes are frames for it.
    case host

    /// The target named by FUZZ_TARGET.
    static let named: Target = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        if name == "host" { return .host }
        guard let target = FuzzTarget(rawValue: name) else {
            print("invalid FUZZ_TARGET (expected host, \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")))")
            exit(2)
        }
        return .wire(target)
    }()

    func problem(_ bytes: RawSpan) -> String? {
        switch self {
        case .wire(let target): target.problem(bytes)
        case .host: FrameStream(bytes).problem()
        }
    }
}

/// Called by libFuzzer with every input. A trap, an access out of bounds or a value
/// that does not write the bytes from which it was parsed ends the run.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // A copy of the exact length, so that the sanitizer sees every byte beyond it.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    if let problem = Target.named.problem(bytes.span.bytes) {
        print("\(Target.named): \(problem)")
        fflush(nil)
        abort()
    }
    return 0
}
