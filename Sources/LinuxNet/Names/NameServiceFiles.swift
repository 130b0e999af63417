import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// The configuration files of name lookups, reloaded after they change.
final class NameServiceFiles {
    /// A file that is read at its first use.
    private struct File {
        let path: String
        private var stamp = FileStamp()
        private(set) var isRead = false

        init(_ path: String) { self.path = path }

        mutating func bytes() -> [UInt8] {
            isRead = true
            stamp = FileStamp(path: path)
            return (try? BufferedInput.bytes(ofFile: path)) ?? []
        }

        /// Reloads the file if it has changed.
        mutating func refresh() {
            if isRead, FileStamp(path: path) != stamp { isRead = false }
        }
    }

    private let folder: String
    private var lastLook = SystemClock.now
    private var hostsFile: File
    private var servicesFile: File
    private var resolverFile: File
    private var selectionFile: File
    private var hosts = HostsFile([])
    private var switches: NameServiceSwitch?
    private var configuration: ResolverConfiguration?
    private var policies: AddressSelection?
    /// The time between checks for changes.
    private let interval: Nanoseconds

    init(folder: String, interval: Nanoseconds = .seconds(1)) {
        self.folder = folder
        self.interval = interval
        hostsFile = File("\(folder)/hosts")
        servicesFile = File("\(folder)/nsswitch.conf")
        resolverFile = File("\(folder)/resolv.conf")
        selectionFile = File("\(folder)/gai.conf")
    }

    /// The services to query, in order.
    var services: [NameServiceSwitch.Service] {
        refresh()
        if servicesFile.isRead, let switches { return switches.services }
        let read = NameServiceSwitch(servicesFile.bytes())
        switches = read
        return read.services
    }

    /// The configuration of DNS.
    var resolver: ResolverConfiguration {
        refresh()
        if resolverFile.isRead, let configuration { return configuration }
        let read = ResolverConfiguration(
            resolverFile.bytes(), hostName: CurrentProcess.hostName,
            domains: CurrentProcess.environment("LOCALDOMAIN"), options: CurrentProcess.environment("RES_OPTIONS"))
        configuration = read
        return read
    }

    /// The address selection policy of gai.conf(5).
    var selection: AddressSelection {
        refresh()
        if selectionFile.isRead, let policies { return policies }
        let read = AddressSelection(selectionFile.bytes())
        policies = read
        return read
    }

    /// Returns the lines of the hosts file with a name.
    func entries(named name: String) -> [HostsFile.Entry] {
        readHosts()
        return hosts.entries(named: name)
    }

    /// Returns the first line of the hosts file with an address.
    func entry(of address: IPAddress) -> HostsFile.Entry? {
        readHosts()
        return hosts.entry(of: address)
    }

    /// Whether the file exists that lets nss-mdns resolve names outside of `.local`.
    var allowsAnyMulticastName: Bool { access("\(folder)/mdns.allow", F_OK) == 0 }

    private func readHosts() {
        refresh()
        if !hostsFile.isRead { hosts = HostsFile(hostsFile.bytes()) }
    }

    private func refresh() {
        let now = SystemClock.now
        guard now - lastLook >= interval else { return }
        lastLook = now
        hostsFile.refresh()
        servicesFile.refresh()
        resolverFile.refresh()
        selectionFile.refresh()
    }
}

/// Identifies a version of a file.
private struct FileStamp: Equatable {
    private var device: UInt64 = 0
    private var inode: UInt64 = 0
    private var size: Int64 = 0
    private var seconds: Int64 = 0
    private var nanoseconds: Int64 = 0

    init() {}

    init(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = Int64(status.st_mtim.tv_sec)
        nanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}
