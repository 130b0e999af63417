import SwiftNet

/// `arping --table`: the neighbors that the kernel knows.
struct NeighborTableRun {
    let command: ArpingWords
    let console: Console

    func run() throws -> Int32 {
        let wanted = try command.targets.map { text -> IPAddress in
            guard let address = IPAddress(text) else { throw UsageError("--table: '\(text)' is no address") }
            return address
        }
        let vendors = Vendors()
        let entries = try NeighborTable(interface: command[.interface]).entries.filter {
            wanted.isEmpty || wanted.contains($0.address)
        }
        for entry in entries {
            let vendor = entry.mac.flatMap(vendors.name)
            if command.has(.json) {
                var object = JSONObject(type: "neighbor")
                object.add("addr", entry.address.description)
                object.add("mac", entry.mac?.description)
                object.add("interface", entry.interface)
                object.add("state", entry.state.rawValue)
                object.add("vendor", vendor)
                console.output.write(object.line + "\n")
            } else if !command.has(.quiet) {
                let mac = entry.mac?.description ?? "-"
                let tail = vendor.map { "  " + Text.escaped($0) } ?? ""
                console.output.write(
                    "\(entry.address)  \(mac)  \(entry.interface)  \(entry.state.rawValue)\(tail)\n")
            }
        }
        let known = entries.filter { $0.mac != nil }.count
        if command.has(.json) {
            var object = JSONObject(type: "summary")
            object.add("neighbors", entries.count)
            object.add("known", known)
            console.output.write(object.line + "\n")
        }
        return known > 0 ? 0 : 1
    }
}
