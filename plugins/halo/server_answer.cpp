#include "server_answer.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "slicer.h"
#include "timestamp.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;
using sdk::Failure;
using sdk::Outcome;

constexpr std::size_t kMostWords = 300;

std::string words_in(const json::value& value);

/// "first; second" of a list of texts.
std::string words_in(const json::array& list) {
  std::string words;
  for (const json::value& element : list) {
    const std::string more = words_in(element);
    if (!more.empty()) words += (words.empty() ? "" : "; ") + more;
  }
  return words;
}

std::string member_words(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value ? words_in(*value) : std::string();
}

/// ASP.NET's model state and any other object: every member with its name, because the name tells the field.
std::string named_members(const json::object& object) {
  std::string words;
  for (const auto& [key, value] : object) {
    const std::string more = words_in(value);
    if (more.empty()) continue;
    words += (words.empty() ? "" : "; ") +
             (object.size() == 1 && !value.is_array() ? more : std::string(key) + ": " + more);
  }
  return words;
}

std::string words_in(const json::object& object) {
  const std::string described = member_words(object, "error_description");
  if (!described.empty()) {
    const std::string error = member_words(object, "error");
    return error.empty() ? described : error + ": " + described;
  }
  for (const std::string_view key : {"Message", "message", "errorMessage", "error"}) {
    std::string words = member_words(object, key);
    if (!words.empty()) return words;
  }
  return named_members(object);
}

std::string words_in(const json::value& value) {
  switch (value.kind()) {
    case json::kind::string:
      return std::string(value.get_string());
    case json::kind::object:
      return words_in(value.get_object());
    case json::kind::array:
      return words_in(value.get_array());
    case json::kind::null:
      return {};
    default:
      return json::serialize(value);
  }
}

/// One printable line: bytes that are no ASCII text go when the whole is not JSON (and so of unknown
/// encoding).
std::string one_line(std::string words, bool ascii_only) {
  for (char& c : words) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (ascii_only && byte >= 0x80)) c = ' ';
  }
  const std::size_t first = words.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  words = words.substr(first, words.find_last_not_of(' ') - first + 1);
  if (words.size() <= kMostWords) return words;
  std::size_t end = kMostWords;
  while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0) == 0x80)
    --end;  // never within a character
  return words.substr(0, end) + "...";
}

std::string said(const std::string& words) {
  if (words.empty()) return {};
  return " Halo said: \"" + words + (words.ends_with('.') ? "\"" : "\".");
}

std::string status_text(int status) { return "HTTP " + std::to_string(status); }

/// Retry-After in seconds or as a date; zero when absent or senseless: then the host decides.
std::chrono::milliseconds retry_after(const sdk::HttpResponse& answer, Milliseconds now) {
  const std::string_view text = answer.header("Retry-After");
  std::uint32_t seconds = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!text.empty() && error == std::errc() && rest == text.data() + text.size())
    return std::chrono::seconds(seconds);
  const std::optional<Milliseconds> date = parse_http_date(text);
  return std::chrono::milliseconds(date && *date > now ? *date - now : 0);
}

Failure throttled(const sdk::HttpResponse& answer, std::string_view url, const std::string& words,
                  Milliseconds now) {
  return Failure(
      Outcome::throttled,
      "Halo asks to slow down (HTTP 429 from " + std::string(url) + ")." + said(words) +
          " The read goes on by itself; lower rate_limit of the connection when this happens often.",
      "PB1205", retry_after(answer, now));
}

Failure maintained(const std::string& where) {
  return Failure(Outcome::retry,
                 "Halo is being maintained or upgraded: it shows a page that says so (" + where +
                     "). It is asked again by itself; nothing has to be done.",
                 "PB1230");
}

Failure server_error(const std::string& where, const std::string& words) {
  return Failure(Outcome::retry,
                 "Halo has a trouble of its own (" + where + ")." + said(words) +
                     " It is asked again; when this stays, ask Halo's support.",
                 "PB1206");
}

bool is_server_trouble(int status) { return status >= 500 || status == 408; }

}  // namespace

std::string server_words(std::string_view body) {
  if (is_html(body)) return {};
  json::error_code error;
  const json::value parsed = json::parse(body, error);
  return error ? one_line(std::string(body.substr(0, 2 * kMostWords)), true)
               : one_line(words_in(parsed), false);
}

Failure not_halo(std::string_view url, const std::string& found, std::string_view setting) {
  return Failure(
      Outcome::invalid,
      "The address " + std::string(url) + " answers with " + found + ", not as Halo's API does. Correct " +
          std::string(setting) +
          " of the connection: Halo shows the right values under Configuration > Integrations > Halo API > "
          "API Details.",
      "PB1207");
}

bool is_maintenance_page(std::string_view body) {
  if (!is_html(body)) return false;
  constexpr std::size_t kHead = 8192;  // further down there are scripts, which may name anything
  std::string page(body.substr(0, kHead));
  for (char& c : page)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  constexpr std::string_view kWords[] = {"maintenance", "being upgraded", "upgrade in progress", "upgrading"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return page.find(word) != std::string::npos; });
}

Failure page_failure(std::string_view body, const Subject& subject) {
  return is_maintenance_page(body) ? maintained(std::string(subject.url))
                                   : not_halo(subject.url, "a web page", "url or api_url");
}

Failure broken_failure(const Subject& subject) {
  return Failure(
      Outcome::retry,
      "The answer from " + std::string(subject.url) + " with " + std::string(subject.entity) +
          " records ends too early or is no JSON. Nothing of it was stored; it is asked for again.",
      "PB1202");
}

Failure no_records_failure(std::string_view body, const Subject& subject) {
  const std::string words = server_words(body);
  return not_halo(subject.url,
                  "no list of " + std::string(subject.entity) + " records" +
                      (words.empty() ? "" : " (\"" + words + "\")"),
                  "url or api_url");
}

Failure api_failure(const sdk::HttpResponse& answer, const Subject& subject, Milliseconds now) {
  const int status = answer.status;
  const std::string where = status_text(status) + " from " + std::string(subject.url);
  const std::string entity(subject.entity);
  const std::string words = server_words(answer.body);
  if (status == 429) return throttled(answer, subject.url, words, now);
  if (is_server_trouble(status))
    return is_maintenance_page(answer.body) ? maintained(where) : server_error(where, words);
  if (status == 401) {
    return Failure(Outcome::unauthorized,
                   "Halo refuses " + std::string(subject.credential) + " when asked for " + entity +
                       " records (" + where + ")." + said(words) +
                       " Check in Halo that the API application is active, logs in as an agent, and that "
                       "this agent is not disabled.",
                   "PB1203");
  }
  if (status == 403) {
    const std::string right = subject.scope.empty() ? std::string("the permission")
                                                    : "the permission " + std::string(subject.scope);
    return Failure(Outcome::forbidden,
                   "Halo does not show " + entity + " records to this API application (" + where + ")." +
                       said(words) + " Give it " + right +
                       " (and name it in auth.scopes when that list is set), and give the agent it logs in "
                       "as a role that may see them.",
                   "PB1204");
  }
  if (is_html(answer.body)) return page_failure(answer.body, subject);
  if (status == 404 || (status >= 300 && status < 400))
    return not_halo(subject.url, status_text(status), "url or api_url");
  return Failure(Outcome::invalid,
                 "Halo refuses the question for " + entity + " records (" + where + ")." + said(words) +
                     " Check the filters of this entity in the pipeline.",
                 "PB1208");
}

}  // namespace psabridge::halo
