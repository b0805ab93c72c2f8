#include "core/config/forms.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "core/base/time.h"
#include "core/config/endpoint.h"
#include "core/config/secrets.h"

namespace psabridge::config {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::chrono::milliseconds kMaxSpan = std::chrono::days{3660};

boost::json::object text_schema(std::string_view pattern) {
  return {{"type", "string"}, {"pattern", pattern}};
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z'); }

/// The text of a scalar that means text; nothing for numbers, booleans and everything else.
std::optional<std::string> text_of(const Node& node) {
  if (node.kind != Node::Kind::scalar || node.text.empty() || !typed_scalar(node).is_string())
    return std::nullopt;
  return node.text;
}

/// The text when it is one and `accepts` it.
template <class Predicate>
std::optional<std::string> text_if(const Node& node, Predicate accepts) {
  std::optional<std::string> text = text_of(node);
  return text && accepts(*text) ? text : std::nullopt;
}

bool is_name(std::string_view text) {
  const auto may_follow = [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; };
  return text.size() <= kMaxName && is_letter_or_digit(text[0]) && std::ranges::all_of(text, may_follow);
}

bool is_word(std::string_view text) {
  const auto may_follow = [](char c) { return is_lower(c) || is_digit(c) || c == '_'; };
  return text.size() <= kMaxName && is_lower(text[0]) && std::ranges::all_of(text, may_follow);
}

/// What stands between "scheme://" and the first slash, without the user; nothing when that is no host with
/// an optional port.
std::optional<std::string_view> host_of(std::string_view after_scheme) {
  const std::string_view authority = after_scheme.substr(0, after_scheme.find_first_of("/?#"));
  const std::string_view host_port = authority.substr(authority.rfind('@') + 1);  // npos + 1 is 0
  const std::size_t colon = host_port.starts_with('[') ? host_port.find("]:") : host_port.find(':');
  const std::size_t host_end =
      host_port.starts_with('[') ? host_port.find(']') + 1 : std::min(colon, host_port.size());
  const std::string_view host = host_port.substr(0, host_end);
  const auto in_host = [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
  };
  if (host.empty() || !std::ranges::all_of(host, in_host)) return std::nullopt;
  if (host_end == host_port.size()) return host;
  const std::string_view port = host_port.substr(host_end + 1);
  int number = 0;
  const auto [end, status] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool is_port =
      status == std::errc{} && end == port.data() + port.size() && number > 0 && number < 65536;
  return host_port[host_end] == ':' && is_port ? std::optional(host) : std::nullopt;
}

bool is_loopback(std::string_view host) {
  const auto in_address = [](char c) { return is_digit(c) || c == '.'; };
  const bool is_127 =
      host.starts_with("127.") && std::ranges::all_of(host, in_address);  // not 127.example.com
  return is_127 || host == "localhost" || host == "[::1]";
}

bool has_blank(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c == ' ' || c == '\t' || c == '\n'; });
}

/// No user and password: those would go into logs with every address.
bool is_server_url(std::string_view text) {
  if (has_blank(text) || text.find('@') != std::string_view::npos) return false;
  if (text.starts_with("https://")) return host_of(text.substr(8)).has_value();
  if (!text.starts_with("http://")) return false;
  const auto host = host_of(text.substr(7));
  return host && is_loopback(*host);
}

bool is_proxy_url(std::string_view text) {
  if (is_secret_reference(text)) return true;
  return text.starts_with("http://") && !has_blank(text) && host_of(text.substr(7)).has_value();
}

bool is_store_address(std::string_view text) {
  if (text.starts_with("sqlite:")) return text.size() > 7;
  constexpr std::string_view kPostgres = "postgresql://";
  return text.starts_with(kPostgres) && !has_blank(text) &&
         host_of(text.substr(kPostgres.size())).has_value();
}

}  // namespace

std::optional<std::string> Text::parse(const Node& node) const { return text_of(node); }
boost::json::object Text::schema() const { return {{"type", "string"}, {"minLength", 1}}; }

std::optional<std::string> Name::parse(const Node& node) const { return text_if(node, is_name); }
std::string Name::expected() const {
  return "a name of letters, digits, '_', '-' and '.' that begins with a letter or digit";
}
boost::json::object Name::schema() const { return text_schema("^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"); }

std::optional<std::string> Word::parse(const Node& node) const { return text_if(node, is_word); }
std::string Word::expected() const {
  return "a name of small letters, digits and '_' that begins with a letter";
}
boost::json::object Word::schema() const { return text_schema("^[a-z][a-z0-9_]{0,63}$"); }

std::optional<std::string> StoreAddress::parse(const Node& node) const {
  return text_if(node, is_store_address);
}
std::string StoreAddress::expected() const { return "sqlite:FILE or postgresql://USER@HOST/DATABASE"; }
boost::json::object StoreAddress::schema() const { return text_schema("^(sqlite:.+|postgresql://[^ ]+)$"); }

std::optional<std::string> ServerUrl::parse(const Node& node) const { return text_if(node, is_server_url); }
std::string ServerUrl::expected() const {
  return "an address https://HOST[:PORT][/PATH] without user or password (http:// only for this machine's "
         "own 127.0.0.1 or "
         "localhost)";
}
boost::json::object ServerUrl::schema() const {
  return text_schema("^(https://[^ @]+|http://(localhost|127\\.[0-9.]+|\\[::1\\])([:/][^ @]*)?)$");
}

std::optional<std::string> ProxyUrl::parse(const Node& node) const { return text_if(node, is_proxy_url); }
std::string ProxyUrl::expected() const {
  return "http://HOST:PORT, or a reference to a secret that holds it";
}
boost::json::object ProxyUrl::schema() const { return text_schema("^(http|secret|env|file)://[^ ]+$"); }

std::optional<std::string> Choice::parse(const Node& node) const {
  return text_if(node,
                 [this](std::string_view text) { return std::ranges::find(words, text) != words.end(); });
}
std::string Choice::expected() const {
  std::string text = "one of";
  for (const std::string_view word : words) text.append(word == words.front() ? " " : ", ").append(word);
  return text;
}
boost::json::object Choice::schema() const {
  return {{"enum", boost::json::array(words.begin(), words.end())}};
}

std::optional<std::string> HostPort::parse(const Node& node) const {
  return text_if(node, [](std::string_view text) { return parse_endpoint(text).has_value(); });
}
std::string HostPort::expected() const {
  return "ADDRESS:PORT of this machine, such as 127.0.0.1:8730, 0.0.0.0:8730 or \"[::]:8730\"";
}
boost::json::object HostPort::schema() const {
  return text_schema("^(localhost|[0-9.]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$");
}

std::optional<std::string> UserName::parse(const Node& node) const {
  return text_if(node, [](std::string_view text) { return text.find(':') == std::string_view::npos; });
}
boost::json::object UserName::schema() const { return text_schema("^[^:]+$"); }

std::optional<std::string> EventKind::parse(const Node& node) const {
  return text_if(node, [](std::string_view text) {
    const std::size_t dot = text.find('.');
    return dot != 0 && dot < text.size() - 1 && is_word(text.substr(0, dot)) && is_word(text.substr(dot + 1));
  });
}
boost::json::object EventKind::schema() const {
  return text_schema("^[a-z][a-z0-9_]{0,63}\\.[a-z][a-z0-9_]{0,63}$");
}

std::optional<std::string> TimeOfDay::parse(const Node& node) const {
  return text_if(node, [](std::string_view text) {
    const auto two_digits = [&](std::size_t at, char most) {
      return is_digit(text[at]) && is_digit(text[at + 1]) && text[at] <= most;
    };
    return text.size() == 5 && text[2] == ':' && two_digits(0, '2') && two_digits(3, '5') &&
           text.substr(0, 2) <= "23";
  });
}
boost::json::object TimeOfDay::schema() const { return text_schema("^([01][0-9]|2[0-3]):[0-5][0-9]$"); }

std::optional<std::string> PassphraseReference::parse(const Node& node) const {
  return text_if(node, [](std::string_view text) { return is_secret_reference(text) && !secret_name(text); });
}
boost::json::object PassphraseReference::schema() const { return text_schema("^(env://[^=]+|file:///.+)$"); }

std::optional<std::string> Sha256::parse(const Node& node) const {
  // Not text_of: a digest that happens to be all digits is a number by the rules of YAML.
  if (node.kind != Node::Kind::scalar || node.text.size() != 64) return std::nullopt;
  std::string lower = node.text;
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  const bool is_hex =
      std::ranges::all_of(lower, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  return is_hex ? std::optional(lower) : std::nullopt;
}
boost::json::object Sha256::schema() const { return text_schema("^[0-9A-Fa-f]{64}$"); }

std::optional<std::filesystem::path> Path::parse(const Node& node) const { return text_of(node); }
boost::json::object Path::schema() const { return {{"type", "string"}, {"minLength", 1}}; }

std::optional<std::string> Literal::parse(const Node& node) const {
  return node.kind == Node::Kind::scalar ? std::optional(node.text) : std::nullopt;
}
boost::json::object Literal::schema() const { return {{"type", {"string", "number", "boolean"}}}; }

std::optional<bool> Flag::parse(const Node& node) const {
  const boost::json::value value = typed_scalar(node);
  return value.is_bool() ? std::optional(value.get_bool()) : std::nullopt;
}
boost::json::object Flag::schema() const { return {{"type", "boolean"}}; }

std::optional<std::chrono::milliseconds> Span::parse(const Node& node) const {
  const std::optional<std::string> text = text_of(node);
  const auto span = text ? parse_span(*text) : std::nullopt;
  return span && *span >= least && *span <= kMaxSpan ? span : std::nullopt;
}

std::string Span::expected() const {
  const std::string example = "a time span such as 30s, 15m, 12h, 90d or 2w";
  return least.count() == 0 ? example : example + ", at least " + std::string(to_json(least).as_string());
}

boost::json::object Span::schema() const {
  return text_schema(least.count() == 0 ? "^[0-9]{1,9}[smhdw]$" : "^0*[1-9][0-9]{0,8}[smhdw]$");
}

boost::json::value Span::to_json(std::chrono::milliseconds value) {
  struct Unit {
    std::chrono::milliseconds span;
    char letter;
  };
  static constexpr std::array kUnits{Unit{std::chrono::weeks{1}, 'w'}, Unit{std::chrono::days{1}, 'd'},
                                     Unit{std::chrono::hours{1}, 'h'}, Unit{std::chrono::minutes{1}, 'm'}};
  for (const Unit& unit : kUnits)
    if (value.count() != 0 && value % unit.span == std::chrono::milliseconds::zero())
      return boost::json::string(std::to_string(value / unit.span) + unit.letter);
  return boost::json::string(std::to_string(value / std::chrono::seconds{1}) + 's');
}

std::optional<double> Share::parse(const Node& node) const {
  const std::optional<std::string> text = text_of(node);
  if (!text || !text->ends_with('%') || !is_digit(text->front())) return std::nullopt;
  double percent = 0;
  const char* const last = text->data() + text->size() - 1;
  const auto [end, status] = std::from_chars(text->data(), last, percent, std::chars_format::fixed);
  return status == std::errc{} && end == last && percent <= 100 ? std::optional(percent / 100) : std::nullopt;
}
boost::json::object Share::schema() const { return text_schema("^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$"); }

boost::json::value Share::to_json(double value) {
  std::array<char, 32> text;
  const int size = std::snprintf(text.data(), text.size(), "%g%%", value * 100);
  return boost::json::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace psabridge::config
