#include "event_names.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "halo_embedded.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostWords = 120;

struct Name {
  std::string_view words;
  EventMeaning meaning;
};
constexpr Name kTicketEvents[] = {
    {"new ticket logged", {"ticket.created", "ticket"}},
    {"new ticket", {"ticket.created", "ticket"}},
    {"new ticket created", {"ticket.created", "ticket"}},
    {"ticket logged", {"ticket.created", "ticket"}},
    {"ticket created", {"ticket.created", "ticket"}},
    {"ticket updated", {"ticket.updated", "ticket"}},
    {"ticket changed", {"ticket.updated", "ticket"}},
    {"ticket updated by user", {"ticket.updated", "ticket"}},
    {"ticket updated by agent", {"ticket.updated", "ticket"}},
    {"ticket status changed", {"ticket.status_changed", "ticket"}},
    {"ticket status updated", {"ticket.status_changed", "ticket"}},
    {"ticket reassigned", {"ticket.reassigned", "ticket"}},
    {"ticket re-assigned", {"ticket.reassigned", "ticket"}},
    {"ticket assigned", {"ticket.reassigned", "ticket"}},
    {"ticket closed", {"ticket.closed", "ticket"}},
    {"ticket deleted", {"ticket.deleted", "ticket", true}},
    {"action added", {"note.added", "ticket"}},
    {"new action added", {"note.added", "ticket"}},
    {"new action", {"note.added", "ticket"}},
    {"note added", {"note.added", "ticket"}},
    {"new note added", {"note.added", "ticket"}},
    {"ticket note added", {"note.added", "ticket"}},
};

// Halo's names of other events are a noun and a verb: "client updated", "new user created".
constexpr Name kNouns[] = {
    {"client", {"client.changed", "client"}},    {"customer", {"client.changed", "client"}},
    {"site", {"site.changed", "site"}},          {"user", {"contact.changed", "contact"}},
    {"contact", {"contact.changed", "contact"}}, {"asset", {"asset.changed", "asset"}},
    {"device", {"asset.changed", "asset"}}};
constexpr std::string_view kVerbs[] = {"created", "added", "logged", "updated", "changed", "deleted"};

// Halo has a number more for the same event.
constexpr std::string_view kUpdatedByUser = "19";

std::map<std::string, std::string, std::less<>> kinds_by_number() {
  std::map<std::string, std::string, std::less<>> kinds{{std::string(kUpdatedByUser), "ticket.updated"}};
  const json::value description = json::parse(kDescription);
  for (const auto& [kind, event] : description.at("events").as_object())
    if (const auto& number = event.at("number").as_string(); !number.empty())
      kinds.emplace(number, std::string(kind));
  return kinds;
}

}  // namespace

std::string event_words(std::string_view name) {
  std::string words(name);
  for (char& c : words) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = ' ';
  }
  words.erase(0, words.find_first_not_of(' '));
  std::size_t end = std::min(words.size(), kMostWords);
  while (end > 0 && end < words.size() && (static_cast<unsigned char>(words[end]) & 0xC0) == 0x80) --end;
  words.resize(end);
  words.erase(words.find_last_not_of(' ') + 1);
  return words;
}

EventMeaning meaning_of(std::string_view name) {
  const std::string words = event_words(name);
  const auto* known = std::find_if(std::begin(kTicketEvents), std::end(kTicketEvents),
                                   [&](const Name& event) { return event.words == words; });
  if (known != std::end(kTicketEvents)) return known->meaning;
  std::string_view rest(words);
  if (rest.starts_with("new ")) rest.remove_prefix(4);
  const std::size_t blank = rest.find(' ');
  if (blank == std::string_view::npos) return {};
  const std::string_view noun = rest.substr(0, blank), verb = rest.substr(blank + 1);
  const auto* about = std::find_if(std::begin(kNouns), std::end(kNouns),
                                   [&](const Name& event) { return event.words == noun; });
  if (about == std::end(kNouns) || std::find(std::begin(kVerbs), std::end(kVerbs), verb) == std::end(kVerbs))
    return {};
  return {about->meaning.kind, about->meaning.entity, verb == "deleted"};
}

std::string kind_of_number(std::string_view number) {
  static const auto kKinds = kinds_by_number();
  const auto found = kKinds.find(number);
  return found == kKinds.end() ? std::string() : found->second;
}

}  // namespace psabridge::halo
