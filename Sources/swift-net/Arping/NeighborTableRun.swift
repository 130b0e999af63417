import LinuxNet
import WireFormat

/// `arping --table`: the neighbours that the kernel knows, by netlink.
struct NeighborTableRun {
    let command: ArpingWords
    let console: Console

    func run() throws -> Int32 {
        let interfaces = try Interface.all()
        let only = try command[.interface].map { try EthernetLink.interface($0, of: interfaces).index }
        let wanted = try command.targets.map { text -> IPAddress in
            guard let address = IPAddress(text) else { throw UsageError("--table: '\(text)' is no address") }
            return address
        }
        let vendors = Vendors()
        let neighbors = try Neighbor.all().filter { neighbor in
            // What the kernel makes of groups and of itself without asking is no neighbour.
            neighbor.state != .none && only.map { $0 == neighbor.interfaceIndex } ?? true
                && (wanted.isEmpty || wanted.contains(neighbor.address))
        }.sorted { ($0.interfaceIndex, $0.address) < ($1.interfaceIndex, $1.address) }
        for neighbor in neighbors {
            let interface = interfaces.first { $0.index == neighbor.interfaceIndex }?.name ?? "?"
            let vendor = neighbor.macAddress.flatMap(vendors.name)
            if command.has(.json) {
                var object = JSONObject(type: "neighbor")
                object.add("addr", neighbor.address.description)
                object.add("mac", neighbor.macAddress?.description)
                object.add("interface", interface)
                object.add("state", neighbor.state.rawValue)
                object.add("vendor", vendor)
                console.output.write(object.line + "\n")
            } else if !command.has(.quiet) {
                let mac = neighbor.macAddress?.description ?? "-"
                let tail = vendor.map { "  " + Text.escaped($0) } ?? ""
                console.output.write("\(neighbor.address)  \(mac)  \(interface)  \(neighbor.state.rawValue)\(tail)\n")
            }
        }
        let known = neighbors.filter { $0.macAddress != nil }.count
        if command.has(.json) {
            var object = JSONObject(type: "summary")
            object.add("neighbors", neighbors.count)
            object.add("known", known)
            console.output.write(object.line + "\n")
        }
        return console.output.failure == nil ? (known > 0 ? 0 : 1) : 2
    }
}
