import Glibc
import LinuxProcess
import PacketEngine
import Testing

@testable import LinuxNet

/// The kernel's notifications about interfaces: valid, truncated and invalid.
@Suite("link notifications")
struct LinkNotificationTests {
    // linux/rtnetlink.h, linux/if_link.h and linux/if.h.
    private static let (newLink, deleteLink, newAddress) = (16, 17, 20)
    private static let (nameType, newNamespaceType, newIndexType) = (3, 45, 49)
    private static let (isUp, isRunning): (UInt32, UInt32) = (0x1, 0x40)
    private static let up = isUp | Interface.lowerUp

    private static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
    }

    private static func attribute(_ type: Int, _ data: [UInt8]) -> [UInt8] {
        let length = 4 + data.count
        return little(UInt16(length)) + little(UInt16(type)) + data
            + [UInt8](repeating: 0, count: (4 - length % 4) % 4)
    }

    private static func message(
        _ type: Int, index: Int32 = 7, flags: UInt32 = up, family: UInt8 = 0, _ attributes: [UInt8] = []
    ) -> [UInt8] {
        let body = [family, 0] + little(UInt16(1)) + little(index) + little(flags) + little(UInt32.max) + attributes
        return little(UInt32(16 + body.count)) + little(UInt16(type)) + little(UInt16(0)) + little(UInt32(0))
            + little(UInt32(0)) + body
    }

    private static func name(_ text: String) -> [UInt8] { attribute(nameType, Array(text.utf8) + [0]) }

    private func one(_ bytes: [UInt8]) -> LinkNotification? {
        let all = LinkNotification.all(in: bytes)
        return all.count == 1 ? all[0] : nil
    }

    @Test("index, name and state")
    func states() {
        let rows: [(UInt32, LinkState)] = [
            (Self.up, .up), (Self.isUp, .noCarrier), (0, .down), (Interface.lowerUp, .down),
            (Self.isUp | Self.isRunning, .noCarrier),
        ]
        for (flags, state) in rows {
            let found = one(Self.message(Self.newLink, flags: flags, Self.name("eth1")))
            #expect(found == LinkNotification(index: 7, name: "eth1", state: state))
        }
        #expect(one(Self.message(Self.newLink))?.name == nil)
        #expect(one(Self.message(Self.newLink, Self.name("")))?.name == nil)
        let several = Self.message(Self.newLink, Self.name("a")) + Self.message(Self.deleteLink, Self.name("a"))
        #expect(LinkNotification.all(in: several).map(\.isRemoval) == [false, true])
    }

    @Test("a move is a removal with the new namespace or index")
    func removals() {
        let deleted = one(Self.message(Self.deleteLink, flags: 0, Self.name("eth1")))
        #expect(deleted?.isRemoval == true && deleted?.isMove == false)
        for type in [Self.newNamespaceType, Self.newIndexType] {
            let attributes = Self.name("eth1") + Self.attribute(type, Self.little(Int32(-1)))
            let moved = one(Self.message(Self.deleteLink, flags: 0, attributes))
            #expect(moved?.isRemoval == true && moved?.isMove == true)
            // Without a removal it means nothing.
            #expect(one(Self.message(Self.newLink, attributes))?.isMove == false)
        }
    }

    @Test("other messages are skipped: bridge ports, addresses, invalid indices")
    func others() {
        #expect(LinkNotification.all(in: Self.message(Self.deleteLink, family: UInt8(AF_BRIDGE))).isEmpty)
        #expect(LinkNotification.all(in: Self.message(Self.newAddress)).isEmpty)
        for index in [0, -1, Int32.min] {
            #expect(LinkNotification.all(in: Self.message(Self.newLink, index: index)).isEmpty)
        }
    }

    @Test("truncated messages, invalid lengths and random bytes neither trap nor read out of bounds")
    func hostile() {
        let whole =
            Self.message(Self.newLink, Self.name("eth1"))
            + Self.message(Self.deleteLink, Self.attribute(Self.newNamespaceType, [1, 0, 0, 0]))
        for length in 0..<whole.count { #expect(LinkNotification.all(in: Array(whole[..<length])).count < 2) }
        for position in 0..<whole.count {
            for value: UInt8 in [0, 1, 3, 15, 16, 31, 127, 255] {
                var bytes = whole
                bytes[position] = value
                #expect(LinkNotification.all(in: bytes).count <= 2)
            }
        }
        // A length of 0, and the maximum.
        for length in [UInt32(0), 15, .max] {
            #expect(LinkNotification.all(in: Self.little(length) + whole.dropFirst(4)).isEmpty)
        }
        var random = SeededGenerator(seed: 26)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            // After a header that claims all of it.
            let framed =
                Self.little(UInt32(16 + bytes.count)) + Self.little(UInt16(Self.newLink))
                + [UInt8](
                    repeating: 0, count: 10) + bytes
            #expect(LinkNotification.all(in: bytes).count <= 12 && LinkNotification.all(in: framed).count <= 1)
        }
    }

    // MARK: Changes

    private static func interface(_ index: UInt32, _ name: String, isUp: Bool = true, hasCarrier: Bool = true)
        -> Interface
    {
        Interface(
            index: index, name: name, mtu: 1_500, isUp: isUp, hasCarrier: hasCarrier, isLoopback: false,
            type: .ethernet, framing: .ethernet, seeksNeighbors: true, macAddress: nil, addresses: [])
    }

    @Test("changes of watched interfaces are reported once")
    func changes() {
        var tracker = LinkTracker([Self.interface(7, "eth1")])
        func note(_ state: LinkState, _ name: String? = nil, index: UInt32 = 7) -> [LinkChange] {
            tracker.note(LinkNotification(index: index, name: name, state: state))
        }
        #expect(note(.up).isEmpty && note(.down, index: 8).isEmpty)
        #expect(note(.down) == [LinkChange(index: 7, name: "eth1", kind: .down)])
        #expect(note(.down, "eth1").isEmpty)
        #expect(note(.noCarrier) == [LinkChange(index: 7, name: "eth1", kind: .noCarrier(wasDown: true))])
        #expect(note(.up) == [LinkChange(index: 7, name: "eth1", kind: .up(wasDown: false))])
        #expect(
            note(.noCarrier, "lan0") == [
                LinkChange(index: 7, name: "lan0", kind: .renamed(from: "eth1")),
                LinkChange(index: 7, name: "lan0", kind: .noCarrier(wasDown: false)),
            ])
        var removal = LinkNotification(index: 7, name: "lan0", state: .down)
        removal.isRemoval = true
        removal.isMove = true
        #expect(tracker.note(removal) == [LinkChange(index: 7, name: "lan0", kind: .moved)])
        #expect(tracker.note(removal).isEmpty && note(.up, "eth1").isEmpty)
    }

    @Test("a change of the MTU is reported to those that ask for it")
    func mtu() {
        for reports in [true, false] {
            var tracker = LinkTracker([Self.interface(7, "eth1")], reportsMTU: reports)
            var notification = LinkNotification(index: 7, name: "eth1", state: .up)
            #expect(tracker.note(notification).isEmpty)
            notification.mtu = 1_400
            let change = LinkChange(index: 7, name: "eth1", kind: .mtu(1_400, from: 1_500))
            #expect(tracker.note(notification) == (reports ? [change] : []))
            #expect(tracker.note(notification).isEmpty && !change.isFinal)
            let back = LinkChange(index: 7, name: "eth1", kind: .mtu(1_500, from: 1_400))
            #expect(tracker.compare(with: [Self.interface(7, "eth1")]) == (reports ? [back] : []))
        }
    }

    @Test("lost notifications are detected by comparison")
    func comparing() {
        var tracker = LinkTracker([Self.interface(1, "a"), Self.interface(2, "b"), Self.interface(3, "c")])
        let changes = tracker.compare(with: [
            Self.interface(1, "a"), Self.interface(2, "d", isUp: false), Self.interface(9, "x"),
        ])
        #expect(
            changes == [
                LinkChange(index: 2, name: "d", kind: .renamed(from: "b")),
                LinkChange(index: 2, name: "d", kind: .down), LinkChange(index: 3, name: "c", kind: .gone),
            ])
        #expect(changes.map(\.isFinal) == [false, false, true])
        // An unreported change of an interface that stays watched is kept.
        tracker.watch([Self.interface(1, "a"), Self.interface(2, "d")])
        #expect(
            tracker.compare(with: [Self.interface(1, "a"), Self.interface(2, "d")]).map(\.kind) == [.up(wasDown: true)])
    }

    @Test("the error numbers for a missing or down interface are Linux's")
    func numbers() {
        for code in [ENETDOWN, ENXIO, ENODEV] {
            #expect(TransmissionFailure(errorNumber: code).isOfInterface)
        }
        #expect(!TransmissionFailure(errorNumber: EINVAL).isOfInterface)
        #expect(TransmissionFailure(errorNumber: EACCES) == .notPermitted(SystemError.message(EACCES)))
        #expect(!TransmissionFailure.noBuffers.isOfInterface)
        #expect(SystemError(code: ENETDOWN, operation: "").isInterfaceDown)
    }

    @Test("a monitor opens without privileges, and finds earlier changes")
    func monitor() throws {
        let reactor = try Reactor()
        // Other interfaces of this system may change during the test.
        let interfaces = try Interface.all().filter(\.isLoopback)
        let quiet = try LinkMonitor(watching: interfaces, reactor: reactor)
        #expect(quiet.take().isEmpty)
        let monitor = try LinkMonitor(watching: [Self.interface(.max >> 1, "nosuch0")], reactor: reactor)
        #expect(monitor.take() == [LinkChange(index: .max >> 1, name: "nosuch0", kind: .gone)])
    }
}
