// swift-tools-version: 6.2
import PackageDescription

// A separate package, so that builds of the tool do not depend on it.
let package = Package(
    name: "swift-net-benchmarks",
    dependencies: [
        .package(name: "swift-net", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        // The peer: the same sum in C, with the compiler's vectors.
        .target(name: "CVectorChecksum", cSettings: [.unsafeFlags(["-O3"])]),
        // The peer: a walk over a packet's layers in C, and a count of allocations.
        .target(name: "CPacketWalk", cSettings: [.unsafeFlags(["-O3"])]),
        .executableTarget(
            name: "WireFormatBenchmarks",
            dependencies: [
                "CPacketWalk",
                "CVectorChecksum",
                .product(name: "WireFormat", package: "swift-net"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/WireFormatBenchmarks",
            swiftSettings: [.swiftLanguageMode(.v6)],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ]
)
