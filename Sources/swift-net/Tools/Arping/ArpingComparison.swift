import LinuxProcess
import SwiftNet

/// Compares the hosts of a sweep with those of an earlier one.
struct ArpingComparison {
    /// The change of a host since the earlier sweep.
    enum Change: Equatable {
        case same
        case new
        /// The address has another MAC address.
        case moved(from: MACAddress)
    }

    private var earlier: [IPv4Address: MACAddress] = [:]
    private var seen: Set<IPv4Address> = []
    private(set) var newCount = 0
    private(set) var movedCount = 0

    /// Reads the JSON lines of `arping --sweep`.
    /// - Throws: `CannotRun` if the file cannot be read, or has no summary of a sweep.
    init(path: String) throws {
        let text: String
        do {
            text = try BufferedInput.text(ofFile: path, for: "--compare")
        } catch {
            throw CannotRun(message: "--compare: \(error)")
        }
        var isComplete = false
        for line in text.split(whereSeparator: \.isNewline) {
            guard let fields = JSONFields(line) else { continue }
            if fields["type"] == "summary" { isComplete = true }
            guard fields["type"] == "host", let address = fields["addr"].flatMap({ IPv4Address($0) }),
                let mac = fields["mac"].flatMap({ MACAddress($0) })
            else { continue }
            earlier[address] = mac
        }
        guard isComplete else {
            throw CannotRun(message: "--compare: \(path) is not a complete sweep; --sweep --json writes one")
        }
    }

    /// Records a host of this sweep and returns its change.
    mutating func record(_ address: IPv4Address, _ mac: MACAddress) -> Change {
        seen.insert(address)
        guard let before = earlier[address] else {
            newCount += 1
            return .new
        }
        guard before == mac else {
            movedCount += 1
            return .moved(from: before)
        }
        return .same
    }

    /// Returns the hosts of the earlier sweep that did not reply, in order of address.
    func vanished(where isTarget: (IPv4Address) -> Bool) -> [(address: IPv4Address, mac: MACAddress)] {
        earlier.filter { !seen.contains($0.key) && isTarget($0.key) }.sorted { $0.key < $1.key }.map {
            ($0.key, $0.value)
        }
    }
}
