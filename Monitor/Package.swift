// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableExperimentalFeature("Lifetimes"), .enableUpcomingFeature("ExistentialAny"),
]

// A separate package: users of the tools and of the library build no database and no web server.
let package = Package(
    name: "swift-net-monitor",
    products: [.executable(name: "swift-net-monitor", targets: ["swift-net-monitor"])],
    dependencies: [
        .package(name: "swift-net", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // Checks, their results, what became of them, and the texts made of that. Knows no clock, file or socket.
        .target(
            name: "MonitorCore",
            dependencies: [.product(name: "SwiftNet", package: "swift-net")],
            swiftSettings: settings),

        // History in SQLite.
        .target(
            name: "MonitorStore",
            dependencies: [
                "MonitorCore", .product(name: "SwiftNet", package: "swift-net"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),

        // The page, the interface for programs, and the metrics.
        .target(name: "CMonitorAssets", exclude: ["Assets"]),
        .target(
            name: "MonitorWeb",
            dependencies: [
                "MonitorCore", "MonitorStore", "CMonitorAssets",
                .product(name: "SwiftNet", package: "swift-net"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
            ],
            swiftSettings: settings),

        // The command line, the configuration file, the probes' threads.
        .executableTarget(
            name: "swift-net-monitor",
            dependencies: [
                "MonitorCore", "MonitorStore", "MonitorWeb",
                .product(name: "SwiftNet", package: "swift-net"),
                .product(name: "LinuxProcess", package: "swift-net"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            swiftSettings: settings),

        .testTarget(
            name: "MonitorTests",
            dependencies: [
                "MonitorCore", "MonitorStore", "MonitorWeb", "swift-net-monitor",
                .product(name: "SwiftNet", package: "swift-net"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: settings),
    ]
)
