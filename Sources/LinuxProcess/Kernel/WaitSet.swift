import CLinux
import PacketEngine

/// What a port waits for: its sockets, and the reactor beside them (ppoll(2)).
package struct WaitSet: ~Copyable {
    private let reactor: Reactor?
    private var polls: [pollfd]

    /// - Parameter reactor: nil for a wait that nothing else is served in.
    package init(_ reactor: Reactor?, _ descriptors: [Int32] = []) {
        self.reactor = reactor
        // poll(2) passes over a negative descriptor.
        polls = ([reactor?.descriptor.rawValue ?? -1] + descriptors).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
    }

    /// Waits for one more descriptor.
    /// - Parameter events: poll(2)'s; 0 for its errors alone, which are always reported.
    package mutating func add(_ descriptor: Int32, events: Int32 = Int32(POLLIN)) {
        polls.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
    }

    /// Waits until a descriptor is ready, at the longest until `deadline`, and serves the reactor.
    /// - Returns: what the reactor has, with `.packets` when a descriptor of the set is ready.
    package mutating func wait(until deadline: Instant?) throws(SystemError) -> WakeReason {
        var timeout = timespec()
        if let deadline {
            let left = max((deadline - SystemClock.now).count, 0)
            timeout = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
        }
        let result = polls.withUnsafeMutableBufferPointer { polls in
            deadline == nil
                ? ppoll(polls.baseAddress, nfds_t(polls.count), nil, nil)
                : ppoll(polls.baseAddress, nfds_t(polls.count), &timeout, nil)
        }
        guard result >= 0 else {
            // What is ready is not known after an interrupted wait.
            for index in polls.indices { polls[index].revents = 0 }
            guard clinux_errno() == EINTR else { throw .last("ppoll") }
            return []
        }
        guard result > 0 else { return [] }
        var wakening = polls[0].revents != 0 ? reactor?.dispatch() ?? [] : []
        if polls.dropFirst().contains(where: { $0.revents != 0 }) { wakening.insert(.packets) }
        return wakening
    }

    /// The descriptors that had an error to report after the last wait.
    package var failing: [Int32] { polls.dropFirst().filter { $0.revents & Int16(POLLERR) != 0 }.map(\.fd) }
}
