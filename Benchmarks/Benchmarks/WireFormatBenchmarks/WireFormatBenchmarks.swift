import Benchmark
import CVectorChecksum
import WireFormat

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput], warmupIterations: 10, scalingFactor: .kilo, maxDuration: .seconds(2),
        maxIterations: 10_000)

    for length in [1_500, 65_536] {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        Benchmark("checksum \(length) bytes, WireFormat") { benchmark in
            for _ in benchmark.scaledIterations { blackHole(InternetChecksum.of(bytes.rawBytes)) }
        }
        Benchmark("checksum \(length) bytes, C with vectors") { benchmark in
            bytes.withUnsafeBytes { buffer in
                for _ in benchmark.scaledIterations { blackHole(c_vector_checksum(buffer.baseAddress, buffer.count)) }
            }
        }
    }

    let echo = ICMPv4Message(
        .echoRequest(ICMPEcho(identifier: 1, sequenceNumber: 1, data: [UInt8](repeating: 7, count: 56)))
    ).encoded()
    let datagram =
        IPv4Header(source: .loopback, destination: .loopback, protocol: .icmp, payloadLength: echo.count).encoded()
        + echo
    Benchmark("view of an echo, both headers") { benchmark in
        for _ in benchmark.scaledIterations {
            guard let header = try? IPv4View(datagram.rawBytes), let message = try? ICMPv4View(header.payload) else {
                continue
            }
            blackHole(message.sequenceNumber)
        }
    }
}
