#include <map>
#include <set>

#include "core/app/commands.h"
#include "core/app/live_pipeline.h"
#include "core/app/progress.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using store::DeadLetter;

struct DeadOptions {
  std::string entity, state = "open";
  std::uint32_t limit = 50;
  std::vector<std::int64_t> ids;
  std::int64_t id = 0;
  bool all = false;
};

constexpr std::uint32_t kAll = 1'000'000;

json::object to_json(const DeadLetter& letter) {
  return {{"id", letter.id},
          {"connection", letter.connection},
          {"pipeline", letter.pipeline},
          {"entity", letter.entity},
          {"source_id", letter.source_id},
          {"code", letter.code},
          {"reason", letter.reason},
          {"state", letter.state},
          {"first_seen_at", letter.first_seen_at},
          {"last_seen_at", letter.last_seen_at},
          {"times", letter.times},
          {"run", letter.run}};
}

DeadLetter find(store::Reader& reader, std::int64_t id) {
  if (auto letter = reader.dead_letter(id)) return *std::move(letter);
  throw Error("PB1602", "There is no dead letter " + std::to_string(id) +
                            ": `psabridge dead list` shows those that there are.");
}

/// Those that a command was given, or all open ones (of an entity).
std::vector<DeadLetter> chosen(store::Reader& reader, const DeadOptions& options) {
  if (options.ids.empty() && !options.all)
    throw Error("PB1601", "Say which dead letters: their numbers, or --all.");
  if (options.all) return reader.dead_letters(options.entity, "open", kAll);
  std::vector<DeadLetter> letters;
  for (const auto id : options.ids) letters.push_back(find(reader, id));
  return letters;
}

Outcome list(Context& context, const DeadOptions& options) {
  json::array data;
  Table table({"letter", "entity", "source id", "code", "reason", "state", "last seen", "times"});
  for (const auto& letter : context.reader().dead_letters(
           options.entity, options.state == "any" ? "" : options.state, options.limit)) {
    data.push_back(to_json(letter));
    table.add({std::to_string(letter.id), letter.entity, letter.source_id, letter.code, letter.reason,
               letter.state, letter.last_seen_at, grouped(letter.times)});
  }
  return {.data = std::move(data), .text = table.text()};
}

Outcome show(Context& context, const DeadOptions& options) {
  const auto letter = find(context.reader(), options.id);
  auto data = to_json(letter);
  data["payload"] = letter.payload;
  return {.data = std::move(data),
          .text = "dead letter " + std::to_string(letter.id) + ": " + letter.entity + " " + letter.source_id +
                  " of " + letter.connection + ", " + letter.state + "\n" + letter.code + ": " +
                  letter.reason + "\nseen " + grouped(letter.times) + " times from " + letter.first_seen_at +
                  " to " + letter.last_seen_at + "\n\n" + letter.payload + "\n"};
}

/// Fetches the records of these letters again, entity by entity; a good version closes its letter.
void refetch(Context& context, const std::string& pipeline_name,
             const std::map<std::string, std::set<std::string>>& ids_by_entity) {
  LivePipeline live(context, *context.pipelines({pipeline_name}).front());
  const auto progress = make_progress(context.clock(), true);
  for (const auto& [entity, ids] : ids_by_entity) live.refetch(entity, {ids.begin(), ids.end()}, *progress);
}

Outcome retry(Context& context, const DeadOptions& options) {
  const auto letters = chosen(context.writer(), options);
  std::map<std::string, std::map<std::string, std::set<std::string>>> work;  // pipeline -> entity -> ids
  std::uint64_t without_id = 0;
  for (const auto& letter : letters) {
    if (letter.source_id.empty())
      ++without_id;
    else
      work[letter.pipeline][letter.entity].insert(letter.source_id);
  }
  for (const auto& [pipeline, ids] : work) refetch(context, pipeline, ids);
  std::uint64_t closed = 0;
  for (const auto& letter : letters) closed += find(context.writer(), letter.id).state != "open";
  const auto still_open = letters.size() - closed;
  return {.data = json::object{{"tried", letters.size()},
                               {"closed", closed},
                               {"open", still_open},
                               {"without_id", without_id}},
          .text = grouped(closed) + " of " + grouped(letters.size()) + " dead letters are closed, " +
                  grouped(still_open) + " stay open" +
                  (without_id ? " (" + grouped(without_id) +
                                    " have no source id: only a full sync can bring them again)"
                              : "") +
                  ".\n",
          .status = still_open ? exit_status(ErrorClass::data) : 0};
}

Outcome discard(Context& context, const DeadOptions& options) {
  const auto letters = chosen(context.writer(), options);
  for (const auto& letter : letters) context.writer().set_dead_state(letter.id, "discarded");
  return {.data = json::object{{"discarded", letters.size()}},
          .text = grouped(letters.size()) + " dead letters discarded.\n"};
}

void add_choice_options(CLI::App& command, DeadOptions& options) {
  auto* ids = command.add_option("LETTER", options.ids, "Numbers of dead letters");
  auto* all = command.add_flag("--all", options.all, "All open ones")->excludes(ids);
  command.add_option("--entity", options.entity, "With --all: only of this entity")->needs(all);
}

}  // namespace

void add_dead_commands(CommandTree& tree) {
  auto& group = tree.add_group("dead", "Records that could not be used: list, show, retry, discard");
  const auto options = std::make_shared<DeadOptions>();
  auto& listing = tree.add(group, {"list", "List dead letters", "psabridge dead list --entity ticket"},
                           [options](Context& context) { return list(context, *options); });
  listing.add_option("--entity", options->entity, "Only of this entity");
  listing.add_option("--state", options->state, "open, retried, discarded, resolved or any")
      ->capture_default_str()
      ->check(CLI::IsMember({"open", "retried", "discarded", "resolved", "any"}));
  listing.add_option("--limit", options->limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  auto& showing =
      tree.add(group, {"show", "Show one dead letter with what the source sent", "psabridge dead show 3"},
               [options](Context& context) { return show(context, *options); });
  showing.add_option("LETTER", options->id, "Number of the dead letter")->required();
  add_choice_options(
      tree.add(group, {"retry", "Fetch the records again from the source", "psabridge dead retry 3 4"},
               [options](Context& context) { return retry(context, *options); }),
      *options);
  add_choice_options(tree.add(group,
                              {"discard", "Close dead letters without their records",
                               "psabridge dead discard --all --entity asset"},
                              [options](Context& context) { return discard(context, *options); }),
                     *options);
}

}  // namespace psabridge::app
