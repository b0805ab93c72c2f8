#include "core/config/reader.h"

#include "core/base/text.h"
#include "core/config/secrets.h"

namespace psabridge::config {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// "pipelines.acme: ", or nothing at the top of the tree.
std::string prefix(const Place& place) { return place.path.empty() ? "" : place.path + ": "; }

/// A key that nothing owns and that is probably `key` with a slip.
std::string misspelling_hint(const Place& place, std::string_view key,
                             const std::vector<std::string>& known) {
  std::vector<std::string_view> others;
  for (const Node::Entry& entry : place.node.entries)
    if (!contains(known, entry.key)) others.push_back(entry.key);
  const std::string_view near = nearest(key, others);
  return near.empty() ? "" : ". Is " + in_quotes(near) + " meant to be it?";
}

}  // namespace

void Reader::read(const Place& place, const Secret&, std::string& out) {
  const bool is_plain = place.node.kind == Node::Kind::scalar && !is_secret_reference(place.node.text);
  if (is_plain && !options_.allow_plain_secrets)
    problems_.push_back(plain_secret(place.node, place.path));
  else
    read(place, Text{}, out);
}

void Reader::refuse(const Place& place, const std::string& expected, std::string_view hint) {
  // What stands in the place of a reference is often the secret itself.
  const bool is_secret = is_secret_key(std::string_view(place.path).substr(place.path.rfind('.') + 1));
  const std::string there = is_secret ? "something else" : found(place.node);
  problems_.push_back({"PB1006", place.node.at,
                       prefix(place) + "expected " + expected + ", found " + there + std::string(hint)});
}

void Reader::report_missing(const Place& place, std::string_view key, std::string_view description,
                            const std::vector<std::string>& known) {
  problems_.push_back({"PB1007", place.node.at,
                       prefix(place) + "the key " + in_quotes(key) + " is missing (" +
                           std::string(description) + ")" + misspelling_hint(place, key, known)});
}

void Reader::report_unknown(const Place& place, const Node::Entry& entry,
                            const std::vector<std::string>& known) {
  problems_.push_back(
      {"PB1003", entry.at,
       prefix(place) + "unknown key " + in_quotes(entry.key) + "." + suggestion_for(entry.key, known)});
}

void Reader::report_plain_secrets(const Place& place, const std::vector<std::string>& known) {
  if (options_.allow_plain_secrets) return;
  for (const Node::Entry& entry : place.node.entries)
    if (!contains(known, entry.key)) check_plain_secrets(entry, place.path, problems_);
}

}  // namespace psabridge::config
