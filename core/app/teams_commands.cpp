#include <algorithm>
#include <optional>
#include <set>

#include "core/app/commands.h"
#include "core/app/record_choice.h"
#include "core/app/terminal.h"
#include "core/base/text.h"
#include "core/routing/roster.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using routing::Roster;
using store::Team;

/// A name of this many bytes fits every table.
constexpr std::size_t kLongestName = 100;

struct TeamsOptions {
  std::string name, connection, step;
  std::optional<std::string> title, parent, hours, zone;
  std::vector<std::string> manages, agents;
  bool receive = false, no_receive = false, force = false;
};

Roster roster_of(const store::Reader& reader) { return Roster(reader.teams().all()); }

/// Throws Error PB1823 with a suggestion.
Team required(const store::Reader& reader, const std::string& name) {
  if (auto team = reader.teams().find(name)) return *std::move(team);
  const Roster roster = roster_of(reader);
  throw Error("PB1823", roster.teams().empty() ? "No team is declared yet." : roster.why(name));
}

std::string joined(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& part : texts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::vector<std::string> owned(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

// ----------------------------------------------------------------------------------------------------
// list, show

/// Name of an agent, or what is known of it.
std::string agent_name(const store::Reader& reader, const Team::Member& member) {
  const RecordNames names(reader, "agent", member.connection);
  const std::string_view name = names.name_of(member.agent);
  return name.empty() ? "(not stored)" : std::string(name);
}

json::object to_json(const Team& team, const store::Reader& reader, const Roster& roster,
                     SysMilliseconds now) {
  json::array members;
  for (const Team::Member& member : team.members)
    members.push_back(json::object{
        {"connection", member.connection}, {"agent", member.agent}, {"name", agent_name(reader, member)}});
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? json::value() : json::value(text);
  };
  return {{"name", team.name},
          {"title", text_or_null(team.title)},
          {"parent", text_or_null(team.parent)},
          {"receives", team.receives},
          {"hours", text_or_null(team.hours)},
          {"zone", text_or_null(team.zone)},
          {"at_work", roster.at_work(team.name, now)},
          {"manages", json::value_from(team.owns)},
          {"members", std::move(members)},
          {"children", json::value_from(owned(roster.children(team.name)))},
          {"links", reader.teams().links_to(team.name).size()}};
}

Outcome list(Context& context, const TeamsOptions&) {
  const store::Reader& reader = context.reader();
  const Roster roster = roster_of(reader);
  const SysMilliseconds now = context.clock().now();
  json::array data;
  Table table({"team", "title", "parent", "receives", "at work", "members", "links", "manages"});
  for (const Team& team : roster.teams()) {
    data.push_back(to_json(team, reader, roster, now));
    table.add({team.name, team.title, team.parent, team.receives ? "yes" : "no",
               roster.at_work(team.name, now) ? "yes" : "no", grouped(team.members.size()),
               grouped(reader.teams().links_to(team.name).size()), joined(team.owns)});
  }
  return {.data = std::move(data),
          .text = table.text(
              "No team is declared: every name that a link or rule gives is a team that takes tickets.")};
}

std::string hours_text(const Team& team) {
  if (team.hours.empty()) return "always";
  return team.hours + " " + (team.zone.empty() ? "UTC" : team.zone);
}

Outcome show(Context& context, const TeamsOptions& options) {
  const store::Reader& reader = context.reader();
  const Team team = required(reader, options.name);
  const Roster roster = roster_of(reader);
  const SysMilliseconds now = context.clock().now();
  json::object data = to_json(team, reader, roster, now);
  std::string text = team.name + (team.title.empty() ? "" : ": " + team.title) + "\n";
  const auto line = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) text += "  " + name + std::string(10 - name.size(), ' ') + value + "\n";
  };
  line("receives", team.receives ? "yes" : "no");
  line("hours",
       hours_text(team) + (roster.at_work(team.name, now) ? " (at work now)" : " (not at work now)"));
  line("parent", team.parent);
  line("children", joined(owned(roster.children(team.name))));
  line("manages", joined(team.owns));
  for (const Team::Member& member : team.members)
    line("member", agent_name(reader, member) + " (" + member.connection + "/" + member.agent + ")");
  line("links", grouped(reader.teams().links_to(team.name).size()));
  json::array flaws;
  for (const routing::TeamFlaw& flaw : roster.flaws())
    if (flaw.team == team.name) {
      flaws.push_back(json::object{{"code", flaw.code}, {"fact", flaw.fact}, {"fix", flaw.fix}});
      text += flaw.code + ": " + flaw.fact + " " + flaw.fix + "\n";
    }
  data["flaws"] = std::move(flaws);
  return {.data = std::move(data), .text = std::move(text)};
}

// ----------------------------------------------------------------------------------------------------
// add, set

void check_name(const std::string& name) {
  const bool plain =
      std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (!name.empty() && name.size() <= kLongestName && plain && is_utf8(name) && name.front() != ' ' &&
      name.back() != ' ')
    return;
  throw Error(
      "PB1601",
      "A team needs a name of 1 to 100 bytes without control characters and without blanks at its ends.");
}

/// The parts of a team that were given; the others stay.
void take_settings(Context& context, const TeamsOptions& options, Team& team) {
  if (options.title) team.title = *options.title;
  if (options.parent) team.parent = *options.parent;
  if (options.hours) team.hours = *options.hours;
  if (options.zone) team.zone = *options.zone;
  if (options.receive || options.no_receive) team.receives = options.receive;
  if (team.hours.empty() && options.zone && !options.zone->empty())
    throw Error("PB1828", "A zone without hours means nothing: give --hours, too.");
  if (!team.hours.empty()) routing::TeamHours::parse(team.hours, team.zone);
  if (options.manages.empty()) return;
  team.owns.clear();
  for (const std::string& connection : options.manages)
    if (!connection.empty()) team.owns.push_back(context.connection(connection).name);
  std::ranges::sort(team.owns);
  team.owns.erase(std::unique(team.owns.begin(), team.owns.end()), team.owns.end());
}

/// Throws what would be wrong with the team, and only with it, when it stood so.
void check_standing(const store::Reader& reader, const Team& team) {
  std::vector<Team> teams = reader.teams().all();
  std::erase_if(teams, [&](const Team& each) { return each.name == team.name; });
  teams.push_back(team);
  const Roster before = roster_of(reader);
  const Roster after(std::move(teams));
  for (const routing::TeamFlaw& flaw : after.flaws()) {
    const bool known = std::ranges::any_of(
        before.flaws(), [&](const routing::TeamFlaw& other) { return other.fact == flaw.fact; });
    if (!known) throw Error(flaw.code, flaw.fact);
  }
}

/// Names that links give and nobody declared: from the first declaration on they take no tickets.
std::vector<std::string> undeclared(Context& context, const store::Reader& reader) {
  const Roster roster = roster_of(reader);
  std::set<std::string> names;
  for (const config::Connection& connection : context.config().connections)
    for (const store::Link& link : reader.teams().links(connection.name))
      if (link.active && !roster.find(link.team)) names.insert(link.team);
  return {names.begin(), names.end()};
}

Outcome told(Context& context, const store::Reader& reader, const Team& team, const std::string& what) {
  const std::vector<std::string> missing = undeclared(context, reader);
  json::object data = to_json(team, reader, roster_of(reader), context.clock().now());
  data["undeclared"] = json::value_from(missing);
  return {
      .data = std::move(data),
      .text = what + (missing.empty() ? ""
                                      : "Only declared teams take tickets. Links name teams that are not: " +
                                            joined(missing) + ". `psabridge teams add` declares them.\n")};
}

Outcome add(Context& context, const TeamsOptions& options) {
  const auto writer = context.writer();
  check_name(options.name);
  for (const Team& team : writer->teams().all())
    if (equals_ignoring_case(team.name, options.name))
      throw Error("PB1831", "There is a team " + in_quotes(team.name) + " already.");
  Team team{.name = options.name, .title = {}, .parent = {}};
  take_settings(context, options, team);
  check_standing(*writer, team);
  writer->in_one([&] { writer->teams().put(team); });
  return told(context, *writer, team, "The team " + in_quotes(team.name) + " is declared.\n");
}

Outcome set(Context& context, const TeamsOptions& options) {
  const auto writer = context.writer();
  Team team = required(*writer, options.name);
  take_settings(context, options, team);
  check_standing(*writer, team);
  writer->in_one([&] { writer->teams().put(team); });
  return told(context, *writer, team, "The team " + in_quotes(team.name) + " is changed.\n");
}

// ----------------------------------------------------------------------------------------------------
// remove

/// Whether a team stands somewhere in the settings of a rule, as the value of a key that is about teams.
bool names_team(const json::value& value, std::string_view key, const std::string& team) {
  if (const auto* object = value.if_object())
    return std::ranges::any_of(
        *object, [&](const auto& member) { return names_team(member.value(), member.key(), team); });
  if (const auto* array = value.if_array())
    return std::ranges::any_of(*array, [&](const auto& item) { return names_team(item, key, team); });
  return value.is_string() && key.find("team") != std::string_view::npos && value.get_string() == team;
}

/// Everything that leads to the team, as sentences' parts.
std::vector<std::string> uses_of(Context& context, const store::Reader& reader, const std::string& team) {
  std::vector<std::string> uses;
  const std::vector<std::string> children = owned(roster_of(reader).children(team));
  const std::vector<store::Link> links = reader.teams().links_to(team);
  std::vector<std::string> numbers(links.size());
  std::ranges::transform(links, numbers.begin(),
                         [](const store::Link& link) { return std::to_string(link.id); });
  if (!links.empty()) uses.push_back("links " + joined(numbers));
  if (!children.empty()) uses.push_back("the teams below it " + joined(children));
  for (const config::Pipeline& pipeline : context.config().pipelines)
    for (const config::RuleUse& rule : pipeline.routing)
      if (names_team(rule.settings.values, {}, team))
        uses.push_back("the rule " + rule.use + " at " + config::to_string(rule.at));
  return uses;
}

Outcome remove(Context& context, const TeamsOptions& options) {
  const auto writer = context.writer();
  required(*writer, options.name);
  const std::vector<std::string> uses = uses_of(context, *writer, options.name);
  std::string all;
  for (const std::string& use : uses) all += (all.empty() ? "" : "; ") + use;
  if (!uses.empty() && !options.force)
    throw Error("PB1832", "The team " + in_quotes(options.name) + " is named by " + all + ".");
  writer->in_one([&] { writer->teams().remove(options.name); });
  return {.data = json::object{{"name", options.name}, {"left", json::value_from(uses)}},
          .text = "The team " + in_quotes(options.name) + " is no longer declared.\n" +
                  (uses.empty() ? "" : "Left as they are, and leading to no team: " + all + ".\n")};
}

// ----------------------------------------------------------------------------------------------------
// members

Outcome change_members(Context& context, const TeamsOptions& options) {
  const auto& connection = context.connection(options.connection).name;
  const auto writer = context.writer();
  Team team = required(*writer, options.name);
  const RecordNames agents(*writer, "agent", connection);
  for (const std::string& agent : options.agents) {
    // A member may outlive its agent: then only the source id can name that.
    const auto is_given = [&](const Team::Member& member) {
      return member.connection == connection && member.agent == agent;
    };
    const bool by_id = std::ranges::any_of(team.members, is_given);
    const Team::Member member{connection, by_id ? agent : agents.id_of(agent)};
    const auto found = std::ranges::find(team.members, member);
    const bool is_member = found != team.members.end();
    if (options.step == "remove" && !is_member)
      throw Error("PB1602", "Agent " + in_quotes(agent) + " of " + connection + " is no member of the team " +
                                in_quotes(team.name) + ".");
    if (options.step == "remove")
      team.members.erase(found);
    else if (!is_member)
      team.members.push_back(member);
  }
  writer->in_one([&] { writer->teams().put(team); });
  team = required(*writer, options.name);  // in its order
  return {.data = to_json(team, *writer, roster_of(*writer), context.clock().now()),
          .text = "The team " + in_quotes(team.name) + " has " + grouped(team.members.size()) +
                  (team.members.size() == 1 ? " member.\n" : " members.\n")};
}

// ----------------------------------------------------------------------------------------------------
// the commands

using Options = std::shared_ptr<TeamsOptions>;
using Work = Outcome (*)(Context&, const TeamsOptions&);

std::pair<CLI::App&, Options> add_command(CommandTree& tree, CLI::App& group, const CommandWords& words,
                                          Work work) {
  const auto options = std::make_shared<TeamsOptions>();
  return {tree.add(group, words, [options, work](Context& context) { return work(context, *options); }),
          options};
}

void add_name(CLI::App& command, const Options& options) {
  command.add_option("NAME", options->name, "Name of the team, as links and rules give it")->required();
}

/// A text that may be given as "", which CLI11 would take for none given.
void add_text(CLI::App& command, const char* name, std::optional<std::string>& to, const char* help) {
  command.add_option_function<std::string>(
      name, [&to](const std::string& text) { to = text; }, help);
}

void add_settings(CLI::App& command, const Options& options) {
  add_text(command, "--title", options->title, "What people call it");
  add_text(command, "--parent", options->parent, "Team above it; \"\" takes it away");
  auto* const receive = command.add_flag("--receive", options->receive, "It takes tickets");
  command
      .add_flag("--no-receive", options->no_receive, "It takes none, such as a team that only groups others")
      ->excludes(receive);
  add_text(command, "--hours", options->hours,
           "When it works: \"mon-fri 08:00-17:00; sat 09:00-13:00\"; \"\" is always");
  add_text(command, "--zone", options->zone,
           "Time zone of the hours, such as Europe/London; UTC when not given");
  command
      .add_option("--manages", options->manages,
                  "Connection that it manages; may be repeated; \"\" takes all away")
      ->allow_extra_args(false);
}

}  // namespace

void add_teams_commands(CommandTree& tree) {
  auto& group = tree.add_group("teams", "Managed teams: who takes tickets, when, and who is in them");
  add_command(tree, group, {"list", "List teams", "psabridge teams list"}, list);
  const auto [showing, shown] =
      add_command(tree, group, {"show", "Show one team with its members", "psabridge teams show noc"}, show);
  add_name(showing, shown);
  const auto [adding, added] =
      add_command(tree, group,
                  {"add", "Declare a team",
                   "psabridge teams add noc --hours \"mon-fri 08:00-17:00\" --zone Europe/London"},
                  add);
  add_name(adding, added);
  add_settings(adding, added);
  const auto [setting, given] =
      add_command(tree, group,
                  {"set", "Change what is given of a team", "psabridge teams set noc --parent service"}, set);
  add_name(setting, given);
  add_settings(setting, given);
  const auto [removing, removed] = add_command(
      tree, group, {"remove", "Remove a team that nothing names", "psabridge teams remove noc"}, remove);
  add_name(removing, removed);
  removing.add_flag("--force", removed->force,
                    "Even when links, rules or other teams name it; they stay as they are");
  const auto [changing, members] = add_command(tree, group,
                                               {"members", "Put agents into a team or take them out",
                                                "psabridge teams members noc add \"Ada Lee\" 17"},
                                               change_members);
  add_name(changing, members);
  changing.add_option("STEP", members->step, "add or remove")
      ->required()
      ->check(CLI::IsMember({"add", "remove"}));
  changing.add_option("AGENT", members->agents, "Name or source id of an agent")->required();
  changing.add_option("--connection", members->connection,
                      "Connection of the agents; needed when there are several");
}

}  // namespace psabridge::app
