#include "custom_fields.h"

#include <array>
#include <charconv>

#include "slicer.h"

namespace psabridge::halo {
namespace {

constexpr std::string_view kStateKey = "custom_field_ids";  // "<milliseconds since 1970> <ids>"
constexpr Milliseconds kFreshFor =
    24 * 3'600'000;                    // a new custom field is seen after this time at the latest
constexpr std::size_t kMostIds = 500;  // an address longer than this many ids is refused by gateways
constexpr std::array<std::string_view, 1> kId{"id"};
constexpr RowForm kDefinitions{"fields", kId, {}};

}  // namespace

std::string CustomFields::ids(bool renewed) {
  const std::scoped_lock lock(mutex_);
  if (!ids_ && !renewed) ids_ = kept_ids();
  if (!ids_ || (renewed && !asked_)) ids_ = asked_ids();
  return *ids_;
}

std::optional<std::string> CustomFields::kept_ids() const {
  const std::string kept = host_.state(kStateKey);
  const std::size_t blank = kept.find(' ');
  Milliseconds at = 0;
  if (blank == std::string::npos || std::from_chars(kept.data(), kept.data() + blank, at).ec != std::errc())
    return std::nullopt;
  const Milliseconds age = session_.now() - at;
  return age >= 0 && age < kFreshFor ? std::optional(kept.substr(blank + 1)) : std::nullopt;
}

std::string CustomFields::asked_ids() {
  asked_ = true;
  const sdk::HttpResponse answer = session_.get("FieldInfo", "iscustomfieldsetup=true");
  const Slicing definitions = slice_list(answer.body, kDefinitions);
  if (answer.status != 200 || definitions.kind != BodyKind::rows) {
    host_.log(sdk::Level::warning,
              "The definitions of Halo's custom fields cannot be read (HTTP " +
                  std::to_string(answer.status) +
                  "), so lists come without custom fields. Records are complete otherwise.");
    return {};
  }
  std::string ids;
  std::size_t count = 0;
  for (const Row& row : definitions.rows)
    if (!row.id.empty() && count++ < kMostIds) ids += (ids.empty() ? "" : ",") + row.id;
  host_.set_state(kStateKey, std::to_string(session_.now()) + " " + ids);
  return ids;
}

}  // namespace psabridge::halo
