// swift-tools-version: 6.2
import PackageDescription

/// The Swift 6 language mode; views over bytes are `~Escapable`, engines `~Copyable`.
let systemSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableExperimentalFeature("Lifetimes"),
    .enableExperimentalFeature("SuppressedAssociatedTypes"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// Outside the room that talks to the kernel every unsafe expression is marked where it stands.
let settings = systemSettings + [.strictMemorySafety()]

let package = Package(
    name: "swift-net",
    products: [
        .executable(name: "swift-net", targets: ["swift-net"]),
        .library(name: "WireFormat", targets: ["WireFormat"]),
        .library(name: "PacketEngine", targets: ["PacketEngine"]),
        .library(name: "LinuxProcess", targets: ["LinuxProcess"]),
        .library(name: "LinuxNet", targets: ["LinuxNet"]),
        .library(name: "HostStack", targets: ["HostStack"]),
        .library(name: "Diagnostics", targets: ["Diagnostics"]),
        .library(name: "SwiftNet", targets: ["SwiftNet"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Bytes to values and back. Knows no system, no tool.
        .target(name: "WireFormat", swiftSettings: settings),

        // The seam between tools and the world: engines, packets, time.
        .target(name: "PacketEngine", dependencies: ["WireFormat"], swiftSettings: settings),

        // What a process has of the kernel besides the network: files, streams, the terminal, clocks, randomness,
        // signals and the event loop.
        .target(name: "CLinux"),
        .target(
            name: "LinuxProcess", dependencies: ["WireFormat", "PacketEngine", "CLinux"],
            swiftSettings: systemSettings),

        // The kernel's network: sockets, netlink, privileges and names.
        .systemLibrary(name: "CLibcap", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
        .systemLibrary(name: "CCares", pkgConfig: "libcares", providers: [.apt(["libc-ares-dev"])]),
        .systemLibrary(name: "CIdn2", pkgConfig: "libidn2", providers: [.apt(["libidn2-dev"])]),
        .target(
            name: "LinuxNet",
            dependencies: [
                "WireFormat", "PacketEngine", "LinuxProcess", "CLinux", "CLibcap", "CCares", "CIdn2",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: systemSettings
        ),

        .testTarget(
            name: "LinuxNetTests",
            dependencies: ["LinuxNet", "LinuxProcess", "PacketEngine", "WireFormat"],
            swiftSettings: settings
        ),

        // A host's protocols without a kernel.
        .target(
            name: "HostStack",
            dependencies: [
                "WireFormat", "PacketEngine", .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings),

        // A session of TLS without sockets, and what else OpenSSL does better than we would.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(name: "SwiftNetTLS", dependencies: ["WireFormat", "COpenSSL"], swiftSettings: systemSettings),

        .testTarget(
            name: "SwiftNetTLSTests", dependencies: ["SwiftNetTLS", "COpenSSL", "WireFormat"],
            swiftSettings: systemSettings),

        // A session of HTTP/2 without sockets.
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .target(name: "SwiftNetHTTP2", dependencies: ["WireFormat", "CNghttp2"], swiftSettings: systemSettings),

        .testTarget(
            name: "SwiftNetHTTP2Tests", dependencies: ["SwiftNetHTTP2", "CNghttp2", "WireFormat"],
            swiftSettings: systemSettings),

        // Compressed text by zlib, brotli and Zstandard.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CBrotli", pkgConfig: "libbrotlidec", providers: [.apt(["libbrotli-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(
            name: "SwiftNetCompression", dependencies: ["CZlib", "CBrotli", "CZstd"], swiftSettings: systemSettings),

        // The tools, as engines without sockets.
        .target(
            name: "Diagnostics",
            dependencies: [
                "WireFormat", "PacketEngine", "HostStack", "SwiftNetTLS", "SwiftNetHTTP2", "SwiftNetCompression",
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings),

        // The signatures of web servers, one a product and range of its versions, and what was learned from them.
        .target(name: "CSignatureData", exclude: ["Data"]),
        .target(
            name: "SwiftNetSignatures", dependencies: ["CSignatureData", "SwiftNetCompression"], exclude: ["Products"],
            swiftSettings: systemSettings),

        // The toolkit as a library: what joins engines to the kernel.
        .target(
            name: "SwiftNet",
            dependencies: [
                "WireFormat", "PacketEngine", "LinuxProcess", "LinuxNet", "HostStack", "Diagnostics", "SwiftNetTLS",
                "SwiftNetSignatures", "SwiftNetCompression",
            ],
            swiftSettings: settings),

        .testTarget(
            name: "SwiftNetTests", dependencies: ["SwiftNet", "LinuxProcess", "PacketEngine"],
            swiftSettings: settings),

        // What lets the executable stand alone: no name service modules, no /proc.
        .target(name: "CStandalone"),

        // The command line.
        .executableTarget(
            name: "swift-net",
            dependencies: [
                "CStandalone",
                "WireFormat", "PacketEngine", "LinuxProcess", "HostStack", "Diagnostics", "SwiftNet",
                "SwiftNetTLS", "SwiftNetHTTP2", "SwiftNetSignatures", "SwiftNetCompression",
            ],
            swiftSettings: settings
        ),

        // Console code that knows no tool.
        .testTarget(
            name: "ConsoleTests", dependencies: ["swift-net", "SwiftNet", "LinuxProcess"], swiftSettings: settings),

        // What the unit tests, the oracle's and the fuzzer share.
        .target(
            name: "WireFormatTestSupport",
            dependencies: ["WireFormat"],
            path: "Tests/WireFormatTestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "WireFormatTests",
            dependencies: ["WireFormat", "WireFormatTestSupport"],
            swiftSettings: settings
        ),
        // Hosts on a wire that is not kind.
        .target(
            name: "HostStackTestSupport",
            dependencies: ["HostStack", "PacketEngine", "WireFormat", "WireFormatTestSupport"],
            path: "Tests/HostStackTestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "HostStackTests",
            dependencies: ["HostStack", "HostStackTestSupport", "PacketEngine", "WireFormat", "WireFormatTestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DiagnosticsTests",
            dependencies: [
                "Diagnostics", "HostStack", "HostStackTestSupport", "PacketEngine", "SwiftNetSignatures", "WireFormat",
            ],
            swiftSettings: settings
        ),
        // A faulty wire for the lab.
        .executableTarget(
            name: "lab-relay",
            dependencies: [
                "WireFormat", "PacketEngine", "LinuxProcess", "LinuxNet",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            path: "Tests/LabRelay",
            swiftSettings: settings
        ),
        // A process with several threads that gives up its privileges.
        .executableTarget(
            name: "privilege-trial",
            dependencies: ["LinuxNet", "LinuxProcess"],
            path: "Tests/PrivilegeTrial",
            swiftSettings: systemSettings
        ),
        .testTarget(
            name: "LabTests",
            dependencies: [
                "HostStackTestSupport", "WireFormat", "WireFormatTestSupport", "PacketEngine", "LinuxProcess",
                "LinuxNet", "SwiftNetSignatures",
                "swift-net",
                "lab-relay",
                "privilege-trial",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            exclude: ["Adversary", "DHCPServer", "NameServer", "Oracle", "Stations"],
            swiftSettings: settings
        ),
    ]
)

/// Trials and generators of test data, which `make` builds by name with SWIFT_NET_TRIALS=1 in the environment. The default
/// build and the tests do without them.
let trials: [Target] = [
    .executableTarget(
        name: "fuzz-corpus",
        dependencies: ["HostStackTestSupport", "WireFormatTestSupport", "LinuxProcess"],
        path: "Tests/FuzzCorpus",
        swiftSettings: settings
    ),
    // A scan of a /8 in a simulated network, for a build with optimizations.
    .executableTarget(
        name: "scan-trial",
        dependencies: ["Diagnostics", "PacketEngine", "WireFormat"],
        path: "Tests/ScanTrial",
        swiftSettings: settings
    ),
    // Ten megabytes between two hosts over a bad wire, in a hundred seeds, for a build with optimizations.
    .executableTarget(
        name: "host-trial",
        dependencies: ["HostStack", "HostStackTestSupport", "LinuxProcess", "PacketEngine"],
        path: "Tests/HostTrial",
        swiftSettings: settings
    ),
    // Thousands of hosts that a monitor pings, for a build with optimizations.
    .executableTarget(
        name: "monitor-trial",
        dependencies: ["Diagnostics", "PacketEngine", "SwiftNet", "WireFormat"],
        path: "Tests/MonitorTrial",
        swiftSettings: settings
    ),
    // Names every configuration of the signatures by all others.
    .executableTarget(
        name: "fingerprint-trial",
        dependencies: ["Diagnostics", "LinuxProcess", "SwiftNetSignatures"],
        path: "Tests/FingerprintTrial",
        swiftSettings: settings
    ),
]

if Context.environment["SWIFT_NET_TRIALS"] != nil { package.targets += trials }
