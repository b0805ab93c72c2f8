// The YAML text as a plain tree with the place of everything. YAML's own traps (aliases, merge keys, tags,
// duplicate keys, endless depth) end here: what comes out is a finite tree in which each thing stands once.
#pragma once
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"

namespace psabridge::config {

/// One value of the text.
struct Node {
  enum class Kind { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  Location at;                 ///< where the value begins; of an empty value: its key
  bool quoted = false;         ///< a scalar in quotes is always text
  std::string text;            ///< of a scalar
  std::vector<Node> items;     ///< of a list
  std::vector<Entry> entries;  ///< of a mapping, in the order of the text

  Node() = default;
  Node(Kind of_kind, Location where);
  static Node scalar(std::string text, bool quoted, Location where);

  /// The first value of that key, or null.
  const Node* find(std::string_view key) const;
};

/// One `key: value`.
struct Node::Entry {
  std::string key;
  Location at;
  Node value;
};

/// Reads the text into a tree and appends what is wrong to `problems`. The tree is whole only when nothing
/// was appended. An empty text gives a null node. Any bytes are safe.
Node parse_document(std::string_view yaml, const std::string& file, std::vector<Problem>& problems);

/// Appends a problem for every key that stands twice in one mapping, over the whole tree.
void check_duplicates(const Node& node, const std::string& tree, std::vector<Problem>& problems);

/// What a scalar means, by the rules of JSON: unquoted true, false, null and numbers are such, everything
/// else is text. A number that JSON's types cannot hold, or that would not read back as written (007, 1_000),
/// stays text.
boost::json::value typed_scalar(const Node& scalar);

/// The path of a member: "pipelines.acme", or `when["client.name"]` for a key that is no plain word.
std::string member_path(const std::string& tree, std::string_view key);
/// "routing[2]"; the first item is 1.
std::string item_path(const std::string& tree, std::size_t index);

/// What stands there, for messages: "a list", "the number 12", "the text \"abc\"". Long text is shortened.
std::string found(const Node& node);
std::string found(const boost::json::value& value);

/// "http://user:secret@host" without the password: "http://user:***@host". Other text as it is.
std::string without_password(std::string_view text);

/// Text between quotes for messages: shortened, without the password of an address, control characters as
/// '?'.
std::string in_quotes(std::string_view text);

}  // namespace psabridge::config
