import Diagnostics
import LinuxNet
import LinuxProcess
import WireFormat

/// The file of machines: read at the start and at SIGHUP; its names are looked
/// up beside the run, each once a reading.
final class ServedMachines {
    private let path: String
    private let console: Console
    private let resolver: Resolver
    private var file = EthersTable("")
    private var addresses: [String: IPv4Address] = [:]
    private var lookUps: ForwardNames?

    init(path: String, console: Console, resolver: Resolver) {
        self.path = path
        self.console = console
        self.resolver = resolver
    }

    /// Who has which address, as far as names have been found.
    var table: [MACAddress: IPv4Address] { file.addresses(names: addresses) }
    var count: Int { file.hosts.count }

    /// Reads the file, complains of its mistakes and begins to look up its names.
    /// - Returns: false when it cannot be read; what was there before stays.
    func read() -> Bool {
        let text: String
        do {
            text = try BufferedInput.text(ofFile: path, for: "--ethers")
        } catch {
            console.fail("--ethers: \(error)")
            return false
        }
        file = EthersTable(text)
        for problem in file.problems { console.complain("\(path):\(problem.line): \(problem.message)") }
        let names = file.names
        addresses = addresses.filter { names.contains($0.key) }
        lookUps = names.isEmpty ? nil : ForwardNames(names, family: .v4, resolver: resolver, isOrdered: false)
        return true
    }

    /// Takes in the names that have been found since.
    /// - Returns: whether the table has changed.
    func takeNames() -> Bool {
        guard let lookUps else { return false }
        let (results, expectsMore) = lookUps.take()
        if !expectsMore { self.lookUps = nil }
        for result in results {
            switch result.answer {
            case .found(let found):
                guard case .v4(let address)? = found.answers.first?.address else { continue }
                addresses[result.name] = address
            case .failed(let failure):
                // A server that is away for a while does not unmake what it said before.
                console.complain("\(path): \(failure)")
            }
        }
        return !results.isEmpty
    }
}
