import Glibc
import WireFormat
import WireFormatTestSupport

/// The entry point that FUZZ_TARGET names.
private let target: FuzzTarget = {
    guard let name = getenv("FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name)) else {
        print("FUZZ_TARGET is none of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
        exit(2)
    }
    return target
}()

/// What libFuzzer calls with every input. A trap, a leak of bounds or a value
/// that does not write what it was read from ends the run.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // A copy of the exact length, so that the sanitizer sees every byte beyond it.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    if let problem = target.problem(bytes.span.bytes) {
        print("\(target): \(problem)")
        fflush(nil)
        abort()
    }
    return 0
}
