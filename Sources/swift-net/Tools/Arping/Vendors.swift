import LinuxProcess
import SwiftNet

/// Names of vendors, from the list of the system where it has one; read when the first is wanted.
final class Vendors {
    /// Debian's ieee-data, arp-scan, hwdata, nmap.
    private static let paths = [
        "/usr/share/ieee-data/oui.txt", "/usr/share/arp-scan/ieee-oui.txt", "/usr/share/hwdata/oui.txt",
        "/usr/share/nmap/nmap-mac-prefixes",
    ]

    private lazy var table: VendorTable? = {
        for path in Self.paths {
            if let bytes = try? BufferedInput.bytes(ofFile: path) { return VendorTable(bytes) }
        }
        return nil
    }()

    /// Nil when none is known; escaped for a terminal.
    func name(of mac: MACAddress) -> String? {
        // Most of a lab's and a virtual host's addresses are nobody's: for them no list is read.
        guard !mac.isLocallyAdministered else { return nil }
        return table?.name(of: mac)
    }

    /// A MAC address for people, with its vendor where that is known: `00:00:5e:00:53:01 (IANA)`.
    func named(_ mac: MACAddress) -> String {
        name(of: mac).map { "\(mac) (\(Text.escaped($0)))" } ?? "\(mac)"
    }
}
