// A store of clients whose duplicates are looked for by the real strategies, in a folder of its own.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/dedup/deduplicator.h"
#include "core/plugin/offline_host.h"
#include "core/plugin/registry.h"
#include "core/store/shared_writer.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::dedup::test {

/// A client as a source has it.
struct Client {
  std::string id, name, phone, domain;
};

inline const EntitySchema& client_schema() {
  static const EntitySchema schema = [] {
    EntitySchema made;
    made.entity = "client";
    for (const char* field : {"name", "phone", "domain"}) made.fields.push_back({field, FieldType::text, {}});
    return made;
  }();
  return schema;
}

inline Batch batch_of(const std::vector<Client>& clients, Fate fate = Fate::write) {
  Batch batch;
  batch.connection = "c";
  batch.schema = &client_schema();
  for (const Client& client : clients) {
    Value* const values = batch.arena->make_array<Value>(3);
    std::size_t field = 0;
    for (const std::string* text : {&client.name, &client.phone, &client.domain})
      values[field++] = text->empty() ? null_value() : text_value(batch.arena->keep(*text));
    batch.records.push_back({borrow(batch.arena->keep(client.id)), {}, values, 3, borrow("{}"), {}});
    Verdict verdict;
    verdict.fate = fate;
    for (const char c : client.name + client.phone + client.domain)
      verdict.content_hash[0] = static_cast<std::uint8_t>(verdict.content_hash[0] * 31 + c);
    batch.verdicts.push_back(verdict);
  }
  return batch;
}

class KeptClients {
 public:
  KeptClients() {
    config_ = config::load_text("version: 1\nstore: " + folder_.url() +
                                    "\nconnections: { c: { connector: halo } }\npipelines: { p: {"
                                    " connection: c, entities: { client: {} }, dedup: { client: [strong_id,"
                                    " similar] } } }\n",
                                "test.yaml");
    writer_ = store::open_writer(folder_.url(), clock_);
    shared_.reset(new store::SharedWriter{*writer_});
    restart();
    writer_->prepare({&client_schema(), 1});
    deduplicator_->begin("client");
    store::RunInfo run;
    run.pipeline = "p";
    run.connection = "c";
    run.mode = "full";
    run_ = writer_->begin_run(run);
  }

  /// As if the process had ended and begun again, with the plugins of the folder: nothing is in memory.
  void restart(const std::filesystem::path& plugins = PSABRIDGE_PLUGIN_DIR) {
    deduplicator_.reset();
    registries_.push_back(std::make_unique<plugin::Registry>());
    registries_.back()->load_folders({plugins});
    deduplicator_ = std::make_unique<Deduplicator>(config_, *registries_.back(), host_, *shared_, clock_);
  }

  Matcher matcher() {
    return make_matcher(config_.pipelines.front().dedup.at("client"), *registries_.back(), host_);
  }
  Deduplicator& deduplicator() { return *deduplicator_; }
  const store::Writer& store() const { return *writer_; }

  /// One transaction. Several threads may call it, each with a matcher of its own.
  void commit(const std::vector<Client>& clients, Matcher& matcher, Fate fate = Fate::write) {
    Batch batch = batch_of(clients, fate);
    batch.forms = matcher.keyed(batch, {});
    const std::lock_guard lock(shared_->mutex);
    commit(batch);
  }
  /// Without keys and forms, as by a pipeline that looks for no duplicates.
  void commit_plainly(const std::vector<Client>& clients) {
    Batch batch = batch_of(clients);
    commit(batch);
  }
  CaughtUp catch_up() {
    const std::lock_guard lock(shared_->mutex);
    return deduplicator_->catch_up("client", {});
  }

  RecordId record(const std::string& source_id) const {
    const auto stored = writer_->record("client", "c", source_id);
    return std::stoll(stored->columns.front().text);
  }
  RecordId entity(const std::string& source_id) {
    return deduplicator_->group_of("client", record(source_id)).entity;
  }

  /// Everything that follows from the records, as the store has it.
  std::string stored() const {
    const store::Duplicates& known = writer_->duplicates();
    std::string text;
    for (const store::FoundMatch& match : known.matches("client"))
      text += line(match.a, match.b, match.verdict, match.obstacle, match.weight);
    for (const auto& [member, of] : known.members("client")) text += line(member, of);
    const auto records = static_cast<RecordId>(writer_->count("client", "c", true));
    for (RecordId of = 1; of <= records; ++of)
      if (const auto golden = known.golden("client", of)) text += line(of) + golden->fields + "\n";
    return text;
  }
  /// The same as it is in memory.
  std::string held() {
    const Engine& engine = deduplicator_->engine("client");
    std::string text, golden;
    for (const auto& [pair, match] : engine.matches())
      text += line(pair.first, pair.second, static_cast<int>(match.weight.verdict),
                   static_cast<int>(match.obstacle), match.weight.weight);
    std::map<RecordId, RecordId> members;
    const EntitySchema schema = writer_->schema("client");
    for (const RecordId of : engine.joined()) {
      for (const RecordId member : engine.members(of)) members.emplace(member, of);
      golden += line(of) + golden_record(writer_->rows(schema, engine.members(of)), {}, {}) + "\n";
    }
    for (const auto& [member, of] : members) text += line(member, of);
    return text + golden;
  }

 private:
  template <class... Numbers>
  static std::string line(Numbers... numbers) {
    std::string text;
    ((text += std::to_string(numbers) + " "), ...);
    return text + "\n";
  }
  void commit(Batch& batch) {
    store::Commit commit;
    commit.run = run_;
    commit.pipeline = "p";
    commit.batch = &batch;
    writer_->commit({&commit, 1}, {});
  }

  store::TestFolder folder_;
  Clock& clock_ = system_clock();
  std::vector<std::unique_ptr<plugin::Registry>> registries_;  ///< the last counts; matchers use others
  plugin::OfflineHost host_;
  config::Config config_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::SharedWriter> shared_;
  std::unique_ptr<Deduplicator> deduplicator_;
  store::RunId run_ = 0;
};

}  // namespace psabridge::dedup::test
