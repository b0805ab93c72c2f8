// The forms that values of the configuration have. Each form is used twice: to read a node of the tree, and
// to say itself as a JSON Schema. Scalar forms parse one text; composite forms are made of other forms.
#pragma once
#include <boost/json.hpp>
#include <chrono>
#include <concepts>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/config/document.h"

namespace psabridge::config {

/// A form of a single value. `parse` gives nothing when the node is not of the form.
template <class Form>
concept ScalarForm = requires(const Form form, const Node& node, const typename Form::Value& value) {
  { form.parse(node) } -> std::same_as<std::optional<typename Form::Value>>;
  { form.expected() } -> std::convertible_to<std::string>;
  { form.schema() } -> std::same_as<boost::json::object>;
  { form.to_json(value) } -> std::same_as<boost::json::value>;
};

/// The base of forms whose value is a text as it stands.
struct TextForm {
  using Value = std::string;
  static boost::json::value to_json(const std::string& value) { return boost::json::string(value); }
};

/// Any text that is not empty.
struct Text : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const { return "text"; }
  boost::json::object schema() const;
};

/// A name that an admin gives, or that a plugin has: it goes into commands, logs and the store.
struct Name : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const;
  boost::json::object schema() const;
};

/// The name of an entity or of a field: a table or column of the store.
struct Word : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const;
  boost::json::object schema() const;
};

/// "sqlite:FILE" or "postgresql://...".
struct StoreAddress : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const;
  boost::json::object schema() const;
};

/// Address of a server: https, or http on this machine's loopback.
struct ServerUrl : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const;
  boost::json::object schema() const;
};

/// Address of a proxy, or a reference to a secret that holds it.
struct ProxyUrl : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const;
  boost::json::object schema() const;
};

/// One of a few words. They live for ever.
struct Choice : TextForm {
  Choice(std::initializer_list<std::string_view> of) : words(of) {}
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const;
  boost::json::object schema() const;

  std::vector<std::string_view> words;
};

/// Address and port that a server listens at: "127.0.0.1:8730", "[::1]:8730" (core/config/endpoint.h).
struct HostPort : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const;
  boost::json::object schema() const;
};

/// A user's name as HTTP's Basic carries it.
struct UserName : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const { return "a name without ':'"; }
  boost::json::object schema() const;
};

/// What happened to which entity: "ticket.updated".
struct EventKind : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const { return "a kind of event such as ticket.updated"; }
  boost::json::object schema() const;
};

/// "00:00" ... "23:59".
struct TimeOfDay : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const { return "a time of the day in quotes, such as \"02:30\""; }
  boost::json::object schema() const;
};

/// Reference to a passphrase: an environment variable or a file. Not secret://, for what that names may be in
/// the vault.
struct PassphraseReference : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const { return "env://NAME or file:///path"; }
  boost::json::object schema() const;
};

/// SHA-256 in hex; the value is in lower case.
struct Sha256 : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const { return "a SHA-256 in hex (64 digits), as sha256sum prints it"; }
  boost::json::object schema() const;
};

/// A path of the file system; a relative one hangs at the configuration's folder.
struct Path {
  using Value = std::filesystem::path;
  std::optional<std::filesystem::path> parse(const Node& node) const;
  std::string expected() const { return "a path"; }
  boost::json::object schema() const;
  static boost::json::value to_json(const std::filesystem::path& value) {
    return boost::json::string(value.string());
  }
};

/// A text that may be written as an unquoted number or boolean too: it means its own letters.
struct Literal : TextForm {
  std::optional<std::string> parse(const Node& node) const;
  std::string expected() const { return "one value"; }
  boost::json::object schema() const;
};

/// true or false.
struct Flag {
  using Value = bool;
  std::optional<bool> parse(const Node& node) const;
  std::string expected() const { return "true or false"; }
  boost::json::object schema() const;
  static boost::json::value to_json(bool value) { return value; }
};

/// A whole number within limits.
template <std::unsigned_integral Number>
struct Count {
  using Value = Number;
  std::uint32_t least = 0;
  std::uint32_t most = std::numeric_limits<std::uint32_t>::max();

  std::optional<Number> parse(const Node& node) const {
    const boost::json::value value = typed_scalar(node);
    if (!value.is_int64() || value.get_int64() < least || value.get_int64() > most) return std::nullopt;
    return static_cast<Number>(value.get_int64());
  }
  std::string expected() const {
    return least == most ? "the number " + std::to_string(least)
                         : "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  }
  boost::json::object schema() const {
    return {{"type", "integer"}, {"minimum", std::uint64_t{least}}, {"maximum", std::uint64_t{most}}};
  }
  static boost::json::value to_json(Number value) { return std::uint64_t{value}; }
};

/// A time span: "30s", "15m", "12h", "90d", "2w"; ten years at most.
struct Span {
  using Value = std::chrono::milliseconds;
  std::chrono::milliseconds least{0};

  std::optional<std::chrono::milliseconds> parse(const Node& node) const;
  std::string expected() const;
  boost::json::object schema() const;
  static boost::json::value to_json(std::chrono::milliseconds value);
};

/// A share of a whole: "5%" is 0.05.
struct Share {
  using Value = double;
  std::optional<double> parse(const Node& node) const;
  std::string expected() const { return "a share from 0% to 100%, such as 5%"; }
  boost::json::object schema() const;
  static boost::json::value to_json(double value);
};

/// A secret that the host reads: the reference to where it is kept, or itself with --allow-plain.
struct Secret {};

/// A mapping of free form, kept as settings with the place of every value.
struct Subtree {
  std::string expected() const { return "a mapping (key: value)"; }
};

/// A mapping whose keys are those of visit_keys(visitor, T&) for the value's type T (core/config/keys.h).
struct Mapping {
  std::string expected() const { return "a mapping (key: value)"; }
};

// The deduction guides below are for compilers that do not yet deduce them for aggregates.

/// A mapping of names that the admin gives to values with a member for the name, in the order of the text.
template <class T, class KeyForm, class Form>
struct Named {
  std::string T::*name;
  KeyForm key;
  Form form;
  std::size_t least = 0;
  std::string expected() const { return "a mapping (name: ...)"; }
};
template <class T, class KeyForm, class Form>
Named(std::string T::*, KeyForm, Form) -> Named<T, KeyForm, Form>;
template <class T, class KeyForm, class Form>
Named(std::string T::*, KeyForm, Form, std::size_t) -> Named<T, KeyForm, Form>;

/// A mapping of texts to values of one form.
template <class KeyForm, class Form>
struct MapOf {
  KeyForm key;
  Form form;
  std::string expected() const { return "a mapping (key: value)"; }
};
template <class KeyForm, class Form>
MapOf(KeyForm, Form) -> MapOf<KeyForm, Form>;

template <class Form>
struct ListOf {
  Form form;
  std::string expected() const { return "a list"; }
};
template <class Form>
ListOf(Form) -> ListOf<Form>;

/// A list, or its only item without the brackets.
template <class Form>
struct OneOrMore {
  Form form;
  std::string expected() const { return form.expected() + " or a list of them"; }
};
template <class Form>
OneOrMore(Form) -> OneOrMore<Form>;

/// A mapping, or for short only the value of one of its keys.
template <class T, class Value, class Form>
struct ShortOr {
  Value T::*member;
  Form form;
  std::string expected() const { return form.expected() + ", or a mapping (key: value)"; }
};
template <class T, class Value, class Form>
ShortOr(Value T::*, Form) -> ShortOr<T, Value, Form>;

}  // namespace psabridge::config
