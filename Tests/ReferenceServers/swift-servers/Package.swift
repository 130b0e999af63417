// swift-tools-version: 6.1
import PackageDescription

// Servers written in Swift, only for `make signatures`; building the tool does not build them.
let package = Package(
    name: "swift-servers",
    platforms: [.macOS(.v14)],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    ],
    targets: [
        .executableTarget(
            name: "hummingbird-server", dependencies: [.product(name: "Hummingbird", package: "hummingbird")]),
        .executableTarget(
            name: "flyingfox-server", dependencies: [.product(name: "FlyingFox", package: "FlyingFox")]),
    ]
)
