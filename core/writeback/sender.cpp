#include "core/writeback/sender.h"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <map>
#include <random>

#include "core/writeback/dry_services.h"
#include "core/writeback/wish.h"

namespace psabridge::writeback {
namespace {

using store::OutboxChange;
using store::OutboxState;

constexpr std::uint32_t kRowsAtOnce = 200;
constexpr std::size_t kRecordsAtOnce = 50;   // of one array, which Halo takes whole or not at all
constexpr std::uint32_t kTriesTogether = 3;  // in one call with others
constexpr std::uint32_t kMostTries = 20;     // of a change that the source itself puts off
constexpr Milliseconds kFirstWait{5'000}, kShortestWait{1'000}, kLongestWait = std::chrono::minutes{15};
constexpr Milliseconds kLongestAsked = std::chrono::hours{6};  // a source that says weeks is mistaken
constexpr std::chrono::hours kKeep{24 * 90};

/// The right to send the outbox of a connection, which one thread of the process has at a time: two might
/// make a note twice.
class SendingTurn {
 public:
  SendingTurn(store::SharedWriter& store, const std::string& connection)
      : store_(store), connection_(connection) {
    if (!store_.families.take(connection_, kName))
      throw Error("PB2309", "The outbox of " + connection_ + " is being sent at this moment.");
  }
  ~SendingTurn() { store_.families.give_back(connection_, kName); }
  SendingTurn(const SendingTurn&) = delete;
  SendingTurn& operator=(const SendingTurn&) = delete;

 private:
  static constexpr const char* kName = "outbox";
  store::SharedWriter& store_;
  const std::string connection_;
};

bool is_note(const OutboxChange& change) {
  const Field* field = find_field(change.field);
  return field && field->entity == "note";
}

bool goes_alone(const OutboxChange& change) {
  const Field* field = find_field(change.field);
  return field && field->alone;
}

std::string in_words(const std::string& value) { return value.empty() ? "nothing" : "\"" + value + "\""; }

}  // namespace

Sender::Sender(const config::Pipeline& pipeline, const config::Connection& connection,
               const plugin::Registry& registry, const connection::Installation& installation,
               store::SharedWriter& store, std::shared_ptr<net::RateLimiter> limiter)
    : pipeline_(pipeline),
      connection_(connection),
      registry_(registry),
      installation_(installation),
      store_(store),
      clock_(installation.clock),
      standing_(installation.control, installation.redactor, installation.clock),
      memory_(store),
      services_(connection, installation, memory_, connection::Purpose::sync, std::move(limiter)),
      connector_(registry.make_connector(connection.connector,
                                         boost::json::serialize(connection.settings.values), services_)),
      backoff_(kFirstWait, kLongestWait, std::random_device{}()) {}

// --- what goes out together ---

std::string Sender::policy_of(const std::string& field) const {
  const auto said = pipeline_.write_back.conflicts.find(field);
  return said == pipeline_.write_back.conflicts.end() ? "ask" : said->second;
}

/// What we wrote ourselves may be written over, too: the value that the change was decided on may be from
/// before it.
std::optional<std::vector<std::string>> Sender::overwritable(const OutboxChange& change) const {
  if (!change.expected || policy_of(change.field) == "ours") return std::nullopt;
  std::vector<std::string> values = store_.writer.outbox().sent_values(change);
  values.push_back(*change.expected);
  return values;
}

plugin::OutgoingChange Sender::plain_of(const std::vector<OutboxChange>& changes) const {
  const OutboxChange& first = changes.front();
  plugin::OutgoingChange plain{.id = std::to_string(first.id),
                               .entity = first.entity,
                               .source_id = first.source_id,
                               .fields = {},
                               .others = {},
                               .tried_at = first.tried_at};
  if (is_note(first)) {
    plain.entity = "note";
    plain.source_id.clear();
    plain.fields = {{"ticket_id", first.source_id, std::nullopt},
                    {"text", first.wanted, std::nullopt},
                    {"private", first.field == "private_note" ? "true" : "false", std::nullopt}};
    plain.others = store_.writer.outbox().made_in(first);
    return plain;
  }
  for (const OutboxChange& change : changes)
    plain.fields.push_back(
        {std::string(find_field(change.field)->canonical), change.wanted, overwritable(change)});
  return plain;
}

Sender::Parcel Sender::parcel_of(std::vector<OutboxChange> changes) const {
  Parcel parcel{std::move(changes), {}};
  parcel.plain = plain_of(parcel.changes);
  return parcel;
}

std::vector<OutboxChange> Sender::due() const {
  return store_.writer.outbox().due(connection_.name, clock_.now(), kRowsAtOnce);
}

/// Of each record what may go now: its fields up to the next change that goes alone, or that one. A second
/// value of a field waits for the first.
std::vector<Sender::Parcel> Sender::parcels_of(std::vector<OutboxChange> due) const {
  using Record = std::pair<std::string, std::string>;  // entity and source id
  std::map<Record, std::vector<OutboxChange>> records;
  std::map<Record, bool> closed;
  std::vector<Record> order;
  for (OutboxChange& change : due) {
    const Record record{change.entity, change.source_id};
    auto& changes = records[record];
    bool& full = closed[record];
    const bool again = std::ranges::find(changes, change.field, &OutboxChange::field) != changes.end();
    full |= again || (!changes.empty() && (goes_alone(change) || goes_alone(changes.front())));
    if (full) continue;
    if (changes.empty()) order.push_back(record);
    changes.push_back(std::move(change));
  }
  std::vector<Parcel> parcels;
  for (const Record& record : order) {
    if (parcels.size() == kRecordsAtOnce) break;
    parcels.push_back(parcel_of(std::move(records[record])));
  }
  return parcels;
}

/// Those that are due and may go. The configuration may have changed since the others were decided, or what
/// they were decided on: they are refused, which makes room for others among those that are due.
std::vector<OutboxChange> Sender::sendable(SendReport& report) {
  std::vector<OutboxChange> changes;
  bool complete = false;
  store_.writer.in_one([&] {
    while (!complete) {
      complete = true;
      changes.clear();
      for (OutboxChange& change : due()) {
        const auto why = objection(change);
        if (!why) {
          changes.push_back(std::move(change));
          continue;
        }
        complete = false;
        fail(change, *why, report);
        store_.writer.outbox().update(change);
      }
    }
  });
  return changes;
}

/// What is handed over in one call: fields of many records; notes and merges alone, and alone what has failed
/// with others, so that one record cannot hold up the rest.
std::vector<Sender::Load> Sender::due_loads(SendReport& report) {
  const store::Turn writer(store_);
  std::vector<Load> loads;
  Load together;
  for (Parcel& parcel : parcels_of(sendable(report))) {
    const OutboxChange& first = parcel.changes.front();
    Load& load = goes_alone(first) || first.tries >= kTriesTogether ? loads.emplace_back() : together;
    load.push_back(std::move(parcel));
  }
  if (!together.empty()) loads.insert(loads.begin(), std::move(together));
  return loads;
}

// --- sending ---

bool Sender::is_any_due() {
  const store::Turn writer(store_);
  return !writer->outbox().due(connection_.name, clock_.now(), 1).empty();
}

/// Why the change must not go any more; nothing when it may.
std::optional<Error> Sender::objection(const OutboxChange& change) const {
  if (!writes(pipeline_, change.field))
    return Error("PB2301", "The pipeline " + pipeline_.name + " does not write " + change.field + " back.");
  if (change.field != kMerge) return std::nullopt;
  const store::Duplicates& duplicates = store_.writer.duplicates();
  const auto entity_of = [&](const std::string& id) {
    return duplicates.entity_of(change.entity, change.connection, id);
  };
  const auto gone = entity_of(change.source_id), stays = entity_of(change.wanted);
  // A try whose answer was lost may have got there: then the one that goes is not stored any more.
  if (gone ? gone == stays : !change.tried_at.empty()) return std::nullopt;
  return Error("PB2310", "The " + change.entity + " records " + change.source_id + " and " + change.wanted +
                             " of " + change.connection + " are not one any more.");
}

SendReport Sender::send(const plugin::Stop& stop) {
  SendReport report;
  if (!is_any_due()) return report;
  standing_.require_usable(connection_);
  const SendingTurn turn(store_, connection_.name);
  for (bool more = true; more && !stop();) {
    std::vector<Load> loads = due_loads(report);
    more = !loads.empty();
    for (Load& load : loads) more = more && !stop() && push(std::move(load), stop, report);
  }
  const store::Turn writer(store_);
  writer->in_one([&] { writer->outbox().prune(clock_.now() - kKeep); });
  return report;
}

/// On disk before the source is asked: whatever happens then, nobody takes the changes for untried.
void Sender::mark_sent(Load& parcels) {
  const store::Turn writer(store_);
  const auto now = clock_.now();
  writer->in_one([&] {
    for (Parcel& parcel : parcels)
      for (OutboxChange& change : parcel.changes) {
        change.state = OutboxState::sent;
        ++change.tries;
        if (change.tried_at.empty()) change.tried_at = format_time(now);
        writer->outbox().update(change);
        if (!is_note(change)) writer->outbox().note_write(change, now);
      }
  });
  writer->outbox().make_durable();
}

/// False when the call failed, and others would fail, too.
bool Sender::push(Load parcels, const plugin::Stop& stop, SendReport& report) {
  mark_sent(parcels);
  std::vector<plugin::OutgoingChange> plain;
  plain.reserve(parcels.size());
  for (const Parcel& parcel : parcels) plain.push_back(parcel.plain);
  const plugin::PushReport pushed = connector_->push(plain, stop);
  Load refused;
  {
    const store::Turn writer(store_);
    writer->in_one([&] {
      for (std::size_t i = 0; i < parcels.size(); ++i) {
        const plugin::ChangeEnd& end = pushed.ends[i];
        const bool apart = end.kind == plugin::ChangeEnd::Kind::refused && parcels[i].changes.size() > 1;
        if (apart)
          refused.push_back(std::move(parcels[i]));
        else
          settle(parcels[i], end, pushed.failure, report);
      }
    });
  }
  if (pushed.failure) {
    report.failure = pushed.failure;
    return false;  // what was refused apart is handed over again with the rest
  }
  return push_alone(std::move(refused), stop, report);
}

/// One field of several was refused, and nobody knows which. What a failure or a stop leaves is handed over
/// again. False when a call failed.
bool Sender::push_alone(Load refused, const plugin::Stop& stop, SendReport& report) {
  for (Parcel& parcel : refused)
    for (OutboxChange& change : parcel.changes) {
      if (stop()) return false;
      Load one;
      {
        const store::Turn writer(store_);
        one.push_back(parcel_of({std::move(change)}));
      }
      if (!push(std::move(one), stop, report)) return false;
    }
  return true;
}

// --- what became of it ---

void Sender::settle(Parcel& parcel, const plugin::ChangeEnd& end, const std::optional<Error>& failure,
                    SendReport& report) {
  using Kind = plugin::ChangeEnd::Kind;
  for (OutboxChange& change : parcel.changes) {
    if (end.kind == Kind::done)
      settle_done(change, end, report);
    else if (end.kind == Kind::refused || (end.kind == Kind::retry && change.tries >= kMostTries))
      fail(change, *end.failure, report);
    else
      put_off(change, end.failure ? *end.failure : *failure, report);
    store_.writer.outbox().update(change);
  }
}

void Sender::settle_done(OutboxChange& change, const plugin::ChangeEnd& end, SendReport& report) {
  const std::string_view field = find_field(change.field)->canonical;
  const auto differs = std::ranges::find(end.differences, field, &plugin::ChangeEnd::Difference::field);
  if (is_note(change)) change.made_id = end.source_id;
  if (differs == end.differences.end()) {
    change.state = OutboxState::confirmed;
    change.done_at = format_time(clock_.now());
    change.code.clear(), change.reason.clear(), change.shown.clear();
    ++report.confirmed;
    return;
  }
  change.shown = services_.redacted(differs->shown);
  if (differs->written) {
    fail(change,
         Error("PB2304", "The source took " + in_words(change.wanted) + " and shows " +
                             in_words(change.shown) + " afterwards."),
         report);
    return;
  }
  change.code = "PB2303";
  change.reason = "It was to become " + in_words(change.wanted) + " in place of " +
                  in_words(change.expected.value_or("")) + ", and the source shows " +
                  in_words(change.shown) + ".";
  if (policy_of(change.field) != "source") {
    change.state = OutboxState::conflict;
    ++report.conflicts;
    return;
  }
  change.state = OutboxState::dropped;
  change.reason += " The policy of the field keeps the source's value.";
  change.done_at = format_time(clock_.now());
  ++report.dropped;
}

void Sender::put_off(OutboxChange& change, const Error& why, SendReport& report) {
  const auto now = clock_.now();
  Milliseconds wait = std::max(kShortestWait, backoff_.wait_after(static_cast<int>(change.tries)));
  if (why.retry_after) wait = std::max(wait, std::min<Milliseconds>(*why.retry_after, kLongestAsked));
  if (why.error_class() == ErrorClass::cancelled) {  // our own wish, which is no failure
    --change.tries;
    wait = Milliseconds{0};
  }
  change.state = OutboxState::waiting;
  change.due_at = format_time(now + wait);
  change.code = why.code();
  change.reason = services_.redacted(why.message());
  ++report.put_off;
}

void Sender::fail(OutboxChange& change, const Error& why, SendReport& report) {
  change.state = OutboxState::failed;
  change.code = why.code();
  change.reason = services_.redacted(why.message());
  change.done_at = format_time(clock_.now());
  ++report.failed;
}

// --- only looking ---

Preview Sender::preview(const plugin::Stop& stop) {
  Preview preview;
  standing_.require_usable(connection_);
  DryServices dry(services_);
  const auto connector = registry_.make_connector(connection_.connector,
                                                  boost::json::serialize(connection_.settings.values), dry);
  std::vector<Parcel> parcels;
  {
    const store::Turn writer(store_);
    std::vector<OutboxChange> changes;
    for (OutboxChange& change : due())
      if (auto why = objection(change))
        preview.refused.push_back({std::move(change), *std::move(why)});
      else
        changes.push_back(std::move(change));
    parcels = parcels_of(std::move(changes));
  }
  std::vector<plugin::OutgoingChange> fields;
  std::vector<const Parcel*> of_fields;
  const auto look = [&](std::span<const plugin::OutgoingChange> plain, std::span<const Parcel* const> from) {
    if (plain.empty() || preview.failure) return;
    const plugin::PushReport pushed = connector->push(plain, stop);
    for (std::size_t i = 0; i < from.size(); ++i)
      for (const OutboxChange& change : from[i]->changes) {
        const std::string_view name = find_field(change.field)->canonical;
        const auto& differences = pushed.ends[i].differences;
        const auto differs = std::ranges::find(differences, name, &plugin::ChangeEnd::Difference::field);
        if (differs != differences.end())
          preview.conflicts.push_back({change, differs->shown});
        else if (pushed.ends[i].kind == plugin::ChangeEnd::Kind::done)
          preview.there.push_back(change);
      }
    if (pushed.failure && pushed.failure->code() != "PB1410") preview.failure = pushed.failure;
  };
  for (const Parcel& parcel : parcels) {
    if (goes_alone(parcel.changes.front())) continue;
    fields.push_back(parcel.plain);
    of_fields.push_back(&parcel);
  }
  look(fields, of_fields);
  for (const Parcel& parcel : parcels) {
    const Parcel* one = &parcel;
    if (goes_alone(parcel.changes.front())) look({&parcel.plain, 1}, {&one, 1});
  }
  preview.calls = std::move(dry.calls);
  return preview;
}

}  // namespace psabridge::writeback
