#ifndef CMONITORASSETS_H
#define CMONITORASSETS_H

#include <stddef.h>
#include <stdint.h>

/// Bytes that are part of the executable: readable for as long as it runs, never written.
typedef struct {
    const uint8_t *_Nonnull bytes;
    size_t count;
} cmonitorassets_bytes;

/// The page, with all its views.
cmonitorassets_bytes cmonitorassets_index_html(void);

/// The form that asks for a token.
cmonitorassets_bytes cmonitorassets_login_html(void);

cmonitorassets_bytes cmonitorassets_icon_svg(void);
cmonitorassets_bytes cmonitorassets_style_css(void);
cmonitorassets_bytes cmonitorassets_app_js(void);

#endif
