// One record while a syncer works on it.
#pragma once
#include <forward_list>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace psabridge::syncers {

/// Reads see what was written before; only real changes reach the host, by commit(). Lives within one
/// refine().
class Draft {
 public:
  explicit Draft(const sdk::Record& record) : record_(record) {
    constexpr std::size_t kUsualChanges = 8;
    changes_.reserve(kUsualChanges);
  }

  const sdk::Record& record() const noexcept { return record_; }
  std::string_view source_id() const noexcept { return record_.source_id(); }

  bool is_null(std::string_view name) const { return value(name).type == PSABRIDGE_TYPE_NULL; }
  /// Text, id, time or JSON; empty for null.
  std::string_view text(std::string_view name) const { return text_of(value(name)); }
  /// Null is false.
  bool flag(std::string_view name) const {
    const psabridge_value& found = value(name);
    return found.type == PSABRIDGE_TYPE_BOOL && found.as.integer != 0;
  }

  void clear(std::string_view name) { write(name, sdk::Value::null()); }
  void set_flag(std::string_view name, bool value) { write(name, sdk::Value::boolean(value)); }
  void set_json(std::string_view name, std::string json) {
    write(name, sdk::Value::json(kept(std::move(json))));
  }
  /// An empty text becomes null: the store knows one kind of nothing.
  void set_text(std::string_view name, std::string text) { set_text(field(name), std::move(text)); }
  void set_text(sdk::Field field, std::string text) {
    write(field, text.empty() ? sdk::Value::null() : sdk::Value::text(kept(std::move(text))));
  }
  /// Fills a field that the source left empty.
  void set_missing(std::string_view name, std::string_view text) {
    if (this->text(name).empty()) set_text(name, std::string(text));
  }

  /// The same with another field's value, whatever its type.
  void copy_missing(std::string_view name, std::string_view from) {
    if (is_null(from) || !text(name).empty()) return;
    sdk::Value copy = sdk::Value::null();
    static_cast<psabridge_value&>(copy) = value(from);
    write(name, copy);
  }

  /// Hands the changes over.
  void commit(sdk::Refinements& refinements) const {
    for (const auto& [field, value] : changes_) refinements.set(record_, field, value);
  }

 private:
  using Change = std::pair<sdk::Field, sdk::Value>;

  sdk::Field field(std::string_view name) const {
    if (const auto found = record_.batch().field(name)) return *found;
    throw sdk::Failure(sdk::Outcome::failed,
                       "The batch lacks the field \"" + std::string(name) + "\" of the schema of " +
                           std::string(record_.batch().entity()) + "; host and syncer do not fit together.");
  }

  const psabridge_value& value(std::string_view name) const { return value(field(name)); }
  const psabridge_value& value(sdk::Field field) const {
    for (const auto& [changed, value] : changes_)
      if (changed.index == field.index) return value;
    return record_.value(field);
  }

  void write(std::string_view name, const sdk::Value& value) { write(field(name), value); }
  void write(sdk::Field field, const sdk::Value& value) {
    if (equal(this->value(field), value)) return;
    for (auto& [changed, kept] : changes_)
      if (changed.index == field.index) {
        kept = value;
        return;
      }
    changes_.emplace_back(field, value);
  }

  static std::string_view text_of(const psabridge_value& value) {
    if (value.type < PSABRIDGE_TYPE_TEXT || !value.as.text.data) return {};
    return {value.as.text.data, value.as.text.size};
  }

  static bool equal(const psabridge_value& a, const psabridge_value& b) {
    if (a.type != b.type) return false;
    if (a.type >= PSABRIDGE_TYPE_TEXT) return text_of(a) == text_of(b);
    return a.type == PSABRIDGE_TYPE_NULL || a.as.integer == b.as.integer;
  }

  std::string_view kept(std::string text) { return texts_.emplace_front(std::move(text)); }

  sdk::Record record_;
  std::vector<Change> changes_;           // few per record: searched from front to back
  std::forward_list<std::string> texts_;  // what the changes borrow; a list does not move its elements
};

}  // namespace psabridge::syncers
