import CMonitorAssets
import NIOCore

/// The files of the page, which are part of the executable.
enum Assets {
    static let page = buffer(cmonitorassets_index_html())
    static let login = buffer(cmonitorassets_login_html())
    static let style = buffer(cmonitorassets_style_css())
    static let icon = buffer(cmonitorassets_icon_svg())
    static let script = buffer(cmonitorassets_app_js())

    /// The bytes are constants of the executable.
    private static func buffer(_ asset: cmonitorassets_bytes) -> ByteBuffer {
        ByteBuffer(bytes: UnsafeBufferPointer(start: asset.bytes, count: asset.count))
    }
}
