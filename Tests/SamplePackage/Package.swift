// swift-tools-version: 6.2
import PackageDescription

// A separate package that imports only SwiftNet. SWIFT_NET is the path of the repository.
let package = Package(
    name: "sample",
    dependencies: [.package(name: "swift-net", path: Context.environment["SWIFT_NET"] ?? "../..")],
    targets: [
        .executableTarget(name: "sample", dependencies: [.product(name: "SwiftNet", package: "swift-net")])
    ]
)
