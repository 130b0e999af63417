import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

extension TargetInput<String> {
    /// The maximum number of waiting URLs; at the maximum, reading pauses.
    private static var mostWaiting: Int { 1_000 }

    /// Adds the URLs read so far to an engine, and lets the run end when the input has ended.
    /// - Parameter plan: creates the plan of a URL and its number in the run; nil if it is invalid.
    /// - Returns: the latest time of the next call.
    func feed<Plan>(
        _ engine: inout HTTPEngine<Plan>, reactor: Reactor, at now: Instant,
        plan: (_ url: String, _ number: Int) -> Plan?
    ) -> Instant? {
        guard engine.expectsMore else { return nil }
        let texts = take(isWanted: engine.waitingCount < Self.mostWaiting, reactor: reactor)
        for text in texts {
            if let plan = plan(text, engine.summary.targets) { engine.add(plan) }
        }
        engine.expectsMore = !isOver
        return engine.expectsMore && texts.isEmpty ? nil : now
    }
}

extension EndpointOverrides {
    /// Parses URLs and looks up the interface indexes of their zones.
    /// - Parameters:
    ///   - family: the only address family that URLs may name; nil for both.
    ///   - interface: the only interface for connections; nil for any.
    mutating func urls(
        _ texts: [String], _ family: IPAddress.Family?, interface: String? = nil
    ) throws -> [HTTPURL] {
        if let family, let address = restrict(to: family) {
            try SwiftNetError.check(address, isOf: family, "--resolve \(address)")
        }
        let urls = try texts.map { text in
            let url: HTTPURL
            do throws(HTTPURL.Problem) {
                url = try HTTPURL(text)
            } catch {
                throw SwiftNetError(.invalidArgument, nil, "'\(text)' is not a URL: \(error)")
            }
            guard allows(url, family) else {
                throw SwiftNetError(.invalidArgument, text, SystemError.addressFamilyNotFound)
            }
            return url
        }
        if urls.contains(where: \.hasZone) || proxies.hasZone {
            for interface in try Interface.all() { zones[interface.name] = interface.index }
        }
        for (url, text) in zip(urls, texts) {
            guard case .address(_, let zone?) = url.host else { continue }
            try Destination.checkZone(
                Destination.index(ofZone: zone, text), text, interface: interface.flatMap(Interface.index) ?? 0)
        }
        return urls
    }
}
