/// The privileges of a process that opens the sockets of several runs.
public enum ProcessPrivileges {
    /// Drops all capabilities of every thread for good, and sets no_new_privs: runs that are prepared later have no raw
    /// sockets. Runs that are prepared already keep theirs.
    public static func dropForGood() throws(SwiftNetError) {
        try Session.giveUpPrivileges()
    }
}
