#include "core/config/edit.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <optional>
#include <ranges>
#include <vector>

#include "core/base/text.h"
#include "core/config/document.h"

namespace psabridge::config {
namespace {

constexpr std::size_t kUsualStep = 2;  // blanks a level

/// Each with its line end; only the last may have none.
using Lines = std::vector<std::string>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

std::string text_of(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }
bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\n") == std::string_view::npos; }
bool is_comment(std::string_view line) { return line.substr(indent_of(line)).starts_with('#'); }

/// Of the text, as its first line ends.
std::string line_end_of(const Lines& lines) {
  return !lines.empty() && lines.front().ends_with("\r\n") ? "\r\n" : "\n";
}

/// 0-based.
std::size_t line_of(const Location& at) { return static_cast<std::size_t>(at.line - 1); }
std::size_t column_of(const Location& at) { return static_cast<std::size_t>(at.column - 1); }

bool holds_nothing(const Node& node) {
  return node.kind == Node::Kind::null || (node.kind == Node::Kind::map && node.entries.empty());
}

/// Equal but for the places; an empty mapping and nothing are the same to the loader.
bool means_the_same(const Node& a, const Node& b) {
  if (holds_nothing(a) && holds_nothing(b)) return true;
  return a.kind == b.kind && a.text == b.text && a.quoted == b.quoted &&
         std::ranges::equal(a.items, b.items, means_the_same) &&
         std::ranges::equal(a.entries, b.entries, [](const Node::Entry& x, const Node::Entry& y) {
           return x.key == y.key && means_the_same(x.value, y.value);
         });
}

Node parse(std::string_view yaml) {
  std::vector<Problem> problems;
  Node root = parse_document(yaml, "", problems);
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return root;
}

bool means(std::string_view yaml, const Node& expected) {
  std::vector<Problem> problems;
  const Node root = parse_document(yaml, "", problems);
  return problems.empty() && means_the_same(root, expected);
}

auto find_entry(auto& mapping, std::string_view key) {
  return std::ranges::find(mapping.entries, key, &Node::Entry::key);
}

/// A key that the parser reads as the name, in quotes when it must.
std::string key_text(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kWords{"null", "true", "false", "yes", "no", "on", "off"};
  const auto is_letter = [](char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; };
  const auto is_plain = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  const bool plain = !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, is_plain) &&
                     std::ranges::find(kWords, ascii_lowered(name)) == kWords.end();
  return plain ? std::string(name) : boost::json::serialize(boost::json::string(name));
}

/// How an entry is indented: its key, and how much deeper each level below it.
struct Style {
  std::size_t indent = kUsualStep, step = kUsualStep;
};

/// `block` below the key of its name.
Lines entry_lines(std::string_view name, std::string_view block, const Style& style, const std::string& end) {
  Lines lines{std::string(style.indent, ' ') + key_text(name) + ":" + end};
  for (std::string_view line : lines_of(block)) {
    const std::size_t blanks = indent_of(line);
    line.remove_prefix(blanks);
    line = line.substr(0, line.find_first_of("\r\n"));
    const std::size_t depth = style.indent + (1 + blanks / kUsualStep) * style.step;
    lines.push_back((line.empty() ? "" : std::string(depth, ' ') + std::string(line)) + end);
  }
  return lines;
}

/// One top-level section of a text.
class Section {
 public:
  /// Both outlive the object.
  Section(const Lines& lines, const Node& root, std::string_view name)
      : lines_(lines), root_(root), entry_(find_entry(root, name)) {}

  bool exists() const { return entry_ != root_.entries.end(); }
  const Node& value() const { return entry_->value; }
  std::size_t key_line() const { return line_of(entry_->at); }

  /// True when every entry begins a line of its own.
  bool in_lines() const {
    return std::ranges::all_of(value().entries, [this](const Node::Entry& entry) {
      return line_of(entry.at) > key_line() && indent_of(lines_.at(line_of(entry.at))) == column_of(entry.at);
    });
  }

  /// As its entries are; of an empty one, as those of other sections.
  Style style() const {
    if (exists() && !value().entries.empty()) return style_of(value());
    for (const Node::Entry& other : root_.entries)
      if (!other.value.entries.empty() && line_of(other.value.at) > line_of(other.at))
        return style_of(other.value);
    return {};
  }

  /// The line after the last one of the entry. Blank lines at the end, and comments that are not indented
  /// deeper than the entry's name, belong to what follows.
  std::size_t end_of(const Node::Entry& entry) const {
    std::size_t end = limit_of(entry);
    while (end > line_of(entry.at) + 1 && is_outside(lines_[end - 1], column_of(entry.at))) --end;
    return end;
  }

  /// The line of the next key, be it of this section or the next one, or the end of the text.
  std::size_t limit_of(const Node::Entry& entry) const {
    if (&entry != &value().entries.back()) return line_of((&entry + 1)->at);
    return std::next(entry_) == root_.entries.end() ? lines_.size() : line_of(std::next(entry_)->at);
  }

 private:
  static bool is_outside(std::string_view line, std::size_t indent) {
    return is_blank(line) || (is_comment(line) && indent_of(line) <= indent);
  }

  static Style style_of(const Node& mapping) {
    const std::size_t indent = column_of(mapping.entries.front().at);
    for (const Node::Entry& entry : mapping.entries)
      if (!entry.value.entries.empty() && line_of(entry.value.at) > line_of(entry.at))
        return {indent, column_of(entry.value.at) - indent};
    return {indent, indent};
  }

  const Lines& lines_;
  const Node& root_;
  const std::vector<Node::Entry>::const_iterator entry_;
};

/// "connections: {} # none" becomes "connections: # none"; false when there is more between the braces than
/// blanks.
bool drop_braces(std::string& line, std::size_t column) {
  if (line.compare(column, 1, "{") != 0) return false;
  const std::size_t end = line.find_first_not_of(' ', column + 1);
  if (end == std::string::npos || line[end] != '}') return false;
  const std::size_t start = line.find_last_not_of(' ', column - 1) + 1;
  line.erase(start, end + 1 - start);
  return true;
}

void insert(Lines& lines, std::size_t at, const Lines& added, const std::string& end) {
  if (at > 0 && !lines[at - 1].ends_with('\n')) lines[at - 1] += end;
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), added.begin(), added.end());
}

/// Nothing when the section is not written in lines.
std::optional<std::string> inserted(Lines lines, const Node& root, std::string_view section_name,
                                    std::string_view name, std::string_view block) {
  const Section section(lines, root, section_name);
  const std::string end = line_end_of(lines);
  Lines added = entry_lines(name, block, section.style(), end);
  if (!section.exists()) {
    added.insert(added.begin(), std::string(section_name) + ":" + end);
    if (!lines.empty() && !is_blank(lines.back())) added.insert(added.begin(), end);
    insert(lines, lines.size(), added, end);
    return text_of(lines);
  }
  const Node& value = section.value();
  if (!section.in_lines()) return std::nullopt;
  if (value.kind == Node::Kind::map && value.entries.empty() &&
      !drop_braces(lines.at(line_of(value.at)), column_of(value.at)))
    return std::nullopt;
  const std::size_t at =
      value.entries.empty() ? section.key_line() + 1 : section.end_of(value.entries.back());
  insert(lines, at, added, end);
  return text_of(lines);
}

/// Nothing when the section is not written in lines.
std::optional<std::string> cut_out(Lines lines, const Section& section, const Node::Entry& entry) {
  if (!section.in_lines()) return std::nullopt;
  const std::size_t indent = column_of(entry.at), limit = section.limit_of(entry);
  std::size_t first = line_of(entry.at), end = section.end_of(entry);
  while (first > section.key_line() + 1 && is_comment(lines[first - 1]) &&
         indent_of(lines[first - 1]) == indent)
    --first;
  const bool is_last = &entry == &section.value().entries.back();
  while (!is_last && end < limit && is_blank(lines[end])) ++end;
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(first),
              lines.begin() + static_cast<std::ptrdiff_t>(end));
  return text_of(lines);
}

Node with_member(Node root, std::string_view section, std::string_view name, Node value) {
  root.kind = Node::Kind::map;
  if (find_entry(root, section) == root.entries.end())
    root.entries.push_back({std::string(section), {}, Node(Node::Kind::map, {})});
  Node& mapping = find_entry(root, section)->value;
  mapping.kind = Node::Kind::map;
  mapping.entries.push_back({std::string(name), {}, std::move(value)});
  return root;
}

std::string items_text(std::span<const std::string> items, std::size_t indent, const std::string& end) {
  std::string text;
  for (const std::string& item : items) text += std::string(indent, ' ') + "- " + item + end;
  return text;
}

/// Nothing when the list is not written in lines of its own.
std::optional<std::string> exchanged(Lines lines, const Section& section, const Node::Entry& entry,
                                     const Node::Entry& list, std::span<const std::string> items) {
  const std::size_t first = line_of(list.at), indent = column_of(list.at);
  if (!section.in_lines() || indent_of(lines.at(first)) != indent) return std::nullopt;
  const bool is_last = &list == &entry.value.entries.back();
  std::size_t end = is_last ? section.end_of(entry) : line_of((&list + 1)->at);
  while (end > first + 1 &&
         (is_blank(lines[end - 1]) || (is_comment(lines[end - 1]) && indent_of(lines[end - 1]) <= indent)))
    --end;
  const std::string line_end = line_end_of(lines);
  Lines added = lines_of(items_text(items, indent + kUsualStep, line_end));
  added.insert(added.begin(), std::string(indent, ' ') + list.key + ":" + line_end);
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(first),
              lines.begin() + static_cast<std::ptrdiff_t>(end));
  insert(lines, first, added, line_end);
  return text_of(lines);
}

Node without_member(Node root, std::string_view section, std::string_view name) {
  Node& mapping = find_entry(root, section)->value;
  mapping.entries.erase(find_entry(mapping, name));
  return root;
}

}  // namespace

std::string with_entry(std::string_view yaml, std::string_view section, std::string_view name,
                       std::string_view block) {
  const Node root = parse(yaml);
  const Node* const present = root.find(section);
  if (present && present->find(name))
    throw Error("PB1605", member_path(std::string(section), name) + " is there already.");
  const bool can_hold = holds_nothing(root) || root.kind == Node::Kind::map;
  const bool section_can = !present || holds_nothing(*present) || present->kind == Node::Kind::map;
  auto edited = can_hold && section_can ? inserted(lines_of(yaml), root, section, name, block) : std::nullopt;
  if (edited && means(*edited, with_member(root, section, name, parse(block)))) return std::move(*edited);
  throw Error("PB1012", "The section `" + std::string(section) +
                            "` is written in a way that psabridge does not edit, so nothing was changed. Put "
                            "this into it by hand:\n" +
                            text_of(entry_lines(name, block, {}, "\n")));
}

std::string without_entry(std::string_view yaml, std::string_view section, std::string_view name) {
  const Node root = parse(yaml);
  const Node* const mapping = root.find(section);
  if (!mapping || !mapping->find(name))
    throw Error("PB1602", "There is no " + member_path(std::string(section), name) + ".");
  Lines lines = lines_of(yaml);
  auto edited = cut_out(lines, Section(lines, root, section), *find_entry(*mapping, name));
  if (edited && means(*edited, without_member(root, section, name))) return std::move(*edited);
  throw Error("PB1012", member_path(std::string(section), name) +
                            " is written in a way that psabridge does not edit, so nothing was changed. Take "
                            "it out by hand.");
}

std::string with_items(std::string_view yaml, std::string_view section_name, std::string_view name,
                       std::string_view key, std::span<const std::string> items) {
  Node root = parse(yaml);
  const auto section = find_entry(root, section_name);
  const bool known =
      section != root.entries.end() && section->value.find(name) && section->value.find(name)->find(key);
  if (!known)
    throw Error("PB1602", member_path(member_path(std::string(section_name), name), key) + " is not there.");
  Node::Entry& entry = *find_entry(section->value, name);
  Node::Entry& list = *find_entry(entry.value, key);
  const Lines lines = lines_of(yaml);
  const auto edited = exchanged(lines, Section(lines, root, section_name), entry, list, items);
  list.value = parse(items_text(items, 0, "\n"));
  if (edited && means(*edited, root)) return *edited;
  throw Error("PB1012", "The list `" + std::string(key) +
                            "` is written in a way that psabridge does not edit, so nothing was changed. Put "
                            "this into its place by hand:\n" +
                            std::string(key) + ":\n" + items_text(items, kUsualStep, "\n"));
}

}  // namespace psabridge::config
