// The source's own text of a record, as it lies in the column `raw`.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace psabridge::store {

/// Nothing when the bytes are no whole zstd frame. Empty bytes are an empty text.
std::optional<std::string> unpacked(std::string_view packed);

}  // namespace psabridge::store
