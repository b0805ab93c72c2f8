#include "core/config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <unordered_map>

#include "core/base/text.h"

namespace psabridge::config {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::size_t kMaxScalarBytes = 8 << 10;
constexpr std::size_t kMaxDepth = 64;

/// Thrown through the YAML parser to stop it: the problem has been reported.
struct Stopped {};

/// Builds the tree from the parser's events. An event handler sees an alias as one event and never what it
/// stands for, so that no alias can grow or cycle here.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, std::vector<Problem>& problems) : file_(file), problems_(problems) {}

  Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    report("PB1005", mark,
           "a second document begins here (---); only one is read. Put it into a file of its own");
    throw Stopped{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(Node(Node::Kind::null, locate(mark)));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    report("PB1005", mark, "aliases (*name) are not allowed: write the value out");
    add(Node(Node::Kind::null, locate(mark)));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    check_text(mark, value);
    add(Node::scalar(value, tag == "!", locate(mark)));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or mapping that is not finished, with the key that waits for its value.
  struct Open {
    Node node;
    bool has_key = false;
    Node::Entry entry = {};
  };

  Location locate(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  void report(const char* code, const YAML::Mark& mark, std::string message) {
    problems_.push_back({code, locate(mark), std::move(message)});
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0)
      report("PB1005", mark, "anchors (&name) are not allowed: write the value out where it is meant");
  }

  /// "?" and "" are the parser's words for no tag, "!" for a text in quotes.
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    report("PB1005", mark,
           "tags (" + in_quotes(tag) + ") are not allowed: remove it; quotes make a value text");
  }

  void check_text(const YAML::Mark& mark, const std::string& text) {
    if (text.size() > kMaxScalarBytes)
      report("PB1011", mark,
             "this text has " + std::to_string(text.size()) + " bytes; at most 8192 are allowed");
    else if (!is_utf8(text) || text.find('\0') != std::string::npos)
      report("PB1011", mark, "this text has an escape that stands for no character");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (open_.size() == kMaxDepth) {
      report("PB1011", mark, "lists and mappings are nested deeper than 64 levels");
      throw Stopped{};
    }
    open_.push_back({.node = Node(kind, locate(mark))});
  }

  void close() {
    Node done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }

  /// A finished value: the root, an item, a key or the value of the waiting key.
  void add(Node&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().node.kind == Node::Kind::list) {
      open_.back().node.items.push_back(std::move(value));
    } else if (!open_.back().has_key) {
      add_key(std::move(value));
    } else {
      add_value(std::move(value));
    }
  }

  void add_key(Node&& key) {
    if (key.kind != Node::Kind::scalar)
      problems_.push_back({"PB1005", key.at, "a key must be plain text here, not " + found(key)});
    else if (key.text == "<<" && !key.quoted)
      problems_.push_back({"PB1005", key.at, "merge keys (<<) are not allowed: write the keys out"});
    Open& top = open_.back();
    top.entry = {.key = std::move(key.text), .at = std::move(key.at), .value = {}};
    top.has_key = true;
  }

  void add_value(Node&& value) {
    Open& top = open_.back();
    if (value.kind == Node::Kind::null) value.at = top.entry.at;
    top.entry.value = std::move(value);
    top.node.entries.push_back(std::move(top.entry));
    top.has_key = false;
  }

  const std::string& file_;
  std::vector<Problem>& problems_;
  std::vector<Open> open_;
  Node root_;
  int documents_ = 0;
};

/// Place of a byte; columns count characters, as the YAML parser does.
Location locate(std::string_view text, std::size_t byte, const std::string& file) {
  const std::string_view before = text.substr(0, byte);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  return {file, 1 + static_cast<int>(std::ranges::count(before, '\n')),
          1 + static_cast<int>(std::ranges::count_if(before.substr(line_start), is_start))};
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

/// What the YAML parser would misread without a word: it takes byte 4 for the end, and other encodings for
/// text.
bool is_clean_text(std::string_view yaml, const std::string& file, std::vector<Problem>& problems) {
  const auto refuse = [&](Location at, std::string message) {
    problems.push_back({"PB1011", std::move(at), std::move(message)});
    return false;
  };
  if (yaml.size() > kMaxBytes)
    return refuse({file, 0, 0},
                  "the file has " + std::to_string(yaml.size()) +
                      " bytes; at most 1048576 (1 MiB) are read. Split it into a folder of files");
  if (const auto control = std::ranges::find_if(yaml, is_control); control != yaml.end())
    return refuse(locate(yaml, static_cast<std::size_t>(control - yaml.begin()), file),
                  "there is a control character here; the file must be UTF-8 text");
  std::size_t start = 0;
  for (std::size_t end; start < yaml.size(); start = end) {
    end = std::min(yaml.find('\n', start), yaml.size() - 1) + 1;
    if (!is_utf8(yaml.substr(start, end - start)))
      return refuse(locate(yaml, start, file), "this line is not valid UTF-8; save the file as UTF-8 text");
  }
  return true;
}

/// What the parser's words usually mean for the one who wrote the file; others are passed on.
std::string admin_words(const std::string& parser_words) {
  namespace words = YAML::ErrorMsg;
  static const std::pair<const char*, const char*> kMeanings[] = {
      {words::EOF_IN_SCALAR, "a quote is opened and never closed"},
      {words::TAB_IN_INDENTATION, "the line is indented with a tab; use blanks"},
      {words::UNKNOWN_TOKEN,
       "this character cannot begin a value; put the text into quotes, and indent with blanks only"},
      {words::MAP_VALUE, "a colon is not expected here; text with \": \" in it needs quotes"},
      {words::MAP_KEY, "a key is not expected here; look at the indentation"},
      {words::END_OF_MAP, "the mapping goes on differently from how it began; look at the indentation"},
      {words::END_OF_SEQ, "the list goes on differently from how it began; look at the indentation"},
      {words::END_OF_MAP_FLOW, "a { is not closed by a }, or a comma is missing"},
      {words::END_OF_SEQ_FLOW, "a [ is not closed by a ], or a comma is missing"},
      {words::INVALID_ESCAPE, "this \\ sequence does not exist; in single quotes a \\ is only itself"},
      {words::UNKNOWN_ANCHOR, "an alias (*name) of something that is not there; write the value out"},
  };
  for (const auto& [parser, admin] : kMeanings)
    if (parser_words.starts_with(parser)) return admin;
  return parser_words;
}

/// The grammar of a JSON number: what it accepts reads back as written.
bool is_json_number(std::string_view text) {
  const auto take_digits = [&] {
    std::size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool leading_zero = text.starts_with('0');
  const std::size_t whole = take_digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (take_digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (take_digits() == 0) return false;
  }
  return text.empty();
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Node::Node(Kind of_kind, Location where) : kind(of_kind), at(std::move(where)) {}

Node Node::scalar(std::string text, bool quoted, Location where) {
  Node node(Kind::scalar, std::move(where));
  node.text = std::move(text);
  node.quoted = quoted;
  return node;
}

const Node* Node::find(std::string_view key) const {
  const auto entry = std::ranges::find(entries, key, &Entry::key);
  return entry == entries.end() ? nullptr : &entry->value;
}

Node parse_document(std::string_view yaml, const std::string& file, std::vector<Problem>& problems) {
  if (!is_clean_text(yaml, file, problems)) return {};
  TreeBuilder builder(file, problems);
  try {
    // The parser takes a text in quotes that the file's end cuts off for a whole one, unless something stands
    // on the last line.
    std::istringstream text{std::string(yaml) + (yaml.ends_with('\n') ? "#" : "\n#")};
    YAML::Parser parser(text);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stopped&) {  // reported where it was thrown
  } catch (const YAML::Exception& error) {
    const Location at{file, error.mark.line + 1, error.mark.column + 1};
    problems.push_back({"PB1002", at, "this is not YAML: " + admin_words(error.msg)});
  }
  Node root = builder.take_root();
  if (root.at.line == 0) root.at = {file, 1, 1};
  return root;
}

void check_duplicates(const Node& node, const std::string& tree, std::vector<Problem>& problems) {
  std::unordered_map<std::string_view, const Location*> first;
  for (const Node::Entry& entry : node.entries) {
    const std::string path = member_path(tree, entry.key);
    const auto [known, is_new] = first.try_emplace(entry.key, &entry.at);
    if (!is_new)
      problems.push_back({"PB1004", entry.at,
                          path + " is given twice, first at " + to_string(*known->second) + ": keep one"});
    check_duplicates(entry.value, path, problems);
  }
  for (std::size_t i = 0; i < node.items.size(); ++i)
    check_duplicates(node.items[i], item_path(tree, i), problems);
}

boost::json::value typed_scalar(const Node& scalar) {
  const std::string& text = scalar.text;
  if (scalar.quoted) return boost::json::string(text);
  if (text == "true" || text == "false") return text == "true";
  if (is_json_number(text)) {
    std::int64_t whole = 0;
    if (read_number(text, whole)) return whole;
    double real = 0;
    const bool has_fraction = text.find_first_of(".eE") != std::string::npos;
    if (has_fraction && read_number(text, real) && std::isfinite(real)) return real;
  }
  return boost::json::string(text);
}

std::string member_path(const std::string& tree, std::string_view key) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (key.empty() || !std::ranges::all_of(key, is_word)) return tree + "[" + in_quotes(key) + "]";
  return tree.empty() ? std::string(key) : tree + "." + std::string(key);
}

std::string item_path(const std::string& tree, std::size_t index) {
  return tree + "[" + std::to_string(index + 1) + "]";
}

std::string found(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a mapping";
    case Node::Kind::scalar:
      return found(typed_scalar(node));
  }
  return "nothing";
}

std::string found(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "nothing";
    case boost::json::kind::array:
      return "a list";
    case boost::json::kind::object:
      return "a mapping";
    case boost::json::kind::string:
      return "the text " + in_quotes(value.get_string());
    case boost::json::kind::bool_:
      return value.get_bool() ? "true" : "false";
    default:
      return "the number " + boost::json::serialize(value);
  }
}

std::string without_password(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::string(text);
  const std::size_t user = scheme + 3;
  const std::size_t at = text.substr(0, text.find_first_of("/?#", user)).rfind('@');
  const std::size_t colon = text.find(':', user);
  if (at == std::string_view::npos || at < user || colon > at || colon + 1 == at) return std::string(text);
  return std::string(text.substr(0, colon + 1)) + "***" + std::string(text.substr(at));
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 60;
  const std::string whole = without_password(text);
  std::string shown = whole.substr(0, kMost);
  while (!shown.empty() && !is_utf8(shown)) shown.pop_back();  // the cut may go through a character
  std::ranges::replace_if(
      shown, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  std::ranges::replace_if(shown, is_control, '?');
  return "\"" + shown + (whole.size() > shown.size() ? "..." : "") + "\"";
}

}  // namespace psabridge::config
