#include <algorithm>

#include "core/app/commands.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct HoldsOptions {
  std::int64_t id = 0;
  bool all = false;
};

std::string joined(const std::vector<std::string>& texts) {
  std::string text;
  for (const auto& part : texts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

Outcome list(Context& context, const HoldsOptions& options) {
  json::array data;
  Table table({"hold", "pipeline", "entity", "to delete", "of", "state", "since", "some source ids"});
  for (const auto& hold : context.reader().holds(options.all ? "" : "waiting")) {
    data.push_back(
        json::object{{"id", hold.id},
                     {"connection", hold.connection},
                     {"pipeline", hold.pipeline},
                     {"entity", hold.entity},
                     {"state", hold.state},
                     {"candidates", hold.candidates},
                     {"known", hold.known},
                     {"created_at", hold.created_at},
                     {"decided_at", hold.decided_at.empty() ? json::value() : json::value(hold.decided_at)},
                     {"sample", json::array(hold.sample.begin(), hold.sample.end())}});
    table.add({std::to_string(hold.id), hold.pipeline, hold.entity, grouped(hold.candidates),
               grouped(hold.known), hold.state, hold.created_at, joined(hold.sample)});
  }
  return {.data = std::move(data), .text = table.text()};
}

Outcome decide(Context& context, std::int64_t id, bool approve) {
  const auto holds = context.writer()->holds("waiting");
  if (std::ranges::find(holds, id, &store::Hold::id) == holds.end())
    throw Error("PB1602", "No hold " + std::to_string(id) +
                              " is waiting: `psabridge holds list --all` shows those that there are.");
  context.writer()->decide_hold(id, approve);
  const std::string number = std::to_string(id);
  return {.data = json::object{{"id", id}, {"state", approve ? "approved" : "rejected"}},
          .text = approve ? "Hold " + number +
                                " is approved: the next sync deletes what is still missing in the source.\n"
                          : "Hold " + number + " is rejected: nothing is deleted.\n"};
}

}  // namespace

void add_holds_commands(CommandTree& tree) {
  auto& group = tree.add_group("holds", "Deletes that wait for a decision: list, approve, reject");
  const auto options = std::make_shared<HoldsOptions>();
  auto& listing = tree.add(group, {"list", "List held deletes", "psabridge holds list"},
                           [options](Context& context) { return list(context, *options); });
  listing.add_flag("--all", options->all, "Decided ones too");
  auto& approving = tree.add(group, {"approve", "Let the next sync delete them", "psabridge holds approve 2"},
                             [options](Context& context) { return decide(context, options->id, true); });
  approving.add_option("HOLD", options->id, "Number of the hold")->required();
  auto& rejecting = tree.add(group, {"reject", "Keep the records", "psabridge holds reject 2"},
                             [options](Context& context) { return decide(context, options->id, false); });
  rejecting.add_option("HOLD", options->id, "Number of the hold")->required();
}

}  // namespace psabridge::app
