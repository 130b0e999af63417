import PacketEngine
import WireFormat

/// The order of the scan: which probe is at an index, and how it is sent.
extension ScanEngine {
    /// Appends the probe at an index of the scan order. Returns false if the batch is full.
    @inline(__always)
    mutating func append(_ index: UInt64, to batch: inout PacketBatch) -> Bool {
        guard batch.room > 0 else { return false }
        let number = permutation[index &* shardStride &+ shardOffset]
        let (host, portIndex) = number.quotientAndRemainder(dividingBy: portCount)
        let target = Int(truncatingIfNeeded: host)
        let port = configuration.ports[Int(truncatingIfNeeded: portIndex)]
        let address = configuration.targets[target].withoutScope
        let route = routeIndex(of: target)
        return method.append(
            ScanProbe(
                target: address, port: port, route: route,
                mac: reachesEachByItself ? mac(of: target, route: route) : nil,
                sourcePort: configuration.sourcePort &+ UInt16(truncatingIfNeeded: round)),
            token: index, to: &batch)
    }

    /// Marks a probe that is not to be sent as finished, without a result.
    /// - Returns: false if it is to be sent.
    mutating func skip(_ index: UInt64) -> Bool {
        let (host, address, port) = target(at: index)
        let isSilent = discovery?.isSilent(host) ?? false
        guard isSilent || configuration.skippedPorts.contains(port) || configuration.skippedTargets.contains(address)
        else { return false }
        _ = window.decide(index)
        // Not evaluated, as if an ICMP error had answered it.
        if reviewsHosts { window.errors.insert(index) }
        return true
    }

    func mac(of target: Int, route: Int) -> MACAddress? {
        guard case .targets(let macs) = configuration.routes[route].nextHop else { return nil }
        return macs[target &- configuration.routes[route].targets.lowerBound]
    }

    /// Returns the route to a target; routes are in the order of the targets.
    @inline(__always)
    func routeIndex(of target: Int) -> Int {
        var low = 0
        var high = configuration.routes.count &- 1
        while low < high {
            let middle = (low &+ high &+ 1) / 2
            if configuration.routes[middle].targets.lowerBound <= target { low = middle } else { high = middle &- 1 }
        }
        return low
    }

    func target(at index: UInt64) -> (host: Int, IPAddress, UInt16) {
        let number = permutation[index * shardStride + shardOffset]
        let host = Int(number / portCount)
        return (host, configuration.targets[host], configuration.ports[Int(number % portCount)])
    }
}
