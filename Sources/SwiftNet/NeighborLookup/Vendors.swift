import Diagnostics
import LinuxProcess
import WireFormat

/// The vendor names of MAC addresses, from the system's vendor list if one is installed. It is read at the first
/// lookup.
package final class Vendors {
    /// The lists of Debian's packages ieee-data, arp-scan, hwdata and nmap.
    private static let paths = [
        "/usr/share/ieee-data/oui.txt", "/usr/share/arp-scan/ieee-oui.txt", "/usr/share/hwdata/oui.txt",
        "/usr/share/nmap/nmap-mac-prefixes",
    ]

    package init() {}

    private lazy var table: VendorTable? = {
        for path in Self.paths {
            if let bytes = try? BufferedInput.bytes(ofFile: path) { return VendorTable(bytes) }
        }
        return nil
    }()

    /// Returns the vendor; nil if unknown. The name is not escaped.
    package func name(of mac: MACAddress) -> String? {
        // Locally administered addresses, as of virtual hosts, have no vendor: the list is not read for them.
        guard !mac.isLocallyAdministered else { return nil }
        return table?.name(of: mac)
    }
}
