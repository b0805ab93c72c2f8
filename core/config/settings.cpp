#include "core/config/settings.h"

#include <algorithm>
#include <array>

#include "core/config/pointer.h"
#include "core/config/secrets.h"

namespace psabridge::config {
namespace {

/// Fills `locations` and `keys` of the settings while it turns the tree into JSON.
class JsonBuilder {
 public:
  explicit JsonBuilder(Settings& settings) : settings_(settings) {}

  /// The first of two equal keys counts; the second has been reported.
  void add_member(boost::json::object& object, const Node::Entry& entry, const std::string& parent) {
    if (object.contains(entry.key)) return;
    const std::string pointer = parent + '/' + escaped_token(entry.key);
    settings_.keys[pointer] = entry.at;
    object.emplace(entry.key, convert(entry.value, pointer));
  }

 private:
  boost::json::value convert(const Node& node, const std::string& pointer) {
    settings_.locations[pointer] = node.at;
    switch (node.kind) {
      case Node::Kind::null:
        return nullptr;
      case Node::Kind::scalar:
        return typed_scalar(node);
      case Node::Kind::list:
        return convert_list(node, pointer);
      case Node::Kind::map:
        return convert_map(node, pointer);
    }
    return nullptr;
  }

  boost::json::array convert_list(const Node& node, const std::string& pointer) {
    boost::json::array list;
    for (const Node& item : node.items)
      list.push_back(convert(item, pointer + '/' + std::to_string(list.size())));
    return list;
  }

  boost::json::object convert_map(const Node& node, const std::string& pointer) {
    boost::json::object object;
    for (const Node::Entry& entry : node.entries) add_member(object, entry, pointer);
    return object;
  }

  Settings& settings_;
};

void check_plain_secrets_below(const Node& node, const std::string& tree, std::vector<Problem>& problems) {
  for (const Node::Entry& entry : node.entries) check_plain_secrets(entry, tree, problems);
  for (std::size_t i = 0; i < node.items.size(); ++i)
    check_plain_secrets_below(node.items[i], item_path(tree, i), problems);
}

}  // namespace

Settings settings_of(const Node& node, std::span<const std::string> owned) {
  Settings settings;
  settings.at = node.at;
  settings.beside.assign(owned.begin(), owned.end());
  JsonBuilder builder(settings);
  for (const Node::Entry& entry : node.entries)
    if (std::ranges::find(owned, entry.key) == owned.end()) builder.add_member(settings.values, entry, "");
  return settings;
}

Problem plain_secret(const Node& node, const std::string& path) {
  return {"PB1009", node.at,
          path +
              ": a secret stands here in plain text. Name where it is kept instead: secret://name, "
              "env://NAME or file:///path"};
}

void check_plain_secrets(const Node::Entry& entry, const std::string& tree, std::vector<Problem>& problems) {
  const std::string path = member_path(tree, entry.key);
  const Node& value = entry.value;
  if (is_secret_key(entry.key) && value.kind == Node::Kind::scalar && !is_secret_reference(value.text))
    problems.push_back(plain_secret(value, path));
  check_plain_secrets_below(value, path, problems);
}

void check_addresses(const Node& node, const std::string& tree, std::vector<Problem>& problems) {
  if (node.kind == Node::Kind::scalar && without_password(node.text) != node.text)
    problems.push_back({"PB1009", node.at, tree + ": this address holds a password in plain text"});
  for (const Node::Entry& entry : node.entries)
    check_addresses(entry.value, member_path(tree, entry.key), problems);
  for (std::size_t i = 0; i < node.items.size(); ++i)
    check_addresses(node.items[i], item_path(tree, i), problems);
}

bool is_secret_key(std::string_view key) {
  static constexpr std::array<std::string_view, 6> kNames{"client_secret", "password", "passphrase",
                                                          "token",         "api_key",  "secret"};
  return std::ranges::any_of(kNames, [key](std::string_view name) {
    return key == name || (key.ends_with(name) && key[key.size() - name.size() - 1] == '_');
  });
}

}  // namespace psabridge::config
