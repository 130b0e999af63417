import CLinux
import PacketEngine
import WireFormat

/// The files that say how names are looked up, read again when they have changed.
final class NameServiceFiles {
    /// What tells one state of a file from another.
    private struct Stamp: Equatable {
        var device: UInt64 = 0
        var inode: UInt64 = 0
        var size: Int64 = 0
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
    }

    private let folder: String
    private var stamps: [String: Stamp] = [:]
    private var lastLook: Instant?
    private var cachedHosts: HostsFile?
    private var cachedServices: [NameServiceSwitch.Service]?
    private var cachedResolver: ResolverConfiguration?
    private var cachedSelection: AddressSelection?
    /// How often the files are looked at.
    private let interval: Nanoseconds

    init(folder: String, interval: Nanoseconds = .seconds(1)) {
        self.folder = folder
        self.interval = interval
    }

    var hosts: HostsFile {
        refresh()
        if let cachedHosts { return cachedHosts }
        let hosts = HostsFile((try? InputStream.bytes(ofFile: path("hosts"))) ?? [])
        cachedHosts = hosts
        return hosts
    }

    var services: [NameServiceSwitch.Service] {
        refresh()
        if let cachedServices { return cachedServices }
        let services = NameServiceSwitch(text("nsswitch.conf")).services
        cachedServices = services
        return services
    }

    var resolver: ResolverConfiguration {
        refresh()
        if let cachedResolver { return cachedResolver }
        let resolver = ResolverConfiguration(
            text("resolv.conf"), hostName: CurrentProcess.hostName,
            domains: CurrentProcess.environment("LOCALDOMAIN"), options: CurrentProcess.environment("RES_OPTIONS"))
        cachedResolver = resolver
        return resolver
    }

    /// The policy of gai.conf(5).
    var selection: AddressSelection {
        refresh()
        if let cachedSelection { return cachedSelection }
        let selection = AddressSelection(text("gai.conf"))
        cachedSelection = selection
        return selection
    }

    /// Whether the file exists by which nss-mdns answers for more than `.local`.
    var allowsAnyMulticastName: Bool { access(path("mdns.allow"), F_OK) == 0 }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }

    private func text(_ name: String) -> String { (try? InputStream.text(ofFile: path(name))) ?? "" }

    private func refresh() {
        let now = SystemClock.now
        guard lastLook.map({ now - $0 >= interval }) ?? true else { return }
        defer { lastLook = now }
        // The first look at a file is when it is read.
        let isFirst = lastLook == nil
        for name in ["hosts", "nsswitch.conf", "resolv.conf", "gai.conf"] {
            var status = stat()
            var stamp = Stamp()
            if stat(path(name), &status) == 0 {
                stamp = Stamp(
                    device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
                    seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec))
            }
            guard stamps.updateValue(stamp, forKey: name) != stamp, !isFirst else { continue }
            switch name {
            case "hosts": cachedHosts = nil
            case "nsswitch.conf": cachedServices = nil
            case "resolv.conf": cachedResolver = nil
            default: cachedSelection = nil
            }
        }
    }
}
