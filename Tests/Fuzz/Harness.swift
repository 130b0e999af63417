import Glibc
import HostStackTestSupport
import SwiftNetHTTP2
import WireFormat
import WireFormatTestSupport

/// The consumer of the bytes.
private enum Target {
    /// An entry point of the wire format.
    case wire(FuzzTarget)
    /// A whole host: the bytes are frames for it.
    case host
    /// A session of HTTP/2 with two requests: the bytes are those of the server.
    case http2

    /// The target named by FUZZ_TARGET.
    static let named: Target = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        if name == "host" { return .host }
        if name == "http2" { return .http2 }
        guard let target = FuzzTarget(rawValue: name) else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
            print("invalid FUZZ_TARGET (expected host, http2, \(names))")
            exit(2)
        }
        return .wire(target)
    }()

    func problem(_ bytes: RawSpan) -> String? {
        switch self {
        case .wire(let target): target.problem(bytes)
        case .host: FrameStream(bytes).problem()
        case .http2: Self.http2Problem(bytes)
        }
    }

    /// The first byte is the length of the pieces in which the others arrive.
    private static func http2Problem(_ bytes: RawSpan) -> String? {
        guard bytes.byteCount > 1 else { return nil }
        var configuration = HTTP2Configuration()
        configuration.reportsFrames = true
        var bytesOfData = 0
        var outputCount = 0
        do throws(HTTP2Failure) {
            var session = try HTTP2Session(configuration)
            let get = [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/")].map {
                HTTPField(name: Array($0.0.utf8), value: Array($0.1.utf8))
            }
            for _ in 0..<2 { _ = try session.submit(get) }
            let piece = Int(bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self)) + 1
            var offset = 1
            while offset < bytes.byteCount {
                let end = min(offset + piece, bytes.byteCount)
                try session.receive(bytes.extracting(offset..<end))
                session.drain {
                    if case .data(_, let bytes) = $0 { bytesOfData += bytes.count }
                    if case .frame(let frame) = $0, frame.description.isEmpty { outputCount = .max }
                }
                outputCount += session.takeOutput().count
                offset = end
            }
        } catch {
            if error.message.isEmpty { return "a failure without a message" }
        }
        if bytesOfData > bytes.byteCount { return "more data than was received" }
        // An acknowledgment of 17 bytes for each frame of 9 at least.
        return outputCount > 512 + bytes.byteCount * 4 ? "\(outputCount) bytes of output" : nil
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
