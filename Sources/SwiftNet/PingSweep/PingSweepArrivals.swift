import Diagnostics
import LinuxNet
import LinuxProcess
import WireFormat

/// Targets given by name, added as their addresses are resolved during the sweep.
final class PingSweepArrivals {
    private let names: ForwardNames
    private let families: Set<IPAddress.Family>
    private let onNotice: ((String) -> Void)?
    private let links: PingSweepLinks
    private let format: (IPAddress) -> PingProbeFormat?
    /// Names that were not resolved.
    private(set) var failures = 0

    /// - Parameter format: returns the probe format for an address; nil if there is no route.
    init(
        names: ForwardNames, families: Set<IPAddress.Family>, links: PingSweepLinks, onNotice: ((String) -> Void)?,
        format: @escaping (IPAddress) -> PingProbeFormat?
    ) {
        self.names = names
        self.families = families
        self.onNotice = onNotice
        self.links = links
        self.format = format
    }

    /// Reports the names that were not resolved before the end of the run.
    func giveUp() {
        for name in names.pending {
            failures += 1
            onNotice?("\(name): Temporary failure in name resolution (no answer before the end of the run)")
        }
    }

    /// Passes new targets to the engine.
    /// - Returns: whether the engine has new work.
    func feed(_ engine: inout PingSweepEngine) -> Bool {
        guard engine.expectsMore else { return false }
        let (results, expectsMore) = names.take()
        for result in results {
            do {
                let found = try result.answer.get()
                guard let answer = found.answers.first(where: { families.contains($0.address.family) }) else {
                    throw Resolver.Failure(name: result.name, message: SystemError.addressFamilyNotFound)
                }
                if engine.format(of: answer.address.family) == nil, let format = format(answer.address) {
                    engine.use(format)
                }
                try engine.add(answer.address, name: result.name)
                links.add(answer.address)
            } catch {
                failures += 1
                onNotice?(SwiftNetError(error).description)
            }
        }
        engine.expectsMore = expectsMore
        return !results.isEmpty
    }
}
