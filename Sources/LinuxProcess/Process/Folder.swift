import CLinux

/// Lists the files of a folder.
public enum Folder {
    /// Returns the paths of the files, sorted by name; hidden files and subfolders are omitted.
    public static func files(of path: String) throws(SystemError) -> [String] {
        guard let stream = opendir(path) else { throw .last(path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            if entry.pointee.d_type == DT_DIR { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(cString: $0)
                }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().map { "\(path)/\($0)" }
    }
}
