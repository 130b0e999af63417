import LinuxProcess
import SwiftNet

/// Runs `arping --table`, which prints the kernel's neighbor table.
struct ArpingTableRun {
    let command: ArpingCommand
    let console: Console

    func run() throws -> Int32 {
        let vendors = Vendors()
        let wanted = command.addresses
        let entries = try NeighborTable(interface: command.settings.arping.interface).entries.filter {
            wanted.isEmpty || wanted.contains($0.address)
        }
        let now = SystemClock.now
        for entry in entries {
            let vendor = entry.mac.flatMap(vendors.name)
            if console.isJSON {
                let row = NeighborRow(
                    addr: entry.address, mac: entry.mac, interface: entry.interface, state: entry.state.rawValue,
                    vendor: vendor)
                console.write("neighbor", row, at: now)
            } else if !command.general.isQuiet {
                let mac = entry.mac?.description ?? "-"
                let tail = vendor.map { "  " + Text.escaped($0) } ?? ""
                console.output.write("\(entry.address)  \(mac)  \(entry.interface)  \(entry.state.rawValue)\(tail)\n")
            }
        }
        let known = entries.count { $0.mac != nil }
        if console.isJSON {
            console.write("summary", ArpingTableRow(neighbors: entries.count, known: known), at: now)
        }
        return known > 0 ? 0 : 1
    }
}

private struct NeighborRow: JSONRow {
    var addr: IPAddress
    @Null var mac: MACAddress?
    var interface: String
    var state: String
    @Null var vendor: String?
}

private struct ArpingTableRow: JSONRow {
    var neighbors: Int
    var known: Int
}
