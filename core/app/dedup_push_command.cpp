#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "core/app/commands.h"
#include "core/app/dedup_text.h"
#include "core/app/record_choice.h"
#include "core/app/write_back.h"
#include "core/base/text.h"
#include "core/writeback/wish.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct PushOptions {
  std::string entity, record, by;
  std::vector<std::string> confirmed;
};

/// A record that would be merged into the one that stays.
struct Duplicate {
  dedup::RecordId record = 0;
  std::string source_id, label, followers, joined;
  std::optional<std::int64_t> change{};  ///< in the outbox
};

/// What a merge in the source comes to.
struct Merger {
  std::string entity, connection;
  std::string stays;  ///< source id
  std::string label;
  std::vector<Duplicate> duplicates{};
  std::vector<store::Link> links{};  ///< of duplicates, that the one that stays gets: it has none
};

// ----------------------------------------------------------------------------------------------------
// looking

/// Who says that the record belongs to the others.
std::string joined_by(const std::vector<store::DedupStep>& steps, const dedup::Group& group,
                      dedup::RecordId record) {
  const auto is_member = [&](dedup::RecordId other) {
    return std::ranges::binary_search(group.members, other);
  };
  for (const store::DedupStep& step : steps)
    for (const auto& word : step.words)
      if (!step.undone && word.same && (word.a == record || word.b == record) && is_member(word.a) &&
          is_member(word.b))
        return step.by + " (step " + std::to_string(step.id) + ")";
  return "strategies";
}

/// A client that is one with others is routed by their links as long as they are there.
std::vector<store::Link> links_to_hand_on(const store::Reader& reader, const Merger& merger) {
  std::vector<store::Link> handed;
  if (merger.entity != "client") return handed;
  for (store::Link& link : reader.teams().links(merger.connection)) {
    if (link.client == merger.stays) return {};
    if (std::ranges::find(merger.duplicates, link.client, &Duplicate::source_id) != merger.duplicates.end())
      handed.push_back(std::move(link));
  }
  return handed;
}

/// Throws Error PB1602, PB1704.
Merger merger_of(Context& context, store::Reader& reader, const PushOptions& options) {
  require_entity(reader, options.entity);
  const dedup::RecordId stays = record_id(reader, options.entity, options.record);
  const dedup::Group group = context.deduplicator().group_of(options.entity, stays);
  const store::StoredRows rows = reader.rows(reader.schema(options.entity), group.members);
  Merger merger{.entity = options.entity, .connection = {}, .stays = {}, .label = {}};
  for (std::size_t i = 0; i < rows.ids.size(); ++i)
    if (rows.ids[i] == stays) {
      merger.connection = rows.connections[i];
      merger.stays = view(rows.batch.records[i].source_id);
      merger.label = label_of(reader, options.entity, stays);
    }
  const auto steps = reader.duplicates().steps(options.entity);
  for (std::size_t i = 0; i < rows.ids.size(); ++i) {
    if (rows.ids[i] == stays || rows.connections[i] != merger.connection) continue;
    merger.duplicates.push_back(
        {.record = rows.ids[i],
         .source_id = std::string(view(rows.batch.records[i].source_id)),
         .label = label_of(reader, options.entity, rows.ids[i]),
         .followers = followers_of(reader, options.entity, {group.entity, {rows.ids[i]}}),
         .joined = joined_by(steps, group, rows.ids[i])});
  }
  if (merger.duplicates.empty())
    throw Error("PB1704", "There is nothing to merge into " + merger.label + ": no other " + merger.entity +
                              " of " + merger.connection + " is one with it.");
  merger.links = links_to_hand_on(reader, merger);
  return merger;
}

/// Throws Error PB2305 when its connector cannot merge such records.
void require_mergeable(Context& context, const Merger& merger) {
  const config::Connection& connection = context.connection(merger.connection);
  plugin::OfflineHost host;
  const auto connector = context.registry().make_connector(connection.connector,
                                                           json::serialize(connection.settings.values), host);
  const auto takers = writeback::takers(connector->profile(), *writeback::find_field(writeback::kMerge));
  if (std::ranges::find(takers, merger.entity) == takers.end())
    throw Error("PB2305", "The connector of " + merger.connection + " cannot merge " + merger.entity +
                              " records: they stay two there.");
}

std::string ids_of(const Merger& merger) {
  std::string ids;
  for (const Duplicate& duplicate : merger.duplicates) ids += (ids.empty() ? "" : ",") + duplicate.source_id;
  return ids;
}

json::object to_json(const Merger& merger) {
  json::array duplicates;
  for (const Duplicate& duplicate : merger.duplicates)
    duplicates.push_back(
        json::object{{"source_id", duplicate.source_id},
                     {"label", duplicate.label},
                     {"followers", duplicate.followers},
                     {"joined_by", duplicate.joined},
                     {"change", duplicate.change ? json::value(*duplicate.change) : json::value()}});
  return {{"entity", merger.entity},
          {"connection", merger.connection},
          {"stays", merger.stays},
          {"duplicates", std::move(duplicates)},
          {"links", merger.links.size()}};
}

std::string text_of(const Merger& merger) {
  std::string text = "In " + merger.connection + " stays: " + merger.label + "\nInto it go, and are gone:\n";
  for (const Duplicate& duplicate : merger.duplicates)
    text += "  " + duplicate.label + "; " +
            (duplicate.followers.empty() ? "nothing refers to it" : duplicate.followers) + "; joined by " +
            duplicate.joined + "\n";
  for (const store::Link& link : merger.links)
    text +=
        "  The link of " + link.client + " to " + link.team + " becomes one of " + merger.stays + ", too.\n";
  return text;
}

// ----------------------------------------------------------------------------------------------------
// doing

/// Throws Error PB2311 when other records would go than those that somebody has seen and confirmed.
void require_confirmed(const Merger& merger, const std::vector<std::string>& confirmed) {
  std::set<std::string_view> wanted;
  for (const Duplicate& duplicate : merger.duplicates) wanted.insert(duplicate.source_id);
  if (std::set<std::string_view>(confirmed.begin(), confirmed.end()) == wanted) return;
  throw Error("PB2311", "--confirm does not name the records that would go: these are " + ids_of(merger) +
                            ". Nothing was done.");
}

void enqueue(Merger& merger, const config::Pipeline& pipeline, const std::string& by, SysMilliseconds now,
             store::Writer& writer) {
  writer.in_one([&] {
    for (Duplicate& duplicate : merger.duplicates)
      duplicate.change = writeback::enqueue(writer.outbox(), pipeline,
                                            {.source_id = duplicate.source_id,
                                             .field = writeback::kMerge,
                                             .wanted = merger.stays,
                                             .present = {},
                                             .origin = "person",
                                             .by = by,
                                             .entity = merger.entity},
                                            now);
    for (store::Link link : merger.links) {
      link.client = merger.stays;
      link.created_at = format_time(now);
      writer.teams().add_link(link);
    }
  });
  writer.outbox().make_durable();
}

Outcome push(Context& context, const PushOptions& options) {
  const auto writer = context.writer();
  Merger merger = merger_of(context, *writer, options);
  const config::Pipeline& pipeline = writing_pipeline(context, merger.connection, writeback::kMerge);
  require_mergeable(context, merger);
  if (options.confirmed.empty()) {
    return {.data = to_json(merger),
            .text = text_of(merger) + "Nothing was done yet, and " + merger.connection +
                    " cannot take it back. When it is meant:\n  psabridge dedup push " + merger.entity + " " +
                    options.record + " --confirm " + ids_of(merger) + "\n"};
  }
  require_confirmed(merger, options.confirmed);
  enqueue(merger, pipeline, context.decider(options.by), context.clock().now(), *writer);
  std::string text = text_of(merger);
  for (const Duplicate& duplicate : merger.duplicates)
    text += duplicate.change ? "Change " + std::to_string(*duplicate.change) + ": the merge of " +
                                   duplicate.source_id + " waits to be sent.\n"
                             : "The merge of " + duplicate.source_id + " is on its way already, or done.\n";
  return {.data = to_json(merger),
          .text = text +
                  "`psabridge outbox list --field merge` says how far they are; `outbox drop` gives one up "
                  "that was not sent.\n"};
}

}  // namespace

void add_dedup_push_command(CommandTree& tree, CLI::App& group) {
  const auto options = std::make_shared<PushOptions>();
  auto& command = tree.add(
      group,
      {"push", "Merge the duplicates of a record in its source, too, once they are confirmed one by one",
       "psabridge dedup push client 12 --confirm 31,44"},
      [options](Context& context) { return push(context, *options); });
  command.add_option("ENTITY", options->entity, "client, contact")->required();
  command
      .add_option("RECORD", options->record,
                  "The one that stays: source id, CONNECTION/SOURCE_ID, or id in the store")
      ->required();
  command
      .add_option("--confirm", options->confirmed, "Source ids of all that go; without it nothing is done")
      ->delimiter(',');
  command.add_option("--by", options->by, "Who decides; your user name when not given");
}

}  // namespace psabridge::app
