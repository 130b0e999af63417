extension FieldSink where Self: ~Copyable {
    /// Describes the link-layer header, its tags and LLC.
    mutating func describeLink(_ bytes: RawSpan, _ layers: PacketLayers, frameCheckSequenceLength: Int) {
        switch layers.linkType {
        case .ethernet:
            if bytes.byteCount < EthernetView.headerLength {
                describeCut(bytes, at: 0, paddedTo: EthernetView.headerLength) { sink, padded in
                    sink.describeEthernet(padded, layers, frameCheckSequenceLength: 0)
                }
            } else {
                describeEthernet(bytes, layers, frameCheckSequenceLength: frameCheckSequenceLength)
            }
        case .linuxCooked, .linuxCooked2:
            let version: LinuxCooked.Version = layers.linkType == .linuxCooked ? .first : .second
            if bytes.byteCount < version.headerLength {
                describeCut(bytes, at: 0, paddedTo: version.headerLength) { sink, padded in
                    if let view = try? LinuxCookedView(padded, version: version) { sink.describe(view) }
                }
            } else if let view = try? LinuxCookedView(bytes, version: version) {
                describe(view)
            }
        case .null, .loop:
            guard let view = try? NullLoopbackView(bytes) else { return }
            begin(.loopback)
            number("family", view.family, at: 0, 4)
            end()
        default: return
        }
        describeTags(bytes, layers)
    }

    private mutating func describeEthernet(
        _ bytes: RawSpan, _ layers: PacketLayers, frameCheckSequenceLength: Int
    ) {
        guard let view = try? EthernetView(bytes) else { return }
        begin(.ethernet)
        address("destination", view.destination, at: 0)
        address("source", view.source, at: 6)
        if view.etherType.isLength {
            number("length", view.etherType.rawValue, "bytes", at: 12, 2)
        } else {
            describe(view.etherType, at: 12)
        }
        if !isCut { describeEnd(bytes, layers, frameCheckSequenceLength) }
        end()
        checkStandards(view, originalLength: Int(layers.wireLength))
    }

    private mutating func describe(_ type: EtherType, at offset: Int) {
        number("type", UInt64(type.rawValue), at: offset, 2) { text in
            text.append("0x")
            text.append(hexadecimal: UInt64(type.rawValue), digits: 4)
            text.append(", ")
            text.append(type.description)
        }
    }

    /// Describes the padding after the datagram, and the frame check sequence if the capture contains it.
    private mutating func describeEnd(_ bytes: RawSpan, _ layers: PacketLayers, _ checkLength: Int) {
        let stop = max(bytes.byteCount - checkLength, 0)
        if layers.network != .none || layers.hasLogicalLinkControl, layers.end < stop {
            number("padding", stop - layers.end, "bytes", at: layers.end, stop - layers.end)
        }
        guard checkLength == FrameCheckSequence.byteCount, bytes.byteCount >= checkLength else { return }
        checksum(
            "frame_check_sequence", FrameCheckSequence.state(ofFrame: bytes),
            UInt64(bytes.bigEndian32(at: stop).byteSwapped), at: stop, checkLength)
    }

    private mutating func describe(_ view: borrowing LinuxCookedView) {
        let isFirst = view.version == .first
        begin(.linuxCooked)
        number("version", view.version.rawValue, at: 0, 0)
        number("packet_type", view.packetType.rawValue, at: isFirst ? 0 : 10, isFirst ? 2 : 1)
        number("hardware_type", view.hardwareType, at: isFirst ? 2 : 8, 2)
        number("address_length", view.addressLength, at: isFirst ? 4 : 11, isFirst ? 2 : 1)
        let start = isFirst ? 6 : 12
        if view.addressLength == 6 {
            address("address", view.bytes.macAddress(at: start), at: start)
        } else {
            bytes("address", view.address, at: start)
        }
        if let index = view.interfaceIndex { number("interface", index, at: 4, 4) }
        describe(view.protocolType, at: isFirst ? 14 : 0)
        end()
    }

    private mutating func describeTags(_ bytes: RawSpan, _ layers: PacketLayers) {
        var offset = layers.linkHeaderLength
        for _ in 0..<layers.tagCount {
            describeTag(bytes.dropping(offset), at: offset)
            offset += VLANTagView.headerLength
        }
        if layers.broken == .vlan {
            describeCut(bytes.dropping(offset), at: offset, paddedTo: VLANTagView.headerLength) {
                $0.describeTag($1, at: offset)
            }
        }
        guard layers.hasLogicalLinkControl else { return }
        if layers.broken == .llc {
            // The longest header is that of SNAP.
            let header = bytes.prefix(layers.end).dropping(offset)
            describeCut(header, at: offset, paddedTo: 8) { $0.describeLogicalLinkControl($1, at: offset) }
        } else {
            describeLogicalLinkControl(bytes.dropping(offset), at: offset)
        }
    }

    private mutating func describeTag(_ bytes: RawSpan, at offset: Int) {
        guard let tag = try? VLANTagView(bytes) else { return }
        begin(.vlan)
        number("priority", tag.priority, at: offset, 1)
        flag("drop_eligible", tag.isDropEligible, at: offset, 1)
        number("identifier", tag.identifier, at: offset, 2)
        describe(tag.etherType, at: offset + 2)
        end()
        checkStandards(tag)
    }

    private mutating func describeLogicalLinkControl(_ bytes: RawSpan, at offset: Int) {
        guard let header = try? LogicalLinkControlView(bytes) else { return }
        begin(.llc)
        number("dsap", header.destinationServiceAccessPoint, at: offset, 1)
        number("ssap", header.sourceServiceAccessPoint, at: offset + 1, 1)
        number("control", header.control, at: offset + 2, 1)
        if let organization = header.organization, let type = header.subnetworkType {
            number("organization", organization, at: offset + 3, 3)
            describe(EtherType(rawValue: type), at: offset + 6)
        }
        end()
    }
}
