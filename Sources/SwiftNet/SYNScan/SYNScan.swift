import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Finds open TCP ports by half-open connections: a SYN to each port, and a reset if it is open (RFC 9293, section
/// 3.5).
///
///     let configuration = SYNScan.Configuration(ports: [22, 80, 443])
///     let summary = try SYNScan.run(["198.51.100.0/24"], configuration) { event in
///         if case .finding(let port) = event, port.state == .open { print(port.address, port.port) }
///     }
///     print("open", summary.open)
///
/// It needs CAP_NET_RAW.
public enum SYNScan: Tool {
    /// Ports, banners, and unreliable hosts.
    public typealias Event = ScanEvent
    public typealias Summary = ScanSummary

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter targets: names, addresses, networks (`192.0.2.0/24`), ranges and octet lists (`192.0.2.1-20`,
    ///   `192.0.2.1,5,7-9`). Targets named twice are scanned once.
    public static func prepare(
        _ targets: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try prepare(targets, reading: nil, configuration, options: options)
    }

    /// - Parameter input: further targets, scanned as they are read; only for a whole scan, from its start, with this
    ///   host's addresses as sources.
    package static func prepare(
        _ targets: [String], reading input: TargetInput<GivenTarget>?, _ configuration: Configuration,
        options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping {
            try configuration.check()
            return try Prepared(
                ScanTargets.expressions(targets, isOnlyTarget: targets.count == 1 && input == nil), input,
                excludes: ScanTargets.expressions(configuration.excludes, isOnlyTarget: false), configuration, options)
        }
    }

    /// A scan with resolved targets and next hops.
    public final class Prepared: PreparedScan, PreparedEngineRun {
        public typealias Running = SYNScanEngine
        public typealias Event = ScanEvent
        public typealias Summary = ScanSummary

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> ScanSummary where Observer.Observed == SYNScanEngine {
            try runEngine(reportingTo: &observer)
        }
    }
}
