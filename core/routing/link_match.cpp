#include "core/routing/link_match.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/base/text.h"

namespace psabridge::routing {
namespace {

using store::LinkedClient;

// How sure one piece of evidence makes by itself.
constexpr double kNameOfTeam = 0.95, kSameDomain = 0.92, kSameRoot = 0.90;

/// A domain of more clients than that says nothing of who they are.
constexpr std::size_t kMostOfDomain = 5;

constexpr auto kMailProviders = std::to_array<std::string_view>(
    {"aol.com",       "btinternet.com", "gmail.com",   "gmx.de",      "gmx.net",    "googlemail.com",
     "hotmail.co.uk", "hotmail.com",    "icloud.com",  "live.com",    "live.co.uk", "mac.com",
     "mail.com",      "me.com",         "msn.com",     "outlook.com", "proton.me",  "protonmail.com",
     "t-online.de",   "web.de",         "yahoo.co.uk", "yahoo.com"});

// Words of a name that do not tell one firm from another: legal forms, and what firms of one owner add.
constexpr auto kLegalForms = std::to_array<std::string_view>(
    {"ag",           "bv",  "co",      "company", "corp", "corporation", "gmbh", "inc",
     "incorporated", "kg",  "limited", "llc",     "llp",  "ltd",         "nv",   "oy",
     "plc",          "pty", "pvt",     "sa",      "sarl", "spa",         "srl",  "the"});
constexpr auto kGroupWords =
    std::to_array<std::string_view>({"estates", "global", "group", "holding", "holdings", "international",
                                     "investments", "properties", "trust", "ventures"});

bool is_word_byte(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/// The words of a name, lower case, without those of `dropped`; all of them when nothing else is left.
template <class Dropped>
std::string root_of(std::string_view name, const Dropped& dropped) {
  std::string kept, all, word;
  for (const char c : ascii_lowered(name) + " ") {
    if (c == '\'' || c == '.') continue;  // "O'Hara", "S.A."
    if (is_word_byte(c)) {
      word += c;
      continue;
    }
    if (word.empty()) continue;
    all += (all.empty() ? "" : " ") + word;
    if (std::ranges::find(dropped, word) == dropped.end()) kept += (kept.empty() ? "" : " ") + word;
    word.clear();
  }
  return kept.empty() ? all : kept;
}

std::string firm_name(std::string_view name) { return root_of(name, kLegalForms); }
std::string firm_root(std::string_view name) { return root_of(firm_name(name), kGroupWords); }

/// "www.acme.com" of "https://www.acme.com/contact".
std::string_view host_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/:?#"));
}

void add_domain(std::set<std::string>& domains, std::string_view host) {
  std::string domain = ascii_lowered(host);
  if (domain.starts_with("www.")) domain.erase(0, 4);
  if (domain.find('.') == std::string::npos ||
      std::ranges::find(kMailProviders, domain) != kMailProviders.end())
    return;
  domains.insert(std::move(domain));
}

std::set<std::string> domains_of(const LinkedClient& client) {
  std::set<std::string> domains;
  add_domain(domains, host_of(client.domain));
  add_domain(domains, host_of(client.website));
  if (const auto at = client.email.rfind('@'); at != std::string::npos)
    add_domain(domains, std::string_view(client.email).substr(at + 1));
  return domains;
}

/// Something that speaks for a team.
struct Evidence {
  double weight = 0;
  std::string sentence;
};

/// What is known of teams: by name, and by the clients that are linked to them.
class Experience {
 public:
  Experience(std::span<const LinkedClient> clients, const LinkTable& links, const Roster& roster) {
    for (const store::Team& team : roster.teams())
      if (team.receives)
        for (const std::string& name : {team.name, team.title})
          if (!name.empty()) teams_by_name_[firm_name(name)].insert(team.name);
    for (const LinkedClient& client : clients)
      if (!client.deleted)
        for (const std::string& domain : domains_of(client)) ++clients_of_domain_[domain];
    std::map<std::string_view, std::string_view> team_of;
    for (const auto& [client, team] : links.unlimited())
      if (roster.standing(team) == Standing::takes) team_of.emplace(client, team);
    for (const LinkedClient& client : clients) {
      const auto linked = team_of.find(client.id);
      if (linked == team_of.end() || client.deleted) continue;
      const std::string team(linked->second);
      by_root_[firm_root(client.name)].emplace(team, &client);
      for (const std::string& domain : domains_of(client))
        if (clients_of_domain_[domain] <= kMostOfDomain) by_domain_[domain].emplace(team, &client);
    }
  }

  /// By team.
  std::map<std::string, std::vector<Evidence>> of(const LinkedClient& client) const {
    std::map<std::string, std::vector<Evidence>> evidence;
    if (const auto named = teams_by_name_.find(firm_name(client.name)); named != teams_by_name_.end())
      for (const std::string& team : named->second)
        evidence[team].push_back({kNameOfTeam, "Its name is that of the team."});
    const std::string root = firm_root(client.name);
    if (const auto known = by_root_.find(root); known != by_root_.end())
      for (const auto& [team, other] : known->second)
        evidence[team].push_back(
            {kSameRoot, "Its name has \"" + root + "\" in common with " + shown(*other)});
    std::set<std::string> told;  // one domain more of the same client is no further evidence
    for (const std::string& domain : domains_of(client))
      if (const auto known = by_domain_.find(domain); known != by_domain_.end())
        for (const auto& [team, other] : known->second)
          if (told.insert(team).second)
            evidence[team].push_back({kSameDomain, "Its domain " + domain + " is that of " + shown(*other)});
    return evidence;
  }

 private:
  /// Of several clients of a team the first in the store.
  using ClientOfTeam = std::map<std::string, const LinkedClient*>;

  static std::string shown(const LinkedClient& client) {
    return "client " + client.id + " \"" + client.name + "\", which is linked to it.";
  }

  std::map<std::string, std::set<std::string>> teams_by_name_;
  std::map<std::string, std::size_t> clients_of_domain_;
  std::map<std::string, ClientOfTeam> by_root_, by_domain_;
};

/// How sure independent pieces of evidence make together.
double together(const std::vector<Evidence>& evidence) {
  double doubt = 1;
  for (const Evidence& piece : evidence) doubt *= 1 - piece.weight;
  return 1 - doubt;
}

}  // namespace

std::vector<LinkProposal> propose_links(std::span<const LinkedClient> clients, const LinkTable& links,
                                        const Roster& roster) {
  const Experience experience(clients, links, roster);
  std::vector<LinkProposal> proposals;
  for (const LinkedClient& client : clients) {
    if (client.deleted || links.has_link(client.id)) continue;
    LinkProposal best{.client = client.id, .name = client.name, .team = {}, .why = {}};
    for (const auto& [team, evidence] : experience.of(client)) {
      const double score = together(evidence);
      const bool better = score > best.score;
      if (!best.team.empty() && (better || best.rival.empty())) best.rival = better ? best.team : team;
      if (!better) continue;
      best.team = team;
      best.score = score;
      best.why.clear();
      for (const Evidence& piece : evidence) best.why += (best.why.empty() ? "" : " ") + piece.sentence;
    }
    if (!best.team.empty()) proposals.push_back(std::move(best));
  }
  std::ranges::stable_sort(proposals, [](const LinkProposal& a, const LinkProposal& b) {
    return a.score != b.score ? a.score > b.score : a.name < b.name;
  });
  return proposals;
}

}  // namespace psabridge::routing
