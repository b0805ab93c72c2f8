#include "core/routing/link_table.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "core/base/text.h"
#include "core/routing/link_vocabulary.h"

namespace psabridge::routing {
namespace {

using store::Link;

constexpr std::array<LinkLimit, 4> kLinkLimits{{
    {"types", "ticket_type", &Link::types, &TicketFacts::type},
    {"boards", "team", &Link::boards, &TicketFacts::board},
    {"priorities", "priority", &Link::priorities, &TicketFacts::priority},
    {"sites", "site", &Link::sites, &TicketFacts::site},
}};

bool is_limited_in_time(const Link& link) { return !link.since.empty() || !link.until.empty(); }

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i)
    text += (i == 0 ? "" : i + 1 == items.size() ? " and " : ", ") + items[i];
  return text;
}

std::string span_text(const Link& link) {
  if (!is_limited_in_time(link)) return {};
  return "opened" + (link.since.empty() ? "" : " since " + link.since) +
         (link.until.empty() ? "" : " before " + link.until);
}

/// "4 "Low"", "4", or "none".
std::string shown(const TicketFacts::Named& of_ticket) {
  if (of_ticket.id.empty() && of_ticket.name.empty()) return "none";
  if (of_ticket.name.empty()) return std::string(of_ticket.id);
  return (of_ticket.id.empty() ? "" : std::string(of_ticket.id) + " ") + in_quotes(of_ticket.name);
}

bool holds(const std::vector<std::string>& sorted, std::string_view text) {
  return !text.empty() && std::ranges::binary_search(sorted, ascii_lowered(text));
}

bool share(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(a,
                             [&](const std::string& value) { return std::ranges::binary_search(b, value); });
}

bool in_span(const Link& link, std::string_view opened_at) {
  if (!is_limited_in_time(link)) return true;
  return !opened_at.empty() && opened_at >= link.since && (link.until.empty() || opened_at < link.until);
}

std::string number_of(const Link& link) { return "link " + std::to_string(link.id); }

/// `Client 17 is linked to team "noc" for priorities 1 and 2 (link 3).`
std::string sentence_of(std::string_view client, const Link& link, bool inherited) {
  const std::string tie =
      "linked to team " + in_quotes(link.team) + limits_text(link) + " (" + number_of(link) + ").";
  const std::string who = "Client " + std::string(client) + " is ";
  if (!inherited) return who + tie;
  return who + "one with client " + link.client + " of " + link.connection + ", which is " + tie;
}

/// A connection, maybe the same, from which clients inherit links.
struct OtherConnection {
  OtherConnection(const store::Reader& reader, const std::string& connection)
      : vocabulary(reader, connection) {
    for (Link& link : reader.teams().links(connection)) {
      std::string client = link.client;
      links.emplace(std::move(client), std::move(link));
    }
  }
  LinkVocabulary vocabulary;
  std::multimap<std::string, Link> links;  ///< by client
};

constexpr std::size_t kMostTold = 5;  ///< links of one client

}  // namespace

std::span<const LinkLimit> link_limits() noexcept { return kLinkLimits; }

std::string limits_text(const Link& link) {
  std::vector<std::string> parts;
  for (const LinkLimit& limit : kLinkLimits)
    if (!(link.*limit.values).empty())
      parts.push_back(std::string(limit.name) + " " + listed(link.*limit.values));
  if (is_limited_in_time(link)) parts.push_back(span_text(link));
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? " for " : ", ") + part;
  return parts.size() == 1 && is_limited_in_time(link) ? " for tickets " + parts.front() : text;
}

bool same_limits(const Link& a, const Link& b) {
  const auto same = [](std::vector<std::string> left, std::vector<std::string> right) {
    for (auto* const list : {&left, &right}) {
      std::ranges::transform(*list, list->begin(), ascii_lowered);
      std::ranges::sort(*list);
    }
    return left == right;
  };
  return a.since == b.since && a.until == b.until &&
         std::ranges::all_of(kLinkLimits,
                             [&](const LinkLimit& limit) { return same(a.*limit.values, b.*limit.values); });
}

int limit_count(const Link& link) noexcept {
  int count = is_limited_in_time(link) ? 1 : 0;
  for (const LinkLimit& limit : kLinkLimits) count += (link.*limit.values).empty() ? 0 : 1;
  return count;
}

LinkTable::LinkTable(const store::Reader& reader, std::string_view connection) {
  LinkVocabulary own(reader, connection);
  for (const Link& link : reader.teams().links(connection)) add(link.client, link, own, connection);
  std::map<std::string, OtherConnection> others;
  for (const store::Heir& heir : reader.teams().heirs(connection)) {
    OtherConnection& other =
        others.try_emplace(heir.from_connection, reader, heir.from_connection).first->second;
    const auto [begin, end] = other.links.equal_range(heir.from_client);
    for (auto found = begin; found != end; ++found)
      add(heir.client, found->second, other.vocabulary, connection);
  }
  std::ranges::sort(entries_, [](const Entry& a, const Entry& b) {
    return std::tie(a.client, b.limits, a.link.id) < std::tie(b.client, a.limits, b.link.id);
  });
}

void LinkTable::add(const std::string& client, const Link& link, LinkVocabulary& vocabulary,
                    std::string_view connection) {
  Entry entry{client, link.connection != connection, limit_count(link), link};
  for (std::size_t i = 0; i < kLimits; ++i) {
    const LinkLimit& limit = kLinkLimits[i];
    std::vector<std::string>& values = entry.values[i];
    for (const std::string& value : link.*limit.values)
      std::ranges::move(entry.foreign ? vocabulary.ways_elsewhere(limit.entity, value)
                                      : vocabulary.ways(limit.entity, value),
                        std::back_inserter(values));
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }
  entries_.push_back(std::move(entry));
}

std::span<const LinkTable::Entry> LinkTable::entries_of(std::string_view client) const {
  const auto begin = std::ranges::lower_bound(entries_, client, {}, &Entry::client);
  const auto end = std::ranges::upper_bound(entries_, client, {}, &Entry::client);
  return {begin, end};
}

bool LinkTable::fits(const Entry& entry, std::size_t limit, const TicketFacts& ticket) {
  const std::vector<std::string>& values = entry.values[limit];
  const TicketFacts::Named& of_ticket = ticket.*kLinkLimits[limit].of_ticket;
  return values.empty() || holds(values, of_ticket.name) || (!entry.foreign && holds(values, of_ticket.id));
}

bool LinkTable::applies(const Entry& entry, const TicketFacts& ticket) {
  if (!entry.link.active || !in_span(entry.link, ticket.opened_at)) return false;
  for (std::size_t i = 0; i < kLimits; ++i)
    if (!fits(entry, i, ticket)) return false;
  return true;
}

LinkTable::Found LinkTable::find(std::string_view client, const TicketFacts& ticket) const {
  Found found;
  const Entry* best = nullptr;
  const auto entries = entries_of(client);
  for (const Entry& entry : entries) {
    if (best && entry.limits < best->limits) break;
    if (!applies(entry, ticket)) continue;
    if (!best)
      best = &entry;
    else if (!found.rival && entry.link.team != best->link.team)
      found.rival = &entry.link;
  }
  if (!best) {
    found.why = why_none(client, entries, ticket);
    return found;
  }
  found.link = &best->link;
  const bool inherited = best->foreign || best->client != best->link.client;
  found.why = sentence_of(client, best->link, inherited);
  if (found.rival)
    found.why += " Its " + number_of(*found.rival) + " to team " + in_quotes(found.rival->team) +
                 " fits as well: the lower number counts.";
  return found;
}

std::string LinkTable::obstacle(const Entry& entry, const TicketFacts& ticket) {
  if (!entry.link.active) return "is switched off";
  for (std::size_t i = 0; i < kLimits; ++i) {
    if (fits(entry, i, ticket)) continue;
    const LinkLimit& limit = kLinkLimits[i];
    return "is for " + std::string(limit.name) + " " + listed(entry.link.*limit.values) +
           " only, and the ticket has " + shown(ticket.*limit.of_ticket);
  }
  if (in_span(entry.link, ticket.opened_at)) return {};
  return "is for tickets " + span_text(entry.link) + " only, and this one was opened " +
         (ticket.opened_at.empty() ? "at a time that is not known" : "at " + std::string(ticket.opened_at));
}

std::string LinkTable::why_none(std::string_view client, std::span<const Entry> entries,
                                const TicketFacts& ticket) {
  if (client.empty()) return "The ticket has no client.";
  const std::string who = "Client " + std::string(client) + " ";
  if (entries.empty()) return who + "is in no link.";
  std::string text = who + (entries.size() == 1 ? "has 1 link, which does not apply: "
                                                : "has " + std::to_string(entries.size()) +
                                                      " links, of which none applies: ");
  for (std::size_t i = 0; i < std::min(entries.size(), kMostTold); ++i)
    text += (i == 0 ? "" : "; ") + number_of(entries[i].link) + " " + obstacle(entries[i], ticket);
  if (entries.size() > kMostTold) text += "; and " + std::to_string(entries.size() - kMostTold) + " more";
  return text + ".";
}

bool LinkTable::may_meet(const Entry& a, const Entry& b) {
  for (std::size_t i = 0; i < kLimits; ++i)
    if (!a.values[i].empty() && !b.values[i].empty() && !share(a.values[i], b.values[i])) return false;
  const auto ends_before = [](const Link& early, const Link& late) {
    return !early.until.empty() && early.until <= late.since;
  };
  return !ends_before(a.link, b.link) && !ends_before(b.link, a.link);
}

std::vector<std::pair<const Link*, const Link*>> LinkTable::ambiguous() const {
  std::vector<std::pair<const Link*, const Link*>> pairs;
  for (auto a = entries_.begin(); a != entries_.end(); ++a)
    for (auto b = a + 1; b != entries_.end() && b->client == a->client && b->limits == a->limits; ++b)
      if (a->link.active && b->link.active && a->link.team != b->link.team && may_meet(*a, *b))
        pairs.emplace_back(&a->link, &b->link);
  return pairs;
}

std::vector<std::pair<std::string_view, std::string_view>> LinkTable::unlimited() const {
  std::vector<std::pair<std::string_view, std::string_view>> teams;
  for (const Entry& entry : entries_)
    if (entry.link.active && entry.limits == 0 && (teams.empty() || teams.back().first != entry.client))
      teams.emplace_back(entry.client, entry.link.team);
  return teams;
}

bool LinkTable::is_linked(std::string_view client) const {
  return std::ranges::any_of(entries_of(client), [](const Entry& entry) { return entry.link.active; });
}

}  // namespace psabridge::routing
