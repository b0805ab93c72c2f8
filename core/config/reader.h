// Reads the tree into typed values by the table of keys (keys.h), and goes on after a problem, so that all
// are found at once.
#pragma once
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/forms.h"
#include "core/config/schema.h"
#include "core/config/settings.h"

namespace psabridge::config {

/// A value of the tree and its path there.
struct Place {
  const Node& node;
  std::string path;

  Place member(const Node::Entry& entry) const { return {entry.value, member_path(path, entry.key)}; }
  Place item(std::size_t index) const { return {node.items[index], item_path(path, index)}; }
};

/// One overload of `read` per kind of form. Values with a problem keep what they had.
class Reader {
 public:
  Reader(const LoadOptions& options, std::vector<Problem>& problems)
      : options_(options), problems_(problems) {}

  template <ScalarForm Form, class Target>
  void read(const Place& place, const Form& form, Target& out) {
    if (auto value = form.parse(place.node)) {
      out = std::move(*value);
      return;
    }
    Node other = place.node;
    other.quoted = !other.quoted;
    const char* const hint = !form.parse(other)  ? ""
                             : place.node.quoted ? ": remove the quotes"
                                                 : ": put it into quotes";
    refuse(place, form.expected(), hint);
  }

  void read(const Place& place, const Secret& form, std::string& out);

  void read(const Place& place, const Subtree& form, std::optional<Settings>& out) {
    if (is_mapping(place, form.expected())) out = settings_of(place.node, {});
  }

  template <class T>
  void read(const Place& place, const Mapping& form, T& out);

  template <class T, class KeyForm, class Form>
  void read(const Place& place, const Named<T, KeyForm, Form>& form, std::vector<T>& out) {
    if (!is_mapping(place, form.expected())) return;
    if (place.node.entries.size() < form.least)
      problems_.push_back(
          {"PB1007", place.node.at, place.path + ": at least one is needed, and none is there"});
    for (const Node::Entry& entry : place.node.entries) {
      T value;
      value.*form.name = entry.key;
      check_key(place, entry, form.key);
      read(place.member(entry), form.form, value);
      value.at = entry.at;
      out.push_back(std::move(value));
    }
  }

  template <class KeyForm, class Form, class Value>
  void read(const Place& place, const MapOf<KeyForm, Form>& form, std::map<std::string, Value>& out) {
    if (!is_mapping(place, form.expected())) return;
    for (const Node::Entry& entry : place.node.entries) {
      check_key(place, entry, form.key);
      read(place.member(entry), form.form, out[entry.key]);
    }
  }

  template <class Form, class Value>
  void read(const Place& place, const ListOf<Form>& form, std::vector<Value>& out) {
    if (place.node.kind != Node::Kind::list && place.node.kind != Node::Kind::null)
      return refuse(place, form.expected());
    for (std::size_t i = 0; i < place.node.items.size(); ++i)
      read(place.item(i), form.form, out.emplace_back());
  }

  template <class Form, class Value>
  void read(const Place& place, const OneOrMore<Form>& form, std::vector<Value>& out) {
    if (place.node.kind == Node::Kind::list) return read(place, ListOf{form.form}, out);
    if (place.node.kind != Node::Kind::scalar) return refuse(place, form.expected());
    read(place, form.form, out.emplace_back());
  }

  template <class T, class Value, class Form>
  void read(const Place& place, const ShortOr<T, Value, Form>& form, T& out) {
    if (place.node.kind == Node::Kind::map) return read(place, Mapping{}, out);
    out.at = place.node.at;
    if (place.node.kind == Node::Kind::null) return refuse(place, form.expected());
    read(place, form.form, out.*form.member);
  }

  /// `known` are the keys of the mapping.
  void report_missing(const Place& place, std::string_view key, std::string_view description,
                      const std::vector<std::string>& known);
  void report_unknown(const Place& place, const Node::Entry& entry, const std::vector<std::string>& known);
  void report_plain_secrets(const Place& place, const std::vector<std::string>& known);

 private:
  /// An empty value is an empty mapping.
  bool is_mapping(const Place& place, const std::string& expected) {
    if (place.node.kind == Node::Kind::map || place.node.kind == Node::Kind::null) return true;
    refuse(place, expected);
    return false;
  }

  template <class KeyForm>
  void check_key(const Place& place, const Node::Entry& entry, const KeyForm& form) {
    const Node key = Node::scalar(entry.key, true, entry.at);
    if (!form.parse(key)) refuse({key, place.path}, form.expected() + " as the key");
  }

  void refuse(const Place& place, const std::string& expected, std::string_view hint = {});

  const LoadOptions& options_;
  std::vector<Problem>& problems_;
};

/// Visits the keys of one mapping.
class MappingReader {
 public:
  MappingReader(Reader& reader, const Place& place) : reader_(reader), place_(place) {}

  template <class Target, class Form>
  void required(const char* name, Target& out, const Form& form, std::string_view description) {
    required_.emplace_back(name, description);
    optional(name, out, form, description);
  }

  template <class Target, class Form>
  void optional(const char* name, Target& out, const Form& form, std::string_view) {
    owned_.emplace_back(name);
    if (const Node* node = place_.node.find(name))
      reader_.read({*node, member_path(place_.path, name)}, form, out);
  }

  /// A required key of which only one value is known, so that no member keeps it.
  template <class Form>
  void fixed(const char* name, const Form& form, std::string_view description) {
    typename Form::Value value;
    required(name, value, form, description);
  }

  /// A key of the settings that the host checks the form of; it stays in the settings.
  template <class Form>
  void checked(const char* name, const Form& form, std::string_view) {
    typename Form::Value value;
    if (const Node* node = place_.node.find(name))
      reader_.read({*node, member_path(place_.path, name)}, form, value);
  }

  void rest(Settings& settings, std::string_view) {
    settings = settings_of(place_.node, owned_);
    is_open_ = true;
  }

  void finish() {
    for (const auto& [name, description] : required_)
      if (!place_.node.find(name)) reader_.report_missing(place_, name, description, owned_);
    if (is_open_) return reader_.report_plain_secrets(place_, owned_);
    for (const Node::Entry& entry : place_.node.entries)
      if (std::ranges::find(owned_, entry.key) == owned_.end()) reader_.report_unknown(place_, entry, owned_);
  }

 private:
  Reader& reader_;
  const Place& place_;
  std::vector<std::string> owned_;
  std::vector<std::pair<std::string_view, std::string_view>> required_;
  bool is_open_ = false;
};

template <class T>
void Reader::read(const Place& place, const Mapping& form, T& out) {
  if (!is_mapping(place, form.expected())) return;
  if constexpr (requires { out.at; }) out.at = place.node.at;
  MappingReader keys(*this, place);
  visit_keys(keys, out);
  keys.finish();
}

}  // namespace psabridge::config
