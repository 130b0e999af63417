import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// The files that say how names are looked up, read again when they have changed.
final class NameServiceFiles {
    /// A file that is read when it is first wanted.
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

        /// Has the file read again if it has changed.
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
    /// How often the files are looked at.
    private let interval: Nanoseconds

    init(folder: String, interval: Nanoseconds = .seconds(1)) {
        self.folder = folder
        self.interval = interval
        hostsFile = File("\(folder)/hosts")
        servicesFile = File("\(folder)/nsswitch.conf")
        resolverFile = File("\(folder)/resolv.conf")
        selectionFile = File("\(folder)/gai.conf")
    }

    /// The services to ask, in their order.
    var services: [NameServiceSwitch.Service] {
        refresh()
        if servicesFile.isRead, let switches { return switches.services }
        let read = NameServiceSwitch(servicesFile.bytes())
        switches = read
        return read.services
    }

    /// How DNS is asked.
    var resolver: ResolverConfiguration {
        refresh()
        if resolverFile.isRead, let configuration { return configuration }
        let read = ResolverConfiguration(
            resolverFile.bytes(), hostName: CurrentProcess.hostName,
            domains: CurrentProcess.environment("LOCALDOMAIN"), options: CurrentProcess.environment("RES_OPTIONS"))
        configuration = read
        return read
    }

    /// The policy of gai.conf(5).
    var selection: AddressSelection {
        refresh()
        if selectionFile.isRead, let policies { return policies }
        let read = AddressSelection(selectionFile.bytes())
        policies = read
        return read
    }

    /// The lines of the hosts file that have a name.
    func entries(named name: String) -> [HostsFile.Entry] {
        readHosts()
        return hosts.entries(named: name)
    }

    /// The first line of an address in the hosts file.
    func entry(of address: IPAddress) -> HostsFile.Entry? {
        readHosts()
        return hosts.entry(of: address)
    }

    /// Whether the file exists by which nss-mdns answers for more than `.local`.
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

/// What tells one state of a file from another.
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
