// Files as arrays: the page needs none beside the executable.

#include "CMonitorAssets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t index_html[] = {
#embed "Assets/index.html"
};

static const uint8_t login_html[] = {
#embed "Assets/login.html"
};

static const uint8_t style_css[] = {
#embed "Assets/style.css"
};

static const uint8_t icon_svg[] = {
#embed "Assets/icon.svg"
};

static const uint8_t app_js[] = {
#embed "Assets/app.js"
};

cmonitorassets_bytes cmonitorassets_index_html(void) {
    return (cmonitorassets_bytes){index_html, sizeof index_html};
}

cmonitorassets_bytes cmonitorassets_login_html(void) {
    return (cmonitorassets_bytes){login_html, sizeof login_html};
}

cmonitorassets_bytes cmonitorassets_style_css(void) {
    return (cmonitorassets_bytes){style_css, sizeof style_css};
}

cmonitorassets_bytes cmonitorassets_icon_svg(void) {
    return (cmonitorassets_bytes){icon_svg, sizeof icon_svg};
}

cmonitorassets_bytes cmonitorassets_app_js(void) {
    return (cmonitorassets_bytes){app_js, sizeof app_js};
}
