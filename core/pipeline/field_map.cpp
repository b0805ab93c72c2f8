#include "core/pipeline/field_map.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/time.h"

namespace psabridge::pipeline {
namespace {

namespace json = boost::json;

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> steps;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    steps.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return steps;
}

Unmapped unmapped_named(std::string_view name) {
  if (name == "default") return Unmapped::fallback;
  if (name == "hold") return Unmapped::hold;
  return name == "reject" ? Unmapped::reject : Unmapped::keep;
}

template <class Number>
std::string_view digits_of(Number number, std::span<char> buffer) {
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data())};
}

bool is_integral(double number) { return std::trunc(number) == number && std::abs(number) < 9.0e15; }

/// The text of a scalar: 21 and 21.0 are both "21". Empty for null, arrays and objects.
std::string_view scalar_text(const json::value& value, std::span<char> buffer) {
  switch (value.kind()) {
    case json::kind::string:
      return value.get_string();
    case json::kind::int64:
      return digits_of(value.get_int64(), buffer);
    case json::kind::uint64:
      return digits_of(value.get_uint64(), buffer);
    case json::kind::double_:
      if (is_integral(value.get_double()))
        return digits_of(static_cast<std::int64_t>(value.get_double()), buffer);
      return digits_of(value.get_double(), buffer);
    case json::kind::bool_:
      return value.get_bool() ? "true" : "false";
    default:
      return {};
  }
}

/// "21.0" is how some sources write the id 21: the zero fraction of a plain number goes, everything else
/// stays.
std::string_view without_zero_fraction(std::string_view id) {
  const std::size_t point = id.find('.');
  if (point == std::string_view::npos) return id;
  std::string_view digits = id.substr(0, point);
  if (digits.starts_with('-')) digits.remove_prefix(1);
  const bool plain =
      !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  const bool zeros = std::ranges::all_of(id.substr(point + 1), [](char c) { return c == '0'; });
  return plain && zeros ? id.substr(0, point) : id;
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string short_sample(std::string_view text) {
  return text.size() <= 60 ? std::string(text) : std::string(text.substr(0, 57)) + "...";
}

[[noreturn]] void refuse(const FieldSchema& field, std::string_view found) {
  throw Error("PB1403", "Field " + field.name + " must be " + std::string(name_of(field.type)) +
                            ", but the source sent \"" + short_sample(found) + "\".");
}

std::optional<bool> boolean_of(std::string_view text) {
  if (text == "true" || text == "True" || text == "1" || text == "yes") return true;
  if (text == "false" || text == "False" || text == "0" || text == "no") return false;
  return std::nullopt;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Control characters, quotes and backslashes are what JSON escapes; text without them is copied as it is.
void append_quoted(std::string& out, std::string_view text) {
  const bool plain = std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; });
  if (!plain) {
    out += json::serialize(text);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

void append_name(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  append_quoted(out, name);
  out += ':';
}

std::string_view string_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace

void append_json(std::string& out, const json::value& value) {
  char buffer[40];
  switch (value.kind()) {
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      out += scalar_text(value, buffer);
      return;
    case json::kind::array: {
      out += '[';
      for (const json::value& element : value.get_array()) {
        if (out.back() != '[') out += ',';
        append_json(out, element);
      }
      out += ']';
      return;
    }
    case json::kind::object: {
      out += '{';
      for (const auto& [name, member] : value.get_object()) {
        append_name(out, name);
        append_json(out, member);
      }
      out += '}';
      return;
    }
    case json::kind::string:
      append_quoted(out, value.get_string());
      return;
    default:
      out += json::serialize(value);
  }
}

FieldMap::FieldMap(const EntitySchema& schema, const plugin::SourceEntity& source,
                   std::span<const config::FieldMapping> admin, std::string_view no_time_until)
    : custom_(source.custom), no_time_until_(no_time_until) {
  for (const FieldSchema& field : schema.fields) {
    Rule rule{&field, {}, {}, {}, {}, {}, {}};
    std::vector<std::string> paths;
    if (const auto found = source.map.find(field.name); found != source.map.end()) {
      paths = found->second.from;
      rule.none = found->second.none;
      rule.values.insert(found->second.values.begin(), found->second.values.end());
      rule.each = found->second.each;
    }
    if (const auto own = std::ranges::find(admin, field.name, &config::FieldMapping::field);
        own != admin.end()) {
      if (!own->from.empty()) paths = own->from;
      if (!own->values.empty()) rule.values = {own->values.begin(), own->values.end()};
      rule.fallback = own->fallback;
      if (!own->values.empty()) rule.strangers = unmapped_named(own->unmapped);
    }
    for (const std::string& path : paths) rule.from.push_back({split_path(path)});
    rules_.push_back(std::move(rule));
  }
}

/// Steps into objects by member; into a list of named values ({name, value, display}) by name.
const json::value* FieldMap::find(const json::object& source, const Path& path) const {
  const json::object* at = &source;
  for (std::size_t i = 0;; ++i) {
    const json::value* member = at->if_contains(path.steps[i]);
    if (!member || i + 1 == path.steps.size()) return member;
    if (member->is_object()) {
      at = &member->get_object();
      continue;
    }
    if (!member->is_array()) return nullptr;
    const json::object* named = nullptr;
    for (const json::value& element : member->get_array())
      if (element.is_object() && string_member(element.get_object(), "name") == path.steps[i + 1])
        named = &element.get_object();
    if (!named) return nullptr;
    if (i + 2 == path.steps.size()) return named->if_contains("value");
    at = named;
    ++i;
  }
}

const json::value* FieldMap::find_any(const json::object& source, const Rule& rule) const {
  for (const Path& path : rule.from)
    if (const json::value* found = find(source, path); found && !found->is_null()) return found;
  return nullptr;
}

std::span<const Stranger> FieldMap::fill(const json::object& source, std::span<Value> fields, Arena& arena) {
  strangers_.clear();
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    const json::value* found = find_any(source, rule);
    if (found)
      fields[i] = convert(*found, rule, arena);
    else
      fields[i] = rule.fallback ? convert_text(*rule.fallback, rule, arena) : null_value();
  }
  return strangers_;
}

Value FieldMap::convert(const json::value& value, const Rule& rule, Arena& arena) {
  if (rule.field->type == FieldType::refs) return convert_refs(value, rule, arena);
  if (value.is_structured() || rule.field->type == FieldType::json) {
    if (rule.field->type != FieldType::json && rule.field->type != FieldType::text)
      refuse(*rule.field, json::serialize(value));
    scratch_.clear();
    append_json(scratch_, value);
    const std::string_view kept = arena.keep(scratch_);
    return rule.field->type == FieldType::json ? json_value(kept) : text_value(kept);
  }
  char buffer[40];
  return convert_text(scalar_text(value, buffer), rule, arena);
}

Value FieldMap::convert_text(std::string_view text, const Rule& rule, Arena& arena) {
  const FieldType type = rule.field->type;
  if (type != FieldType::text) text = trimmed(text);
  if (type == FieldType::ref) text = without_zero_fraction(text);
  if (std::ranges::find(rule.none, text) != rule.none.end()) return null_value();
  if (const auto mapped = rule.values.find(text); mapped != rule.values.end())
    text = mapped->second;
  else if (rule.strangers && !text.empty() && text != rule.fallback)
    text = meet_stranger(text, rule, arena);
  if (type == FieldType::text) return text_value(arena.keep(text));
  if (text.empty()) return null_value();
  switch (type) {
    case FieldType::ref:
      return text_value(arena.keep(text));
    case FieldType::time:
      return convert_time(text, rule, arena);
    case FieldType::boolean:
      if (const auto flag = boolean_of(text)) return bool_value(*flag);
      break;
    case FieldType::integer:
      if (const auto number = number_of<std::int64_t>(without_zero_fraction(text)))
        return integer_value(*number);
      break;
    case FieldType::real:
      if (const auto number = number_of<double>(text)) return real_value(*number);
      break;
    default:
      break;
  }
  refuse(*rule.field, text);
}

/// The text that stands for one that the map does not list.
std::string_view FieldMap::meet_stranger(std::string_view text, const Rule& rule, Arena& arena) {
  strangers_.push_back({rule.field, arena.keep(text), *rule.strangers});
  if (*rule.strangers != Unmapped::fallback) return text;
  return rule.fallback ? std::string_view(*rule.fallback) : std::string_view();
}

Value FieldMap::convert_time(std::string_view text, const Rule& rule, Arena& arena) {
  const auto time = parse_time(text);
  if (!time) refuse(*rule.field, text);
  const std::string canonical = format_time(*time);
  return canonical <= no_time_until_ ? null_value() : time_value(arena.keep(canonical));
}

Value FieldMap::convert_refs(const json::value& value, const Rule& rule, Arena& arena) {
  if (!value.is_array()) refuse(*rule.field, json::serialize(value));
  scratch_ = "[";
  for (const json::value& element : value.get_array()) {
    const json::value* id = &element;
    if (element.is_object()) id = rule.each.empty() ? nullptr : element.get_object().if_contains(rule.each);
    char buffer[40];
    const std::string_view text =
        id ? without_zero_fraction(trimmed(scalar_text(*id, buffer))) : std::string_view();
    if (text.empty() || std::ranges::find(rule.none, text) != rule.none.end()) continue;
    if (scratch_.size() > 1) scratch_ += ',';
    append_quoted(scratch_, text);
  }
  scratch_ += ']';
  return json_value(arena.keep(scratch_));
}

std::string_view FieldMap::custom(const json::object& source, Arena& arena) {
  scratch_ = "{";
  for (const plugin::CustomList& list : custom_) {
    const json::value* found = source.if_contains(list.from);
    if (!found || !found->is_array()) continue;
    for (const json::value& element : found->get_array()) {
      if (!element.is_object()) continue;
      const json::object& entry = element.get_object();
      const std::string_view name = string_member(entry, list.name);
      const std::string_view display = string_member(entry, list.display);
      const json::value* value = entry.if_contains(list.value);
      if (name.empty() || (!value && display.empty())) continue;
      append_name(scratch_, name);
      if (display.empty())
        append_json(scratch_, *value);
      else
        append_quoted(scratch_, display);
    }
  }
  scratch_ += '}';
  return arena.keep(scratch_);
}

}  // namespace psabridge::pipeline
