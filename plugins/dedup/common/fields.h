// Reading a record's fields by the names of settings. Pure functions, any thread.
#pragma once
#include <psabridge/json.hpp>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::dedup {

namespace detail {

/// A text, or the texts of an array; numbers only when they are whole.
inline void append_texts(const sdk::Json& value, std::vector<std::string>& texts) {
  constexpr double kLargestWhole = 9007199254740992.0;
  for (const sdk::Json& element : value.elements()) append_texts(element, texts);
  if (std::string text = value.text(); !text.empty()) texts.push_back(std::move(text));
  const double number = value.number();
  if (number > 0 && number < kLargestWhole &&
      number == static_cast<double>(static_cast<std::int64_t>(number)))
    texts.push_back(std::to_string(static_cast<std::int64_t>(number)));
}

inline std::vector<std::string> texts_in_json(std::string_view json, std::string_view member) {
  std::vector<std::string> texts;
  try {
    const sdk::Json parsed = sdk::Json::parse(json);
    append_texts(member.empty() ? parsed : parsed[member], texts);
  } catch (const sdk::Failure&) {  // of a record that was made by hand: as if the field were empty
  }
  return texts;
}

}  // namespace detail

/// The texts in a field, of a JSON field those of its array; "custom.NAME" is a custom field. None when the
/// entity has no such field.
inline std::vector<std::string> field_texts(const sdk::Record& record, std::string_view field) {
  constexpr std::string_view kCustom = "custom.";
  if (field.starts_with(kCustom)) return detail::texts_in_json(record.custom(), field.substr(kCustom.size()));
  if (record.value(field).type == PSABRIDGE_TYPE_JSON) return detail::texts_in_json(record.text(field), {});
  if (const std::optional<std::int64_t> number = record.integer(field)) return {std::to_string(*number)};
  const std::string_view text = record.text(field);
  if (text.empty()) return {};
  return {std::string(text)};
}

}  // namespace psabridge::dedup
