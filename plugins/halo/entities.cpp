#include "entities.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace psabridge::halo {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 1> kId{"id"};
// The number of a priority repeats in each service level agreement, with another meaning.
constexpr std::array<std::string_view, 2> kPriorityId{"slaid", "priorityid"};
constexpr std::array<std::string_view, 2> kTicketVersion{"last_update", "lastupdate"};
constexpr std::array<std::string_view, 2> kClientVersion{"alastupdate", "last_update"};
constexpr std::array<std::string_view, 2> kSiteVersion{"slastupdate", "last_update"};
constexpr std::array<std::string_view, 2> kContactVersion{"ulastupdate", "last_update"};
constexpr std::array<std::string_view, 3> kAssetVersion{"dlastupdate", "last_modified", "last_update"};
constexpr std::array<std::string_view, 2> kNoteVersion{"last_updated", "lastupdated"};

constexpr FilterParameter kClientFilters[] = {{"clients", "client_id", ""}};
constexpr FilterParameter kPlaceFilters[] = {{"clients", "client_id", ""}, {"sites", "site_id", ""}};
constexpr FilterParameter kAssetFilters[] = {{"clients", "client_id", ""},
                                             {"sites", "site_id", ""},
                                             {"types", "assettype_id", "assettypes"},
                                             {"statuses", "assetstatuses", "assetstatuses"}};
constexpr FilterParameter kTicketFilters[] = {{"clients", "client_id", "client_ids"},
                                              {"sites", "site_id", ""},
                                              {"teams", "team", "team"},
                                              {"statuses", "status", "status"},
                                              {"types", "requesttype", "requesttype"}};

constexpr std::string_view kCustomers = "read:customers", kTickets = "read:tickets", kAssets = "read:assets";

constexpr Entity kEntities[] = {
    {"client",
     "Client",
     {"clients", kId, kClientVersion},
     Reading::pages,
     100,
     true,
     true,
     kCustomers,
     "",
     kClientFilters},
    {"site",
     "Site",
     {"sites", kId, kSiteVersion},
     Reading::pages,
     100,
     true,
     true,
     kCustomers,
     "includeaddress=true",
     kPlaceFilters},
    {"contact",
     "Users",
     {"users", kId, kContactVersion},
     Reading::pages,
     100,
     true,
     true,
     kCustomers,
     "",
     kPlaceFilters},
    {"agent",
     "Agent",
     {"agents", kId, {}},
     Reading::whole,
     100,
     false,
     false,
     kTickets,
     "includeenabled=true&includedisabled=true&includeapiagents=true",
     {}},
    {"team", "Team", {"teams", kId, {}}, Reading::whole, 100, false, false, kTickets, "showall=true", {}},
    {"ticket",
     "Tickets",
     {"tickets", kId, kTicketVersion, "deleted"},
     Reading::passes,
     100,
     true,
     false,
     kTickets,
     "",
     kTicketFilters},
    {"note",
     "Actions",
     {"actions", kId, kNoteVersion},
     Reading::children,
     100,
     false,
     false,
     kTickets,
     "includehtmlnote=true",
     {}},
    {"asset",
     "Asset",
     {"assets", kId, kAssetVersion},
     Reading::pages,
     50,
     true,
     true,
     kAssets,
     "",
     kAssetFilters},
    {"status",
     "Status",
     {"statuses", kId, {}},
     Reading::whole,
     100,
     false,
     false,
     kTickets,
     "showall=true",
     {}},
    {"priority",
     "Priority",
     {"priorities", kPriorityId, {}},
     Reading::whole,
     100,
     false,
     false,
     kTickets,
     "",
     {}},
    {"ticket_type",
     "TicketType",
     {"tickettypes", kId, {}},
     Reading::whole,
     100,
     false,
     false,
     kTickets,
     "showall=true&showinactive=true",
     {}},
    {"asset_type", "AssetType", {"assettypes", kId, {}}, Reading::whole, 100, false, false, kAssets, "", {}},
    {"category", "Category", {"categories", kId, {}}, Reading::whole, 100, false, false, kTickets, "", {}},
};

/// The text of an id or a name in a filter.
std::string text_of(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  return value.is_number() ? json::serialize(value) : std::string();
}

bool is_id(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> ids_in(const json::value& value) {
  std::vector<std::string> ids;
  if (const auto* list = value.if_array()) {
    for (const json::value& element : *list) ids.push_back(text_of(element));
  } else {
    ids.push_back(text_of(value));
  }
  return std::all_of(ids.begin(), ids.end(), is_id) ? ids : std::vector<std::string>();
}

std::string joined(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ",") + id;
  return text;
}

void append_encoded(std::string& url, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-_.~,";
  for (const char c : text) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const auto byte = static_cast<unsigned char>(c);
    if (alphanumeric || kPlain.find(c) != std::string_view::npos) {
      url += c;
    } else {
      url += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
}

}  // namespace

std::span<const Entity> all_entities() noexcept { return kEntities; }

const Entity* find_entity(std::string_view name) noexcept {
  const auto* found = std::find_if(std::begin(kEntities), std::end(kEntities),
                                   [&](const Entity& e) { return e.name == name; });
  return found == std::end(kEntities) ? nullptr : found;
}

Filters::Filters(std::string_view text) {
  json::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return;
  const auto choice = [](const json::value& value) {
    return !value.is_bool() ? Choice::any : value.get_bool() ? Choice::yes : Choice::no;
  };
  for (const auto& [key, value] : parsed.get_object()) {
    if (key == "open") {
      open_ = choice(value);
    } else if (key == "active") {
      active_ = choice(value);
    } else if (key == "open_first") {
      open_first_ = choice(value) != Choice::no;
    } else if (key == "details") {
      details_ = choice(value) == Choice::yes;
    } else if (key == "since") {
      since_ = text_of(value);
    } else if (key == "changed_since") {
      changed_since_ = text_of(value);
    } else {
      listed_.push_back({key, ids_in(value)});
    }
  }
}

const std::vector<std::string>& Filters::ids_of(std::string_view filter) const {
  static const std::vector<std::string> kNone;
  const auto found = std::find_if(listed_.begin(), listed_.end(),
                                  [&](const Listed& listed) { return listed.filter == filter; });
  return found == listed_.end() ? kNone : found->ids;
}

Query Filters::activity(const Entity& entity) const {
  if (entity.reading != Reading::pages) return {};
  const auto word = [](bool wanted) { return wanted ? "true" : "false"; };
  return {{"includeactive", word(active_ != Choice::no)}, {"includeinactive", word(active_ != Choice::yes)}};
}

Query Filters::pushed_down(const Entity& entity) const {
  Query query = activity(entity);
  for (const FilterParameter& parameter : entity.filters) {
    const std::vector<std::string>& ids = ids_of(parameter.filter);
    const std::string_view name = ids.size() == 1 ? parameter.one : parameter.many;
    if (ids.empty() || name.empty()) continue;
    query.emplace_back(name, joined(ids));
    if (name == "assettype_id") query.emplace_back("includeassetfields", "true");
  }
  return query;
}

std::string encoded(std::string_view text) {
  std::string out;
  append_encoded(out, text);
  return out;
}

std::string encoded(const Query& query) {
  std::string text;
  for (const auto& [name, value] : query) {
    if (!text.empty()) text += '&';
    append_encoded(text, name);
    text += '=';
    append_encoded(text, value);
  }
  return text;
}

}  // namespace psabridge::halo
