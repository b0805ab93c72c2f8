// Plain text for fields that the source filled as HTML only.
#pragma once
#include <string_view>

#include "common/draft.h"
#include "common/html.h"

namespace psabridge::syncers {

/// Fills a text field that is empty from its HTML counterpart.
inline void read_html(Draft& draft, std::string_view text_field, std::string_view html_field) {
  if (draft.text(text_field).empty()) draft.set_text(text_field, text_of_html(draft.text(html_field)));
}

}  // namespace psabridge::syncers
