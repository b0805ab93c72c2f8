// JSON that a plugin gave, read member by member, each checked against the wanted type.
#pragma once
#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace psabridge::plugin {

/// A text that is not of its documented form: "/entities/ticket/map is missing". Becomes an Error where it is
/// known whose text it is.
class Misfit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void misfit(const std::string& where, const std::string& why) {
  throw Misfit(where + " " + why);
}

/// Throws Misfit.
inline boost::json::value parse_json(std::string_view text) {
  boost::system::error_code status;
  boost::json::value document = boost::json::parse(text, status);
  if (status) misfit("the text", "is not JSON (" + status.message() + ")");
  return document;
}

/// One object. Everything throws Misfit for what is of another type.
class JsonNode {
 public:
  /// `where`: its place ("/entities/ticket"). Views the value.
  JsonNode(const boost::json::value& value, std::string where) : where_(std::move(where)) {
    if (!value.is_object()) misfit(where_, "must be an object");
    object_ = &value.get_object();
  }

  void allow_only(std::initializer_list<std::string_view> keys) const {
    for (const auto& member : *object_)
      if (std::ranges::find(keys, std::string_view(member.key())) == keys.end())
        misfit(at(member.key()), "is not known");
  }
  std::string text(std::string_view key) const {
    const boost::json::value* value = object_->if_contains(key);
    if (!value) return {};
    if (!value->is_string()) misfit(at(key), "must be a string");
    return std::string(value->get_string());
  }
  bool flag(std::string_view key) const {
    const boost::json::value* value = object_->if_contains(key);
    if (!value) return false;
    if (!value->is_bool()) misfit(at(key), "must be true or false");
    return value->get_bool();
  }
  /// 0 when it is not there.
  int number(std::string_view key) const {
    const boost::json::value* value = object_->if_contains(key);
    if (!value) return 0;
    boost::system::error_code error;
    const int number = value->to_number<int>(error);
    if (error) misfit(at(key), "must be a whole number");
    return number;
  }
  /// A string stands for a list of one.
  std::vector<std::string> texts(std::string_view key) const {
    const boost::json::value* value = object_->if_contains(key);
    return value ? texts_of(*value, at(key)) : std::vector<std::string>();
  }
  std::string required_text(std::string_view key) const {
    std::string found = text(key);
    if (found.empty()) misfit(at(key), "is missing");
    return found;
  }
  /// Calls `take(key, value, where)` for each member of the object at `key`, if it is there.
  template <class Take>
  void each_member(std::string_view key, Take&& take) const {
    const boost::json::value* value = object_->if_contains(key);
    if (!value) return;
    if (!value->is_object()) misfit(at(key), "must be an object");
    for (const auto& member : value->get_object())
      take(std::string(member.key()), member.value(), at(key) + "/" + std::string(member.key()));
  }
  /// Calls `take(value, where)` for each element of the array at `key`, if it is there.
  template <class Take>
  void each_element(std::string_view key, Take&& take) const {
    const boost::json::value* value = object_->if_contains(key);
    if (!value) return;
    if (!value->is_array()) misfit(at(key), "must be an array");
    std::size_t index = 0;
    for (const boost::json::value& element : value->get_array())
      take(element, at(key) + "/" + std::to_string(index++));
  }

  static std::vector<std::string> texts_of(const boost::json::value& value, const std::string& where) {
    if (value.is_string()) return {std::string(value.get_string())};
    if (!value.is_array()) misfit(where, "must be a string or an array of strings");
    std::vector<std::string> texts;
    for (const boost::json::value& element : value.get_array()) {
      if (!element.is_string()) misfit(where, "must hold strings");
      texts.emplace_back(element.get_string());
    }
    return texts;
  }

 private:
  std::string at(std::string_view key) const { return where_ + "/" + std::string(key); }

  const boost::json::object* object_;
  std::string where_;
};

}  // namespace psabridge::plugin
