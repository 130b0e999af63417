import CLinux
import PacketEngine

/// The descriptors that a port waits for: its sockets and the reactor (ppoll(2)).
package struct WaitSet: ~Copyable {
    private let reactor: Reactor?
    private var polls: [pollfd]

    /// - Parameter reactor: nil to wait for the sockets alone.
    package init(_ reactor: Reactor?, _ descriptors: [Int32] = []) {
        self.reactor = reactor
        // poll(2) ignores negative descriptors.
        polls = ([reactor?.descriptor.rawValue ?? -1] + descriptors).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
    }

    /// Adds a descriptor.
    /// - Parameter events: the events of poll(2); 0 for errors alone, which are always reported.
    package mutating func add(_ descriptor: Int32, events: Int32 = Int32(POLLIN)) {
        polls.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
    }

    /// Waits until a descriptor is ready, until `deadline` at the latest, and dispatches the reactor.
    /// - Returns: the wake reasons of the reactor, with `.packets` if a descriptor of the set is ready.
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
            // After an interrupted wait, the results are undefined.
            for index in polls.indices { polls[index].revents = 0 }
            guard clinux_errno() == EINTR else { throw .last("ppoll") }
            return []
        }
        guard result > 0 else { return [] }
        var wakeReason = polls[0].revents != 0 ? reactor?.dispatch() ?? [] : []
        if polls.dropFirst().contains(where: { $0.revents != 0 }) { wakeReason.insert(.packets) }
        return wakeReason
    }

    /// The descriptors that reported an error after the last wait.
    package var failing: [Int32] { polls.dropFirst().filter { $0.revents & Int16(POLLERR) != 0 }.map(\.fd) }
}
