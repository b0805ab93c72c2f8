#include "core/app/link_intake.h"

#include <algorithm>

#include "core/base/text.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using routing::Standing;

std::string time_of(const std::string& written) {
  if (written.empty()) return {};
  const auto time = parse_time(written);
  if (!time)
    throw Error("PB1601", in_quotes(written) + " is no time such as 2026-01-31 or 2026-01-31T08:00:00Z.");
  return format_time(*time);
}

json::value text_or_null(const std::string& text) { return text.empty() ? json::value() : json::value(text); }

}  // namespace

LinkIntake::LinkIntake(const store::Reader& reader, const std::string& connection, std::string now)
    : connection_(connection),
      now_(std::move(now)),
      clients_(reader, "client", connection),
      roster_(reader.teams().all()),
      vocabulary_(reader, connection),
      links_(reader.teams().links(connection)) {}

void LinkIntake::check_team(const std::string& team) const {
  if (team.empty()) throw Error("PB1601", "A link needs a team.");
  const Standing standing = roster_.standing(team);
  if (standing == Standing::unknown) throw Error("PB1821", roster_.why(team));
  if (standing == Standing::does_not_receive) throw Error("PB1834", roster_.why(team));
}

void LinkIntake::check_limits(const store::Link& link) {
  for (const routing::LinkLimit& limit : routing::link_limits())
    for (const std::string& value : link.*limit.values)
      if (const std::string mistake = vocabulary_.mistake(limit.entity, value); !mistake.empty())
        throw Error("PB1833", mistake);
  if (!link.since.empty() && !link.until.empty() && link.since >= link.until)
    throw Error("PB1601", "The time span ends before it begins: no ticket can fit.");
}

store::Link LinkIntake::read(const WrittenLink& written, std::string origin) {
  store::Link link;
  link.connection = connection_;
  link.client = clients_.id_of(written.client);
  link.team = written.team;
  link.active = written.active;
  link.types = written.types;
  link.boards = written.boards;
  link.priorities = written.priorities;
  link.sites = written.sites;
  link.since = time_of(written.since);
  link.until = time_of(written.until);
  link.origin = std::move(origin);
  link.created_at = now_;
  check_team(link.team);
  check_limits(link);
  return link;
}

const store::Link* LinkIntake::standing(const store::Link& link) const {
  const auto found = std::ranges::find_if(links_, [&](const store::Link& stored) {
    return stored.client == link.client && routing::same_limits(stored, link);
  });
  return found == links_.end() ? nullptr : &*found;
}

json::object to_json(const store::Link& link, std::string_view name_of_client) {
  json::object object{{"id", link.id},         {"connection", link.connection},
                      {"client", link.client}, {"name", name_of_client},
                      {"team", link.team},     {"active", link.active}};
  for (const routing::LinkLimit& limit : routing::link_limits())
    object[limit.name] = json::value_from(link.*limit.values);
  object["since"] = text_or_null(link.since);
  object["until"] = text_or_null(link.until);
  object["origin"] = link.origin;
  object["created_at"] = text_or_null(link.created_at);
  return object;
}

}  // namespace psabridge::app
