import Diagnostics
import LinuxNet
import LinuxProcess
import WireFormat

/// A file in the format of ethers(5): MAC addresses with IPv4 addresses or host names. It can be reread; its names are
/// looked up in the background, once per reading.
package final class EthersNames {
    private let path: String
    private let onNotice: ((String) -> Void)?
    private var file = EthersTable("")
    private var addresses: [String: IPv4Address] = [:]
    private var resolver: Resolver?
    private var lookups: ForwardNames?
    /// The reason why the file could not be read; nil after success.
    package private(set) var failure: SwiftNetError?

    /// - Parameter onNotice: called with errors in the file, and names without an address.
    package init(path: String, onNotice: ((String) -> Void)?) {
        self.path = path
        self.onNotice = onNotice
    }

    /// The hosts whose addresses are known.
    package var table: [MACAddress: IPv4Address] { file.addresses(names: addresses) }
    /// The number of valid lines.
    package var count: Int { file.hosts.count }

    /// Reads the file, and starts to look up its names if there is a resolver.
    /// - Returns: false if it cannot be read; then `failure` has the reason, and the previous hosts stay.
    package func read() -> Bool {
        do {
            file = EthersTable(try BufferedInput.text(ofFile: path, for: "--ethers"))
        } catch {
            failure = SwiftNetError(.system(error.code), "--ethers", error.description)
            return false
        }
        failure = nil
        for problem in file.problems { onNotice?("\(path):\(problem.line): \(problem.message)") }
        lookUpNames()
        return true
    }

    /// Starts to look up the names. The file is first read while the process still has its privileges.
    package func lookUpNames(by resolver: Resolver) {
        self.resolver = resolver
        lookUpNames()
    }

    private func lookUpNames() {
        guard let resolver else { return }
        let names = file.names
        addresses = addresses.filter { names.contains($0.key) }
        lookups = names.isEmpty ? nil : ForwardNames(names, family: .v4, resolver: resolver, isOrdered: false)
    }

    /// Processes the addresses found since the last call.
    /// - Returns: whether the table may have changed.
    package func takeNames() -> Bool {
        guard let lookups else { return false }
        let (results, expectsMore) = lookups.take()
        if !expectsMore { self.lookups = nil }
        for result in results {
            switch result.answer {
            case .found(let found):
                guard case .v4(let address)? = found.answers.first?.address else { continue }
                addresses[result.name] = address
            case .failed(let failure):
                // A temporary name server failure does not discard an earlier result.
                onNotice?("\(path): \(failure)")
            }
        }
        return !results.isEmpty
    }
}
