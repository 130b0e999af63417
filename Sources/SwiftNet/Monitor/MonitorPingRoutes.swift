import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// A target of `MonitorPing` as it was given.
struct MonitorPingTarget {
    var text: String
    var expression: TargetExpression
}

/// The addresses and routes of a monitor's targets, which it follows while it runs.
///
/// A name is resolved again every minute, and every 10 seconds while that fails. Its address stays in use as long as it
/// is one of the name's addresses, and when the name servers do not answer.
final class MonitorPingRoutes {
    let targets: [MonitorPingTarget]
    let sockets: PingSockets
    private let probe: Ping.Configuration
    private let session: Session
    private let requirements: Destination.Requirements
    private let firstIdentification = UInt16.random(in: 0...UInt16.max)
    /// The targets that are looked up next, in order of time.
    private var appointments: [(time: Instant, target: Int)] = []
    /// The results of lookups since the last step.
    private var results: [(target: Int, answer: Resolver.Resolution)] = []
    private var openCount = 0

    private static let period = Nanoseconds.seconds(60)
    private static let retryPeriod = Nanoseconds.seconds(10)
    /// The number of names that are looked up at a time: the others of thousands follow.
    private static let mostOpen = 50

    init(
        _ targets: [MonitorPingTarget], _ probe: Ping.Configuration, _ sockets: PingSockets, _ session: Session
    ) throws {
        self.targets = targets
        self.probe = probe
        self.sockets = sockets
        self.session = session
        requirements = probe.requirements(
            families: probe.family.map { [$0] } ?? sockets.families, started: session.started)
        let identifier = probe.identifier ?? UInt16.random(in: 1...UInt16.max)
        for family in sockets.families { try sockets.channel(family)?.prepare(identifier: identifier) }
        let now = SystemClock.now
        appointments = targets.indices.map { (now, $0) }
    }

    /// Gives the targets with an address their routes, before the run.
    func find(for engine: inout MonitorPingEngine) {
        for (index, target) in targets.enumerated() {
            guard case .address(let address, let zone) = target.expression else { continue }
            do {
                let zone = try zone.map { try Destination.index(ofZone: $0, target.text) } ?? 0
                engine.move(index, to: try destination([.init(address: address, zone: zone)], of: target))
            } catch {
                engine.suspend(index, MonitorObstacle(Self.reason(error)))
            }
        }
    }

    /// Starts the lookups that are due, and applies the results of others.
    /// - Returns: when it must be called again.
    func update(_ engine: inout MonitorPingEngine, at now: Instant) -> Instant? {
        while openCount < Self.mostOpen, let next = appointments.first, next.time <= now {
            appointments.removeFirst()
            look(up: next.target, at: now, &engine)
        }
        for (index, answer) in results {
            openCount -= 1
            let isResolved = apply(answer, to: index, &engine)
            schedule(index, at: now + (isResolved ? Self.period : Self.retryPeriod))
        }
        results.removeAll(keepingCapacity: true)
        return openCount < Self.mostOpen ? appointments.first?.time : nil
    }

    private func look(up index: Int, at now: Instant, _ engine: inout MonitorPingEngine) {
        switch targets[index].expression {
        case .name(let name):
            openCount += 1
            session.resolver.lookUp(name, family: requirements.family) { [weak self] answer in
                self?.results.append((index, answer))
            }
        case .address where engine.address(of: index) == nil:
            // There was no route.
            find(index, &engine)
            schedule(index, at: now + Self.retryPeriod)
        case .address, .ranges: break
        }
    }

    private func find(_ index: Int, _ engine: inout MonitorPingEngine) {
        guard case .address(let address, let zone) = targets[index].expression else { return }
        do {
            let zone = try zone.map { try Destination.index(ofZone: $0, targets[index].text) } ?? 0
            engine.move(index, to: try destination([.init(address: address, zone: zone)], of: targets[index]))
        } catch {
            engine.suspend(index, MonitorObstacle(Self.reason(error)))
        }
    }

    /// - Returns: whether the name was resolved.
    private func apply(_ answer: Resolver.Resolution, to index: Int, _ engine: inout MonitorPingEngine) -> Bool {
        let current = engine.address(of: index)
        do {
            let answers = try answer.get().answers
            // Name servers change the order of addresses: that is no move.
            let kept = answers.filter { $0.address == current }
            engine.move(index, to: try destination(kept.isEmpty ? answers : kept, of: targets[index]))
            return true
        } catch {
            // An address that was good a minute ago is better than none.
            if current == nil { engine.suspend(index, MonitorObstacle(Self.reason(error))) }
            return false
        }
    }

    /// Returns the first address with a route.
    private func destination(
        _ answers: [Resolver.Answer], of target: MonitorPingTarget
    ) throws -> MonitorPingConfiguration.Destination {
        var failure: (any Error)?
        for answer in answers where requirements.families.contains(answer.address.family) {
            do {
                let found = try Destination.route(to: answer, text: target.text, requirements)
                guard let channel = sockets.channel(found.address.family) else { continue }
                let format = probe.format(
                    to: found.route, source: found.source, level: channel.level, identifier: channel.identifier,
                    firstIdentification: firstIdentification)
                return .init(address: found.address, format: format)
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? Destination.Problem(target.text, SystemError.addressFamilyNotFound)
    }

    private func schedule(_ index: Int, at time: Instant) {
        let position = appointments.firstIndex { $0.time > time } ?? appointments.endIndex
        appointments.insert((time, index), at: position)
    }

    /// The reason without the target, which the monitor's reader knows.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let failure as Resolver.Failure: failure.message
        case let problem as Destination.Problem: problem.reason
        case let failure as SystemError: SystemError.message(failure.code)
        default: SwiftNetError(error).description
        }
    }
}
